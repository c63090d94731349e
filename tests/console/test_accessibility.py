"""What axe finds wrong with each state of the console, for each kind of screen: nothing."""

from pathlib import Path

import pytest
from browser import Page, needs_browser
from console_stage import ConsoleStage

from screenshots import DESKTOP, PHONE, STATES, take

AXE = (Path(__file__).parents[1] / "assets" / "axe-core" / "axe.min.js").read_text()
RUN = """
axe.run(document, { resultTypes: ["violations"] }).then(({ violations }) =>
  violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.target + " " + node.failureSummary).join("; ")}`))
"""

pytestmark = [needs_browser, pytest.mark.process, pytest.mark.timeout(90)]


@pytest.mark.parametrize(
    ("device", "scheme", "states"),
    [("desktop", "light", tuple(STATES)), ("phone", "dark", ("history", "room", "guest", "answer", "briefing"))],
)
async def test_axe_finds_nothing(
    page: Page, stage: ConsoleStage, device: str, scheme: str, states: tuple[str, ...]
) -> None:
    await page.resize(*(PHONE if device == "phone" else DESKTOP), is_phone=device == "phone")
    await page.prefer(prefers_color_scheme=scheme, prefers_reduced_motion="reduce")
    found = {}
    for name in states:
        await take(page, stage, name, is_phone=device == "phone")
        await page.run(AXE)
        if violations := await page.run(RUN):
            found[name] = violations
    page.complaints.clear()  # of a meeting that is not there
    assert not found
