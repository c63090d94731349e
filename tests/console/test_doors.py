"""What the console says when it is refused something, and how it goes on."""

import pytest
from browser import Page, needs_browser
from console_stage import ConsoleStage, console_stage

pytestmark = [needs_browser, pytest.mark.process, pytest.mark.timeout(60)]
KEY = "a key of some length"
NOTICE = "document.querySelector('#notice:not([hidden]) #notice-text').textContent"


async def open_home(page: Page, url: str, *, first: str = "") -> None:
    await page.open(url, first=first)
    await page.until("'ready' in document.body.dataset")


@pytest.mark.parametrize(
    ("error", "remedy"),
    [
        ("NotAllowedError", "Allow the microphone for this page"),
        ("NotFoundError", "Plug one in"),
        ("NotReadableError", "Close that program"),
    ],
)
async def test_without_a_microphone_it_says_what_to_do_and_opens_no_room(
    page: Page, stage: ConsoleStage, error: str, remedy: str
) -> None:
    refuse = f"Promise.reject(new DOMException('', '{error}'))"
    await open_home(page, stage.url, first=f"navigator.mediaDevices.getUserMedia = () => {refuse};")
    await page.press("#start [type=submit]")
    await page.until(f"{NOTICE}.includes({remedy!r})")
    assert not await stage.bus.redis.keys("*:state")
    await page.press("#dismiss")
    await page.until("document.querySelector('#notice').hidden")


async def test_a_tab_that_is_shared_without_its_sound_is_told(page: Page, stage: ConsoleStage) -> None:
    silent = "Promise.resolve(document.createElement('canvas').captureStream())"
    await open_home(page, stage.url, first=f"navigator.mediaDevices.getDisplayMedia = () => {silent};")
    await page.run("document.querySelector('[name=how][value=tab]').click()")
    await page.press("#start [type=submit]")
    await page.until(f"{NOTICE}.includes('Also share tab audio')")


async def test_a_link_that_leads_to_no_meeting_is_told_with_its_remedy(page: Page, stage: ConsoleStage) -> None:
    await open_home(page, stage.url)
    await page.type("#link", "https://example.org/lunch")
    await page.press("#join [type=submit]")
    await page.until(f"{NOTICE}.includes('not a meeting platform') && {NOTICE}.includes('paste')")
    assert await page.run("document.querySelector('#link').value") == "https://example.org/lunch"
    page.complaints.clear()  # the browser tells of the 422


async def test_a_server_with_keys_asks_for_one_and_opens(page: Page, redis_url: str) -> None:
    async with console_stage(redis_url, CHIMEIN_API_KEYS=KEY) as stage:
        meeting = await stage.standup(2)
        await open_home(page, stage.page_of(meeting))
        await page.until("document.querySelector('#door').open")
        await page.type("#key", KEY)
        await page.press("#unlock [type=submit]")
        await page.until("document.querySelectorAll('#transcript li').length === 2")
        await page.until("!document.querySelector('#door').open")
        assert await page.run("document.querySelector('#key').value") == ""
        await page.open("about:blank")
    page.complaints.clear()  # the browser tells of the 401
