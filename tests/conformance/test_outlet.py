"""What every outlet does, wherever its sound goes."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from ears import bot_body

from rehearsal.recall.options import Delays, Options
from rehearsal.recall.server import RecallServer
from shared.bus import Bus
from shared.clock import SystemClock
from shared.config import Secret
from shared.connections import close, connect
from shared.errors import SpeechError
from shared.media import Played, SoundPiece, fields_of, media_in
from shared.recall_api import RecallApi
from shared.streams import MeetingKeys, new_meeting_id
from shared.tail import Tail
from shared.waiting import end
from speaker.adapters.output_media import BOTS_PAGE, ROOMS_PAGE, OutputMedia
from speaker.adapters.output_media import PlayingPage as WhosePage
from speaker.adapters.recall_clips import RecallClips
from speaker.adapters.scripted import ScriptedOutlet, tone
from speaker.adapters.tee import Tee
from speaker.adapters.wav_file import WavFile
from speaker.ports import Outlet
from speaker.sounds import Sound, Way

RATE_HZ = 24_000


@dataclass
class Subject:
    """An outlet, a bot it can speak through, and how many clips came out of it."""

    outlet: Outlet
    heard: Callable[[], int]
    bot_id: str = "b"
    meeting_id: str = "m-1"

    def clip(self, ms: int = 100, sentence_id: str = "s") -> Sound:
        return Sound.of(Way(self.meeting_id, self.bot_id, sentence_id), RATE_HZ, tone(ms, RATE_HZ))


@contextlib.asynccontextmanager
async def scripted(_: Path, __: str) -> AsyncIterator[Subject]:
    outlet = ScriptedOutlet(SystemClock())
    yield Subject(outlet, lambda: len(outlet.begun))


@contextlib.asynccontextmanager
async def wav_file(folder: Path, _: str) -> AsyncIterator[Subject]:
    outlet = WavFile(folder)
    yield Subject(outlet, lambda: clips_in(outlet.path_of("m-1")))


def clips_in(path: Path) -> int:
    """Counted by the pauses between clips of 100 ms."""
    return round((path.stat().st_size / 2 / RATE_HZ + 0.3) / 0.4) if path.exists() else 0


@contextlib.asynccontextmanager
async def tee(folder: Path, _: str) -> AsyncIterator[Subject]:
    heard = ScriptedOutlet(SystemClock())
    yield Subject(Tee(heard, WavFile(folder)), lambda: len(heard.begun))


@contextlib.asynccontextmanager
async def recall_clips(_: Path, __: str) -> AsyncIterator[Subject]:
    async with RecallServer(Options(delays=Delays(dispatch_s=0, join_s=0, upload_s=0))) as recall:
        api = RecallApi(recall.url, Secret("key"), SpeechError)
        bot = await api.create_bot(bot_body(recording_config=None), "m-1:1")
        await recall.bots[bot.id].reached["in_call_not_recording"].wait()
        yield Subject(RecallClips(api, SystemClock()), lambda: len(recall.heard.clips), bot.id)


@contextlib.asynccontextmanager
async def output_media(_: Path, redis_url: str) -> AsyncIterator[Subject]:
    async with playing(redis_url, BOTS_PAGE) as subject:
        yield subject


@contextlib.asynccontextmanager
async def room(_: Path, redis_url: str) -> AsyncIterator[Subject]:
    async with playing(redis_url, ROOMS_PAGE) as subject:
        yield subject


@contextlib.asynccontextmanager
async def playing(redis_url: str, whose: WhosePage) -> AsyncIterator[Subject]:
    """Before a page that plays in real time."""
    client, reading = connect(redis_url), connect(redis_url)
    tail, bus, meeting_id = Tail(reading), Bus(client), new_meeting_id(3)
    running = asyncio.create_task(tail.run())
    page = PlayingPage(bus, tail, meeting_id)
    turning = asyncio.create_task(page.run())
    yield Subject(OutputMedia(bus, tail, SystemClock(), whose), lambda: page.begun, meeting_id=meeting_id)
    await end(turning, running)
    for one in (client, reading):
        await close(one)


class PlayingPage:
    """Plays as the page in the bot does."""

    def __init__(self, bus: Bus, tail: Tail, meeting_id: str) -> None:
        self._bus, self._keys = bus, MeetingKeys(meeting_id)
        self._pieces = tail.follow(self._keys.speech)
        self.begun = 0

    async def run(self) -> None:
        sentence = ""
        async for entry in self._pieces:
            piece = media_in(entry)
            if not isinstance(piece, SoundPiece):
                sentence = ""
                continue
            self.begun += piece.sentence != sentence
            sentence = "" if piece.is_last else piece.sentence
            length_ms = len(piece.pcm) * 1000 // (2 * piece.rate_hz)
            await asyncio.sleep(length_ms / 1000)
            played = Played(sentence=piece.sentence, played_ms=piece.at_ms + length_ms, is_over=piece.is_last)
            await self._bus.redis.xadd(self._keys.played, fields_of(played))


@pytest.fixture(params=[scripted, wav_file, tee, recall_clips, output_media, room])
async def subject(request: pytest.FixtureRequest, tmp_path: Path, redis_url: str) -> AsyncIterator[Subject]:
    async with request.param(tmp_path, redis_url) as subject:
        yield subject
        await subject.outlet.close()


async def test_a_clip_comes_out(subject: Subject) -> None:
    await subject.outlet.play(subject.clip())
    assert subject.heard() == 1


async def test_clips_one_after_the_other_all_come_out(subject: Subject) -> None:
    for n in range(3):
        await subject.outlet.play(subject.clip(sentence_id=f"s{n}"))
    assert subject.heard() == 3


async def test_a_sound_that_is_still_being_made_comes_out(subject: Subject) -> None:
    sound = Sound(Way(subject.meeting_id, subject.bot_id, "s"), RATE_HZ)
    playing = asyncio.create_task(subject.outlet.play(sound))
    await sound.make(pieces(tone(60, RATE_HZ), tone(40, RATE_HZ)), SystemClock())
    await playing
    assert subject.heard() == 1


async def test_what_was_heard_is_known_in_the_end(subject: Subject) -> None:
    sound = subject.clip(100)
    await subject.outlet.play(sound)
    assert sound.heard_ms == 100


async def test_a_sound_goes_on_from_where_it_was_left(subject: Subject) -> None:
    sound = subject.clip(200)
    await subject.outlet.play(sound, 100)
    assert subject.heard() == 1
    assert sound.heard_ms == 200


async def test_a_voice_that_fails_is_told(subject: Subject) -> None:
    sound = Sound(Way(subject.meeting_id, subject.bot_id, "s"), RATE_HZ)
    playing = asyncio.create_task(subject.outlet.play(sound))
    await sound.make(failing(), SystemClock())
    with pytest.raises(SpeechError, match="hoarse"):
        await playing


async def pieces(*given: bytes) -> AsyncIterator[bytes]:
    for piece in given:
        yield piece


async def failing() -> AsyncIterator[bytes]:
    raise SpeechError("hoarse")
    yield b""


async def test_cancelling_returns_at_once_and_leaves_the_outlet_usable(subject: Subject) -> None:
    playing = asyncio.create_task(subject.outlet.play(subject.clip(60_000)))
    await asyncio.sleep(0)
    playing.cancel()
    async with asyncio.timeout(5):
        await asyncio.gather(playing, return_exceptions=True)
        await subject.outlet.play(subject.clip())
    assert subject.heard() >= 1


async def test_an_empty_clip_is_harmless(subject: Subject) -> None:
    await subject.outlet.play(subject.clip(0))
    await subject.outlet.play(subject.clip())


async def test_closing_twice_is_harmless(subject: Subject) -> None:
    await subject.outlet.close()


def test_it_has_a_name(subject: Subject) -> None:
    assert subject.outlet.name
