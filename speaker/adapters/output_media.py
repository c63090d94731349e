"""Sound into a meeting through a page that plays it, in the bot or in a room: streamed as it is made, stopped at once.

Recall calls it Output Media. The page is the gateway's; speaker and page meet in two streams of the meeting.
"""

import asyncio
import contextlib
from dataclasses import dataclass, field
from typing import Any, cast

import structlog

from shared.bus import Bus, entries_of
from shared.clock import Clock
from shared.connections import LOST
from shared.errors import Category, SpeechError
from shared.media import KEPT_ENTRIES, KEPT_S, Media, Played, SoundPiece, SoundStopped, fields_of, media_in
from shared.streams import MeetingKeys
from shared.tail import Follower, Tail
from speaker.sounds import Sound

PIECE_MS = 200
AHEAD_MS = 2_000
"""So much more than was played is handed to the page: enough for a bad network, little enough to be stopped."""
OPENS_S = 6.0
"""A page that says nothing for so long after the first sound is not there."""
FALLS_SILENT_S = 4.0
BETWEEN_REPORTS_MS = 250

log = structlog.get_logger()


@dataclass(frozen=True)
class PlayingPage:
    """Whose page plays, and what to say when it does not."""

    outlet: str
    fell_silent: str
    is_absent: str


BOTS_PAGE = PlayingPage(
    "recall output_media",
    "the bot's page fell silent",
    "the bot's page does not play: does PUBLIC_URL lead to the gateway from the internet?",
)
ROOMS_PAGE = PlayingPage(
    "room",
    "the room's page fell silent",
    "nobody listens: answers are heard where the room is open in a browser",
)


@dataclass
class Progress:
    """What the page told of one sentence."""

    played_ms: int = 0
    told_at: int = 0
    """Unix ms; 0 before the first word."""
    is_over: bool = False
    changed: asyncio.Event = field(default_factory=asyncio.Event)


class OutputMedia:
    """An Outlet."""

    def __init__(self, bus: Bus, tail: Tail, clock: Clock, page: PlayingPage = BOTS_PAGE) -> None:
        self._bus, self._tail, self._clock, self._page = bus, tail, clock, page
        self.name = page.outlet
        self._stopping: set[asyncio.Task[None]] = set()

    async def play(self, sound: Sound, from_ms: int = 0) -> None:
        keys, progress = MeetingKeys(sound.way.meeting_id), Progress(played_ms=from_ms)
        follower = self._tail.follow(keys.played, await self._last_of(keys.played))
        hearing = asyncio.create_task(self._hear(follower, sound, progress), name="played")
        is_over = False
        try:
            await self._send(keys, sound, from_ms, progress)
            await self._wait_out(progress)
            is_over = True
        finally:
            sound.heard_ms = max(sound.heard_ms, self._heard_ms(sound, progress))
            hearing.cancel()
            follower.close()
            if not is_over:
                await self._silence(keys, sound.way.sentence_id)

    # -- there -------------------------------------------------------------------------------------------------------

    async def _send(self, keys: MeetingKeys, sound: Sound, from_ms: int, progress: Progress) -> None:
        """In pieces, not far ahead of what was played. A voice that failed is told after what it had made was heard."""
        at_ms, failure = from_ms, None
        rest = bytearray()
        size = sound.byte_at(PIECE_MS)
        try:
            async for made in sound.read(from_ms):
                rest += made
                while len(rest) >= size:
                    await self._hand_over(keys, sound, at_ms, bytes(rest[:size]), progress)
                    del rest[:size]
                    at_ms += PIECE_MS
        except SpeechError as error:
            failure = error
        if at_ms > from_ms or rest:
            await self._hand_over(keys, sound, at_ms, bytes(rest), progress, is_last=True)
        else:
            progress.is_over = True
        if failure:
            await self._wait_out(progress)
            raise failure

    async def _hand_over(
        self, keys: MeetingKeys, sound: Sound, at_ms: int, pcm: bytes, progress: Progress, *, is_last: bool = False
    ) -> None:
        while at_ms - progress.played_ms > AHEAD_MS and not progress.is_over:
            await self._news(progress)
        piece = SoundPiece(sentence=sound.way.sentence_id, at_ms=at_ms, rate_hz=sound.rate_hz, pcm=pcm, is_last=is_last)
        await self._append(keys.speech, piece)

    async def _append(self, stream: str, media: Media) -> None:
        """Raises SpeechError."""
        try:
            pipe = self._bus.redis.pipeline(transaction=False)
            pipe.xadd(stream, cast("Any", fields_of(media)), maxlen=KEPT_ENTRIES, approximate=True)
            pipe.expire(stream, KEPT_S)
            await pipe.execute()
        except LOST as error:
            raise SpeechError("Redis is away", category=Category.CONNECTIVITY) from error

    async def _silence(self, keys: MeetingKeys, sentence: str) -> None:
        """Goes on when the caller is cancelled once more."""
        stopping = asyncio.create_task(self._stop(keys, sentence), name="silence")
        self._stopping.add(stopping)
        stopping.add_done_callback(self._stopping.discard)
        await asyncio.shield(stopping)

    async def _stop(self, keys: MeetingKeys, sentence: str) -> None:
        with contextlib.suppress(SpeechError):
            await self._append(keys.speech, SoundStopped(sentence=sentence))

    # -- back --------------------------------------------------------------------------------------------------------

    async def _last_of(self, stream: str) -> bytes:
        """Raises SpeechError."""
        try:
            found = entries_of(await self._bus.redis.xrevrange(stream, count=1))
        except LOST as error:
            raise SpeechError("Redis is away", category=Category.CONNECTIVITY) from error
        return found[0].id if found else b"0"

    async def _hear(self, follower: Follower, sound: Sound, progress: Progress) -> None:
        async for entry in follower:
            told = media_in(entry)
            if isinstance(told, Played) and told.sentence == sound.way.sentence_id:
                progress.played_ms = sound.heard_ms = max(progress.played_ms, told.played_ms)
                progress.told_at, progress.is_over = self._clock.now_ms(), told.is_over
                progress.changed.set()

    async def _wait_out(self, progress: Progress) -> None:
        while not progress.is_over:
            await self._news(progress)

    async def _news(self, progress: Progress) -> None:
        """Returns when the page told something. Raises SpeechError when it does not."""
        progress.changed.clear()
        patience_s = FALLS_SILENT_S if progress.told_at else OPENS_S
        try:
            async with asyncio.timeout(patience_s):
                await progress.changed.wait()
        except TimeoutError:
            reason = self._page.fell_silent if progress.told_at else self._page.is_absent
            raise SpeechError(reason, category=Category.CONNECTIVITY) from None

    def _heard_ms(self, sound: Sound, progress: Progress) -> int:
        """Since the last word of the page a little more was heard."""
        if not progress.told_at or progress.is_over:
            return progress.played_ms
        since_ms = min(BETWEEN_REPORTS_MS, self._clock.now_ms() - progress.told_at)
        return min(sound.made_ms, progress.played_ms + since_ms)

    async def close(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(2):
                await asyncio.gather(*self._stopping)
