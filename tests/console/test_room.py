"""A room from end to end: a browser whose microphone plays the sample meeting, and every process of chimein."""

import wave
from pathlib import Path

import pytest
from browser import Page, browser_page, needs_browser
from microphone_file import fake_microphone
from processes import System, system
from sound_tap import TAP, heard_by, likeness, loudness, trimmed
from support import eventually, facts_of

from shared.bus import Bus
from shared.events import LineHeard

ROLES = ("gateway", "ingest", "transcriber", "brain", "speaker")
LINES = "document.querySelectorAll('#transcript li:not(.spoken)').length"


async def open_room(page: Page, running: System, *, name: str = "Maya", first: str = "") -> str:
    """Returns the meeting's id."""
    await page.open(f"http://127.0.0.1:{running.gateway_port}/", first=first)
    await page.until("'ready' in document.body.dataset")
    await page.type("#my-name", name)
    await page.press("#start [type=submit]")
    await page.until("!document.querySelector('#mine').hidden")
    return await page.run("new URLSearchParams(location.search).get('meeting')")


@needs_browser
@pytest.mark.engine
@pytest.mark.process
@pytest.mark.timeout(170)
async def test_somebody_talks_reads_asks_hears_and_is_briefed(bus: Bus, redis_url: str, tmp_path: Path) -> None:
    kept = {"TRANSCRIBER_ENGINE": "embedded", "SPEAKER_VOICE": "embedded", "SPEECH_WAV_DIR": str(tmp_path / "said")}
    with system(redis_url, tmp_path, **kept) as running:
        for role in ROLES:
            running.start(role)
        await running.until_ready(90)
        async with browser_page(*fake_microphone(tmp_path, from_s=23.8, to_s=45)) as page:
            meeting_id = await open_room(page, running, first=TAP)
            await page.until("document.querySelector('#captions .words')", within_s=20)
            await page.until(f"{LINES} >= 1", within_s=40)
            assert "Maya" in await page.text("#transcript")
            before = await page.run(f"({LINES})")
            await page.resize(390, 844, is_phone=True)
            await page.call("Page.reload")
            await page.until(f"{LINES} >= {before}")
            await page.until("document.querySelector('#mine').dataset.tone === 'live'")
            await page.until("/from the platform/.test(document.querySelector('#transcript').innerText)", within_s=40)
            await page.press("#mute")  # while the recording talks, nobody answers
            await page.press("#tab-ask")
            await page.type("#question", "Who will talk to the platform group?")
            await page.press("#ask [type=submit]")
            await page.until("document.querySelector('#answers .cite')", within_s=30)
            assert "platform group" in await page.text("#answers .answer")
            await until_heard(page, tmp_path / "said" / f"{meeting_id}.wav")
            await page.press("#tab-brief")
            await page.press("#brief")
            await page.until("document.querySelector('#briefing .title')", within_s=30)
            await page.press("#tab-transcript")
            await page.press("#leave")
            await page.until("document.querySelector('#status').textContent === 'Ended'", within_s=20)
            assert not page.complaints
    assert len([fact for fact in await facts_of(bus, meeting_id) if isinstance(fact, LineHeard)]) >= before


async def until_heard(page: Page, said: Path) -> None:
    """What comes out of the page is what the voice said."""

    async def both() -> bool:
        if not said.exists():
            return False
        with wave.open(str(said)) as file:
            rate_hz, pcm = file.getframerate(), memoryview(file.readframes(file.getnframes())).cast("h")
        out = trimmed(await heard_by(page))
        if not out:
            return False
        voice = trimmed([sample / 32768 for sample in pcm])
        curves = loudness(voice, rate_hz), loudness(out, await page.run("window.heardRate"))
        return len(curves[1]) > 0.9 * len(curves[0]) and likeness(*curves) > 0.9

    await eventually(both, within_s=40)
