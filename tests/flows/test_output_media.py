"""The page in the bot, in a real browser: the sound that comes out of it is the sound that was sent."""

import asyncio
import math
import struct
import time
from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp.test_utils import TestServer
from browser import browser_page, needs_browser
from sound_tap import TAP, heard_by, pitches, trimmed
from support import new_meeting

from gateway.app import build_app
from gateway.config import from_env
from shared.bus import Bus, Write
from shared.clock import SystemClock
from shared.connections import close, connect
from shared.errors import SpeechError
from shared.events import Asked, CaptionChanged, SpeechStarted, new_id
from shared.media import Played, fields_of
from shared.meetings import write_of
from shared.socket_tokens import media_subject, new_token
from shared.streams import SOCKET_TOKEN, MeetingKeys
from shared.tail import Tail
from shared.waiting import end
from speaker.adapters.output_media import OutputMedia
from speaker.sounds import Sound, Way

RATE_HZ = 24_000


class Stage:
    """A gateway, a meeting, an outlet, and the address of the page."""

    def __init__(self, bus: Bus, outlet: OutputMedia, meeting_id: str, url: str) -> None:
        self.bus, self.outlet, self.meeting_id, self.url = bus, outlet, meeting_id, url

    def sound(self, pcm: bytes, sentence: str = "s1") -> Sound:
        return Sound.of(Way(self.meeting_id, "b", sentence), RATE_HZ, pcm)


@pytest.fixture
async def stage(bus: Bus, redis_url: str) -> AsyncIterator[Stage]:
    blocking, reading = connect(redis_url), connect(redis_url)
    app = build_app(from_env({"REDIS_URL": redis_url}), bus, blocking)
    tail = Tail(reading)
    running = asyncio.create_task(tail.run())
    meeting_id = await new_meeting(bus)
    secret = "very secret"
    await bus.redis.hset(MeetingKeys(meeting_id).state, SOCKET_TOKEN, secret)
    token = new_token(secret, media_subject(meeting_id), time.time())
    async with TestServer(app) as server:
        url = f"http://127.0.0.1:{server.port}/media/{meeting_id}/{token}/"
        yield Stage(bus, OutputMedia(bus, tail, SystemClock()), meeting_id, url)
    await end(running)
    for client in (blocking, reading):
        await close(client)


def melody(ms: int) -> bytes:
    """A tone whose pitch rises, so that no part of it sounds like another."""
    count = ms * RATE_HZ // 1000
    samples = (round(9000 * math.sin(0.03 * n + 0.000002 * n * n)) for n in range(count))
    return struct.pack(f"<{count}h", *samples)


@needs_browser
@pytest.mark.process
@pytest.mark.timeout(90)
async def test_what_is_sent_is_what_comes_out(stage: Stage) -> None:
    pcm = melody(3_000)
    async with browser_page() as page:
        await page.open(stage.url, first=TAP)
        await page.until("document.body.dataset.state === 'listening'")
        sound = stage.sound(pcm)
        began = time.monotonic()
        await stage.outlet.play(sound)
        took_s = time.monotonic() - began
        rate_hz = await page.run("window.heardRate")
        came_out = trimmed(await heard_by(page))
    sent = trimmed([sample / 32768 for sample in struct.unpack(f"<{len(pcm) // 2}h", pcm)])
    assert sound.heard_ms == 3_000
    assert 2.9 < took_s < 5.0
    assert abs(len(came_out) / rate_hz - len(sent) / RATE_HZ) < 0.06
    pairs = list(zip(pitches(came_out, rate_hz), pitches(sent, RATE_HZ), strict=False))
    assert len(pairs) > 140
    assert sum(abs(a - b) <= 1 for a, b in pairs) >= 0.97 * len(pairs)


@needs_browser
@pytest.mark.process
@pytest.mark.timeout(90)
async def test_it_stops_at_once_and_knows_what_was_heard(stage: Stage) -> None:
    async with browser_page() as page:
        await page.open(stage.url, first=TAP)
        await page.until("document.body.dataset.state === 'listening'")
        sound = stage.sound(melody(6_000))
        playing = asyncio.create_task(stage.outlet.play(sound))
        await page.until("window.heard.length > 24000")
        stopped_at = time.monotonic()
        playing.cancel()
        await asyncio.gather(playing, return_exceptions=True)
        heard_ms = sound.heard_ms
        await page.until("window.heard.slice(-3072).every((sample) => sample === 0)", within_s=3)
        silent_after_s = time.monotonic() - stopped_at
        rate_hz = await page.run("window.heardRate")
        came_out_ms = 1000 * len(trimmed(await heard_by(page))) / rate_hz
        await stage.outlet.play(stage.sound(melody(400), "s2"))
    assert silent_after_s < 0.6  # of which the last 3072 samples are 0.06 s and the looking 0.05 s
    assert abs(heard_ms - came_out_ms) < 300
    assert heard_ms < 3_000


