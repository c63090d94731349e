import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from ears import bot_body

from rehearsal.recall.options import Delays, Forced, Options
from rehearsal.recall.server import RecallServer
from shared.clock import ManualClock
from shared.config import Secret
from shared.errors import Category, SpeechError
from shared.recall_api import RecallApi
from speaker.adapters.recall_clips import MARGIN_MS, RecallClips
from speaker.adapters.scripted import tone
from speaker.sounds import Sound, Way

QUICK = Delays(dispatch_s=0, join_s=0, consent_s=0, upload_s=0)


@dataclass
class Scene:
    """A bot in a call, and the outlet into it on a clock that is moved by hand."""

    recall: RecallServer
    clock: ManualClock
    outlet: RecallClips
    bot_id: str

    def clip(self, ms: int = 2000, bot_id: str = "") -> Sound:
        return Sound.of(Way("m-1", bot_id or self.bot_id, "s"), 24_000, tone(ms, 24_000))

    def play(self, ms: int = 2000) -> asyncio.Task[None]:
        return asyncio.create_task(self.outlet.play(self.clip(ms)))

    async def heard(self, count: int) -> None:
        """That many clips have begun, and the outlet waits for the end of the last one."""
        await self.recall.heard.wait_for(count)
        async with asyncio.timeout(5):
            while not self.clock.is_waited_for:
                await asyncio.sleep(0)

    def deletes(self) -> int:
        return [method for method, _ in self.recall.calls].count("DELETE")


class WatchedClock(ManualClock):
    """Tells whether somebody sleeps on it."""

    @property
    def is_waited_for(self) -> bool:
        return any(not waker.done() for _, waker in self._sleepers)


@contextlib.asynccontextmanager
async def in_call(**options: object) -> AsyncIterator[Scene]:
    async with RecallServer(Options(delays=QUICK, **options)) as recall:
        api = RecallApi(recall.url, Secret("key"), SpeechError)
        bot = await api.create_bot(bot_body(recording_config=None), "m-1:1")
        await recall.bots[bot.id].reached["in_call_not_recording"].wait()
        clock = WatchedClock()
        scene = Scene(recall, clock, RecallClips(api, clock), bot.id)
        yield scene
        await scene.outlet.close()


async def test_a_clip_is_heard_in_the_meeting() -> None:
    async with in_call() as scene:
        playing = scene.play(2000)
        await scene.heard(1)
        scene.clock.advance(2000 + MARGIN_MS)
        await playing
        clip = scene.recall.heard.clips[0]
    assert 2000 <= clip.ends_ms - clip.begins_ms <= 2150
    assert max(clip.pcm) > 0


async def test_it_returns_only_when_the_clip_is_over_in_the_meeting() -> None:
    async with in_call() as scene:
        playing = scene.play(2000)
        await scene.heard(1)
        scene.clock.advance(2000 + MARGIN_MS - 1)
        await asyncio.sleep(0)
        assert not playing.done()
        scene.clock.advance(1)
        await playing


async def test_a_second_clip_waits_for_the_first_one() -> None:
    async with in_call(overlap="error") as scene:
        first, second = scene.play(1000), scene.play(1000)
        await scene.heard(1)
        assert [path for _, path in scene.recall.calls].count(f"/api/v1/bot/{scene.bot_id}/output_audio/") == 1
        scene.recall.heard.clips[0].ends_ms = 0  # the stand-in hears by the machine's clock, which has hardly moved
        scene.clock.advance(1000 + MARGIN_MS)
        await scene.heard(2)
        scene.clock.advance(1000 + MARGIN_MS)
        await asyncio.gather(first, second)


async def test_cancelling_stops_the_sound() -> None:
    async with in_call() as scene:
        playing = scene.play(60_000)
        await scene.heard(1)
        playing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await playing
        clip = scene.recall.heard.clips[0]
    assert scene.deletes() == 1
    assert clip.ends_ms - clip.begins_ms < 10_000


async def test_what_was_heard_of_a_stopped_clip_is_known() -> None:
    async with in_call() as scene:
        sound = scene.clip(60_000)
        playing = asyncio.create_task(scene.outlet.play(sound, 2_000))
        await scene.heard(1)
        scene.clock.advance(1_500 + MARGIN_MS)
        playing.cancel()
        await asyncio.gather(playing, return_exceptions=True)
    assert sound.heard_ms == 3_500


async def test_a_clip_that_goes_on_leaves_out_what_was_heard() -> None:
    async with in_call() as scene:
        playing = asyncio.create_task(scene.outlet.play(scene.clip(3_000), 2_000))
        await scene.heard(1)
        scene.clock.advance(1_000 + MARGIN_MS)
        await playing
        clip = scene.recall.heard.clips[0]
    assert 1_000 <= clip.ends_ms - clip.begins_ms <= 1_150


async def test_cancelling_one_that_still_waits_leaves_the_sound_of_the_other_alone() -> None:
    async with in_call() as scene:
        playing = scene.play(1000)
        await scene.heard(1)
        waiting = scene.play(1000)
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        scene.clock.advance(1000 + MARGIN_MS)
        await playing
    assert scene.deletes() == 0


async def test_a_stop_that_fails_does_not_hide_the_cancelling() -> None:
    async with in_call() as scene:
        playing = scene.play(60_000)
        await scene.heard(1)
        scene.recall.faults.answers.append(Forced(400))
        playing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await playing
    assert scene.deletes() == 1


async def test_a_bot_that_is_gone_is_told_as_such() -> None:
    async with in_call() as scene:
        with pytest.raises(SpeechError) as raised:
            await scene.outlet.play(scene.clip(bot_id="nobody"))
    assert raised.value.category is Category.NOT_FOUND


async def test_a_failed_clip_does_not_keep_the_next_one_waiting() -> None:
    async with in_call() as scene:
        scene.recall.faults.answers.append(Forced(429, retry_after="30"))
        with pytest.raises(SpeechError) as raised:
            await scene.outlet.play(scene.clip())
        assert raised.value.retry_after_s == 30.0
        playing = scene.play(100)
        await scene.heard(1)
        scene.clock.advance(100 + MARGIN_MS)
        await playing
