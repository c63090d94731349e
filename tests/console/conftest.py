"""One browser and one gateway for all tests of the console that need no other process."""

from collections.abc import AsyncIterator

import pytest
from browser import Page, browser_page
from console_stage import ConsoleStage, console_stage


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Page]:
    async with browser_page("--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream") as page:
        yield page


@pytest.fixture(scope="session")
async def open_stage(redis_url: str) -> AsyncIterator[ConsoleStage]:
    async with console_stage(redis_url) as stage:
        yield stage


@pytest.fixture
async def stage(open_stage: ConsoleStage) -> ConsoleStage:
    """With no meetings."""
    await open_stage.bus.redis.flushall()
    return open_stage


@pytest.fixture
async def page(browser: Page) -> AsyncIterator[Page]:
    """Of the size of a desk. Whatever it complains of fails the test."""
    browser.complaints.clear()
    await browser.resize(1360, 860)
    await browser.prefer(prefers_color_scheme="light", prefers_reduced_motion="reduce")
    yield browser
    await browser.open("about:blank")
    assert not browser.complaints