@needs_browser
@pytest.mark.process
@pytest.mark.timeout(90)
async def test_a_page_that_loses_its_socket_goes_on(stage: Stage) -> None:
    async with browser_page() as page:
        await page.open(stage.url, first=TAP + "const Own = WebSocket; window.WebSocket = class extends Own {"
                        " constructor(...all) { super(...all); window.line = this; } };")  # fmt: skip
        await page.until("document.body.dataset.state === 'listening'")
        sound = stage.sound(melody(3_000))
        playing = asyncio.create_task(stage.outlet.play(sound))
        await page.until("window.heard.length > 24000")
        await page.run("window.line.close()")
        await playing
    assert sound.heard_ms == 3_000


@needs_browser
@pytest.mark.process
@pytest.mark.timeout(90)
async def test_people_see_what_it_does(stage: Stage) -> None:
    common = {"meeting_id": stage.meeting_id, "at": 1}
    asked = Asked(id=new_id(), question="?", asked_by="Ann", via="api", question_id="q", **common)
    started = SpeechStarted(id=new_id(), text="It moves.", duration_ms=1, first_audio_ms=1, **common)
    caption = CaptionChanged(
        id=new_id(), track="mixed", speaker="Ann", start_ms=0, end_ms=1, text="<b>so</b> we", **common
    )
    async with browser_page() as page:
        await page.open(stage.url)
        await page.until("document.body.dataset.state === 'listening'")
        assert await page.run("document.getElementById('name').textContent") == "Chime"
        await stage.bus.write(stage.meeting_id, write_of(asked))
        await page.until("document.body.dataset.state === 'thinking'")
        await stage.bus.write(stage.meeting_id, write_of(started))
        await page.until("document.body.dataset.state === 'speaking'")
        assert await page.run("document.getElementById('caption').textContent") == "It moves."
        await stage.bus.write(stage.meeting_id, Write(captions=(caption,)))
        await page.until("document.getElementById('caption').textContent === '<b>so</b> we'")


async def test_without_a_page_it_says_so(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("speaker.adapters.output_media.OPENS_S", 0.2)
    with pytest.raises(SpeechError, match="PUBLIC_URL"):
        await stage.outlet.play(stage.sound(melody(100)))


async def test_a_page_that_falls_silent_is_told(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("speaker.adapters.output_media.FALLS_SILENT_S", 0.2)
    sound = stage.sound(melody(1_000))
    playing = asyncio.create_task(stage.outlet.play(sound))
    await asyncio.sleep(0.1)
    played = Played(sentence="s1", played_ms=300)
    await stage.bus.redis.xadd(MeetingKeys(stage.meeting_id).played, fields_of(played))
    with pytest.raises(SpeechError, match="silent"):
        await playing
    assert 300 <= sound.heard_ms <= 600


async def test_it_is_never_far_ahead_of_what_was_played(stage: Stage) -> None:
    sound = stage.sound(melody(10_000))
    keys = MeetingKeys(stage.meeting_id)
    playing = asyncio.create_task(stage.outlet.play(sound))
    await asyncio.sleep(0.3)
    assert await handed_ms(stage.bus, keys) <= 2_400
    await stage.bus.redis.xadd(keys.played, fields_of(Played(sentence="s1", played_ms=1_000)))
    await asyncio.sleep(0.2)
    assert 2_800 <= await handed_ms(stage.bus, keys) <= 3_400
    playing.cancel()
    await asyncio.gather(playing, return_exceptions=True)
    entries = await stage.bus.redis.xrange(keys.speech)
    assert b"stop" in entries[-1][1][b"body"]


async def handed_ms(bus: Bus, keys: MeetingKeys) -> int:
    entries = await bus.redis.xrange(keys.speech)
    return sum(len(fields[b"body"]) for _, fields in entries) * 1000 // (2 * RATE_HZ)


@pytest.mark.parametrize("wrong", ["other meeting", "no token", "socket token", "expired", "erased"])
async def test_a_stranger_sees_no_page(stage: Stage, wrong: str) -> None:
    head, _, token = stage.url.rstrip("/").rpartition("/")
    now = time.time()
    tokens = {
        "other meeting": new_token("very secret", media_subject("m-03-" + "0" * 20), now),
        "no token": "x",
        "socket token": new_token("very secret", stage.meeting_id, now),
        "expired": new_token("very secret", media_subject(stage.meeting_id), now - 90_000),
        "erased": token,
    }
    if wrong == "erased":
        await stage.bus.redis.delete(MeetingKeys(stage.meeting_id).state)
    async with aiohttp.ClientSession() as http:
        for path in ("/", "/socket"):
            async with http.get(f"{head}/{tokens[wrong]}{path}") as answer:
                assert answer.status == 404
                assert "there is no such page" in await answer.text()
