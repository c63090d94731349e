"""More than one voice in a room: a guest who comes by the invitation, and somebody who talks over the assistant."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from browser import Page, browser_page, needs_browser
from calls import post
from microphone_file import fake_microphone
from processes import System, system
from sound_tap import TAP
from support import eventually, facts_of

from shared.bus import Bus
from shared.events import ParticipantJoined, ParticipantLeft, SpeakingStarted, SpeechCut
from shared.streams import MeetingKeys

pytestmark = [needs_browser, pytest.mark.process, pytest.mark.timeout(90)]
LONG = "Here is what was said, and it is a long story that nobody would like to hear to its very end today."
SILENT = "window.heard.length > 8192 && window.heard.slice(-4096).every((sample) => sample === 0)"


@pytest.fixture
async def running(bus: Bus, redis_url: str, tmp_path: Path) -> Iterator[System]:
    """Without ears: nobody writes down what is said."""
    with system(redis_url, tmp_path) as running:
        for role in ("gateway", "ingest", "brain", "speaker"):
            running.start(role)
        await eventually(lambda: answers(running), within_s=30)
        yield running


async def answers(running: System) -> bool:
    try:
        await post(running, "/meetings/join", meeting_url="room:warm-up")
    except OSError:
        return False
    return True


async def has(bus: Bus, meeting_id: str, kind: type, **fields: object) -> bool:
    facts = [fact for fact in await facts_of(bus, meeting_id) if isinstance(fact, kind)]
    return any(all(getattr(fact, name) == value for name, value in fields.items()) for fact in facts)


async def come_in(page: Page, running: System, meeting_id: str, name: str) -> str:
    """Returns the participant's id."""
    door = await post(running, f"/meetings/{meeting_id}/enter")
    await page.open(f"http://127.0.0.1:{running.gateway_port}{door['invitation']}", first=TAP)
    await page.until("document.readyState === 'complete' && document.querySelector('#come-in').onsubmit")
    await page.type("#my-name", name)
    await page.press("#come-in [type=submit]")
    await page.until("document.querySelector('#mine').dataset.tone === 'live'")
    return await page.run("history.state.participant_id")


async def test_a_guest_comes_in_hears_is_heard_interrupts_and_leaves(bus: Bus, running: System, tmp_path: Path) -> None:
    meeting_id = (await post(running, "/meetings/join", meeting_url="room:"))["meeting_id"]
    async with browser_page(*fake_microphone(tmp_path)) as page:
        ben = await come_in(page, running, meeting_id, "Ben")
        await eventually(lambda: has(bus, meeting_id, ParticipantJoined, name="Ben", participant_id=ben))
        await eventually(lambda: bus.redis.xlen(MeetingKeys(meeting_id).audio(ben)))
        await page.press("#mute")
        await post(running, f"/meetings/{meeting_id}/say", text=LONG)
        await page.until("document.querySelector('#inside').dataset.state === 'speaking'", within_s=20)
        assert "Here is what was said" in await page.text("#words")
        await page.until("window.heard.some((sample) => Math.abs(sample) > 0.1)")
        await page.press("#mute")
        await eventually(lambda: has(bus, meeting_id, SpeechCut))
        assert await has(bus, meeting_id, SpeakingStarted, participant_id=ben)
        await page.until(SILENT)
        await page.press("#go")
        await page.until("document.querySelector('#come-in').offsetParent")
        await eventually(lambda: has(bus, meeting_id, ParticipantLeft, participant_id=ben))
        await page.press("#come-in [type=submit]")
        await page.until("document.querySelector('#mine').dataset.tone === 'live'")
        await post(running, f"/meetings/{meeting_id}/leave")
        await page.until("document.querySelector('#notice').textContent.includes('is over')")
        assert not page.complaints
