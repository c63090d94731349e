"""One track's chunks as they come: up to the last, or until it is off the record or another worker goes on."""

import asyncio
import contextlib
from collections.abc import Iterator

from shared.bus import entries_of
from shared.connections import LOST
from shared.sessions import OwnedMeeting
from shared.streams import before_audio, source_ms_of
from shared.tail import Follower
from shared.waiting import first_of, is_wanted
from transcriber.coverage import Coverage
from transcriber.situation import Situation

LAST_CHUNK_S = 1.0


class TrackAudio:
    """What has come of it, and whether that is all."""

    def __init__(self, meeting: OwnedMeeting, situation: Situation, track: str) -> None:
        self._meeting, self._situation, self._key = meeting, situation, meeting.keys.audio(track)
        self.coverage = Coverage(None)
        self.is_over = False
        """The last chunk was taken: no other will come. Not so when it was only broken off."""

    def begin(self, start_ms: int | None) -> None:
        """Anew. None: the first chunk, whenever it comes, is the beginning."""
        self.coverage, self.is_over = Coverage(start_ms), False

    @contextlib.contextmanager
    def following(self, start_ms: int) -> Iterator[Follower]:
        """The track's chunks from there on."""
        follower = self._meeting.tail.follow(self._key, before_audio(start_ms))
        waking = asyncio.create_task(self._wake_at_the_end(follower), name="wake")
        try:
            yield follower
        finally:
            waking.cancel()
            follower.close()

    async def comes_more(self, follower: Follower) -> bool:
        """Waits for audio."""
        ended = self._situation.audio_ended
        if not (ended.is_set() or self._is_cut_short):
            await follower.wait()
        if self._is_cut_short:
            return False
        if not ended.is_set():
            return True
        self.is_over = self.coverage.heard_ms >= self._situation.heard_ms or not await self._comes_late(follower)
        return not (self.is_over or self._is_cut_short)

    @property
    def _is_cut_short(self) -> bool:
        return self._meeting.leaving.is_set() or self._situation.off_record.is_set()

    async def _comes_late(self, follower: Follower) -> bool:
        """After the end, chunks may still be on their way, for however long; or the track ends before others."""
        while is_wanted() and not self._is_cut_short:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LAST_CHUNK_S):
                    await follower.wait()
                return True
            if not await self._has_more():
                return False
        return True

    async def _has_more(self) -> bool:
        """Redis has; or may have, as long as it does not answer."""
        try:
            last = entries_of(await self._meeting.bus.redis.xrevrange(self._key, count=1))
        except LOST:
            return True
        return bool(last) and source_ms_of(last[0].id) >= self.coverage.heard_ms

    async def _wake_at_the_end(self, follower: Follower) -> None:
        """One task for the whole stream, so that a chunk needs none."""
        ended, leaving, off_record = self._situation.audio_ended, self._meeting.leaving, self._situation.off_record
        await first_of(ended.wait(), leaving.wait(), off_record.wait())
        follower.interrupt()
        await first_of(leaving.wait(), off_record.wait())
        follower.interrupt()
