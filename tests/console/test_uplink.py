"""A browser's microphone towards an ingest that dies: what the page said is what Redis has, to the sample."""

from pathlib import Path

import pytest
from browser import Page, browser_page, needs_browser
from microphone_file import fake_microphone
from processes import System, system
from support import eventually

from shared.bus import Bus
from shared.streams import CHUNK_BYTES, CHUNK_MS, PCM, SAMPLE_RATE_HZ, MeetingKeys, source_ms_of

KEEP = """
window.said = new Map();
window.sockets = [];
const Own = WebSocket;
window.WebSocket = class extends Own {
  constructor(...all) { super(...all); window.sockets.push(this); }
  send(message) {
    if (message instanceof ArrayBuffer) {
      window.said.set(new DataView(message).getFloat64(0, true), new Uint8Array(message, 8).toHex());
    }
    super.send(message);
  }
};
"""
"""Keeps every piece of sound that the page sends, each once."""


async def said_by(page: Page) -> dict[float, bytes]:
    found = await page.run("[...window.said]")
    return {at_ms: bytes.fromhex(pcm) for at_ms, pcm in found}


async def open_room(page: Page, running: System) -> str:
    await page.open(f"http://127.0.0.1:{running.gateway_port}/", first=KEEP)
    await page.until("'ready' in document.body.dataset")
    await page.press("#start [type=submit]")
    await page.until("document.querySelector('#mine').dataset.tone === 'live'")
    return await page.run("new URLSearchParams(location.search).get('meeting')")


async def track_of(bus: Bus, meeting_id: str) -> dict[int, bytes]:
    """The one track of the room."""
    state = await bus.state(meeting_id)
    (track,) = [field.removeprefix("committed:") for field in state if field.startswith("committed:")]
    found = await bus.redis.xrange(MeetingKeys(meeting_id).audio(track))
    return {source_ms_of(entry_id): fields[PCM] for entry_id, fields in found}


@needs_browser
@pytest.mark.process
@pytest.mark.timeout(90)
async def test_an_ingest_that_is_killed_and_a_socket_that_is_cut_lose_nothing(
    bus: Bus, redis_url: str, tmp_path: Path
) -> None:
    with system(redis_url, tmp_path) as running:
        running.start("gateway")
        ingest = running.start("ingest")
        async with browser_page(*fake_microphone(tmp_path)) as page:
            meeting_id = await open_room(page, running)
            await page.until("window.said.size > 40")
            ingest.kill()
            await page.until("document.querySelector('#mine').dataset.tone === 'wait'")
            await page.until("window.said.size > 60 || true")
            running.start("ingest")
            await page.until("document.querySelector('#mine').dataset.tone === 'live'", within_s=20)
            await page.run("window.sockets.at(-2).close() || window.sockets.at(-1).close()")
            size = await page.run("window.said.size")
            await page.until(f"window.said.size > {size} + 40")
            await page.press("#leave")
            await page.until("document.querySelector('#mine').hidden")
            said = await said_by(page)
    await eventually(lambda: holds(bus, meeting_id, said))
    assert not page.complaints or all("WebSocket" in one for one in page.complaints)


async def holds(bus: Bus, meeting_id: str, said: dict[float, bytes]) -> bool:
    """Every sample that the page said, one after the other, and silence around them at most."""
    chunks = await track_of(bus, meeting_id)
    assert list(chunks) == list(range(min(chunks), max(chunks) + 1, CHUNK_MS))
    heard = b"".join(chunks[at_ms] for at_ms in sorted(chunks))
    voice = b"".join(said[at_ms] for at_ms in sorted(said))
    at = heard.find(voice)
    return at >= 0 and at < CHUNK_BYTES and len(heard) - len(voice) < 2 * CHUNK_BYTES


def test_pieces_of_the_page_and_chunks_of_the_stream_have_one_rate() -> None:
    assert CHUNK_BYTES * 1000 == CHUNK_MS * SAMPLE_RATE_HZ * 2
