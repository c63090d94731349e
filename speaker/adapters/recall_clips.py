"""Sound into a meeting as MP3 clips: Recall takes them, but neither queues them nor says when one is over."""

import asyncio
import contextlib
from weakref import WeakValueDictionary

import structlog

from shared.clock import Clock
from shared.errors import Category, SpeechError
from shared.recall_api import LONGEST_CLIP_BYTES, RecallApi
from speaker.adapters.mp3 import encode_mp3
from speaker.sounds import Sound

MARGIN_MS = 150
"""Between the answer of Recall and the first sound; without it a clip cuts the tail of the one before."""

log = structlog.get_logger()


class RecallClips:
    """An Outlet. One clip at a time per bot, since what two at once do is not documented."""

    name = "recall output_audio"

    def __init__(self, api: RecallApi, clock: Clock) -> None:
        self._api, self._clock = api, clock
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._stopping: set[asyncio.Task[None]] = set()

    async def play(self, sound: Sound, from_ms: int = 0) -> None:
        pcm = (await sound.whole())[sound.byte_at(from_ms) :]
        turn = self._turns.setdefault(sound.way.bot_id, asyncio.Lock())
        async with turn:
            mp3 = await asyncio.to_thread(encode_mp3, pcm, sound.rate_hz)
            if len(mp3) > LONGEST_CLIP_BYTES:
                raise SpeechError("the sentence is too long to be said in one clip", category=Category.INVALID)
            try:
                await self._api.output_audio(sound.way.bot_id, mp3)
                await self._wait_out(sound, from_ms)
            except asyncio.CancelledError:
                await self.silence(sound.way.bot_id)
                raise

    async def _wait_out(self, sound: Sound, from_ms: int) -> None:
        """How much was heard is counted by the clock: nobody tells."""
        begun_ms = self._clock.now_ms() + MARGIN_MS
        try:
            await self._clock.sleep((sound.made_ms - from_ms + MARGIN_MS) / 1000)
        finally:
            played_ms = max(0, self._clock.now_ms() - begun_ms)
            sound.heard_ms = min(sound.made_ms, from_ms + played_ms)

    async def silence(self, bot_id: str) -> None:
        """Goes on when the caller is cancelled once more: a bot that talks on is worse than a late stop."""
        stopping = asyncio.create_task(self.stop(bot_id), name=f"silence {bot_id}")
        self._stopping.add(stopping)
        stopping.add_done_callback(self._stopping.discard)
        await asyncio.shield(stopping)

    async def stop(self, bot_id: str) -> None:
        try:
            await self._api.stop_output_audio(bot_id)
        except SpeechError as error:
            log.warning("clip.stop_failed", bot_id=bot_id, category=error.category)

    async def close(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(2):
                await asyncio.gather(*self._stopping)
        await self._api.close()
