"""A track while the meeting is off the record: its sound is dropped as it comes, and the transcript says where."""

from typing import Any, cast

import redis.exceptions

from shared.bus import Guard, Write
from shared.events import GapFound
from shared.meetings import OFF_THE_RECORD
from shared.sessions import OwnedMeeting
from shared.streams import CHUNK_MS, COMMITTED, OFF_FROM, RECEIVED, audio_id, before_audio, source_ms_of
from shared.waiting import first_of
from transcriber.scribe import Scribe
from transcriber.situation import Situation

LOOK_S = 0.5


class OffRecord:
    """Whoever continues goes on from what the state says: since when it is off the record."""

    def __init__(self, meeting: OwnedMeeting, situation: Situation, track: str, scribe: Scribe) -> None:
        self._meeting, self._situation, self._track, self._scribe = meeting, situation, track, scribe

    async def is_unfinished(self) -> bool:
        """It is off the record, or was and nobody has told the gap yet."""
        return self._situation.off_record.is_set() or bool(await self._begun())

    async def sit_out(self) -> None:
        """Until it is on the record again, the audio ends or another worker goes on."""
        situation, leaving = self._situation, self._meeting.leaving
        from_ms = int(await self._begun() or self._begins_ms())
        while situation.off_record.is_set() and not situation.audio_ended.is_set() and not leaving.is_set():
            await self._drop(from_ms, await self._reached())
            waits = (situation.on_record.wait(), situation.audio_ended.wait(), leaving.wait())
            await first_of(*waits, self._meeting.clock.sleep(LOOK_S))
        if leaving.is_set():
            return
        await self._drop(from_ms, await self._reached())
        await self._tell(from_ms, await self._first_again())

    def _begins_ms(self) -> int:
        """What was heard but said after the wish is not kept either."""
        committed_ms, from_ms = max(0, self._scribe.committed_ms), self._situation.off_from_ms
        return min(committed_ms, from_ms) if from_ms else committed_ms

    async def _begun(self) -> str:
        found: bytes | None = await cast(
            "Any", self._meeting.bus.redis.hget(self._meeting.keys.state, OFF_FROM + self._track)
        )
        return found.decode() if found else ""

    async def _reached(self) -> int:
        """The end of the sound that came, in source time."""
        keys, redis_ = self._meeting.keys, self._meeting.bus.redis
        received = int(await cast("Any", redis_.hget(keys.state, RECEIVED + self._track)) or 0)
        try:
            last: bytes = (await redis_.xinfo_stream(keys.audio(self._track)))["last-generated-id"]
        except redis.exceptions.ResponseError:
            return received
        return max(received, source_ms_of(last) + CHUNK_MS if last != b"0-0" else 0)

    async def _drop(self, from_ms: int, until_ms: int) -> None:
        """All of it: nothing that was said off the record may be heard again."""
        scribe, state = self._scribe, {OFF_FROM + self._track: str(from_ms)}
        trim = (self._track, audio_id(max(until_ms, from_ms)))
        if until_ms <= scribe.committed_ms:
            await self._meeting.write(Write(state=state, trim=trim))
            return
        guard = Guard(COMMITTED + self._track, until_ms, expected=scribe.committed_ms)
        await self._meeting.write(Write(state=state, guard=guard, trim=trim))
        scribe.skip(until_ms)

    async def _first_again(self) -> int:
        """Where the sound goes on; where it ended when it does not."""
        situation, after_ms = self._situation, max(0, self._scribe.committed_ms)
        audio = self._meeting.tail.follow(self._meeting.keys.audio(self._track), before_audio(after_ms))
        try:
            await first_of(audio.wait(), situation.audio_ended.wait(), self._meeting.leaving.wait())
            if batch := audio.batch():
                return source_ms_of(batch[0].id)
        finally:
            audio.close()
        return max(after_ms, situation.expected_ms, situation.heard_ms)

    async def _tell(self, from_ms: int, to_ms: int) -> None:
        """The gap and that it is told: both or neither."""
        if self._meeting.leaving.is_set():
            return
        gap = GapFound(
            id=f"{self._meeting.id}/gap/{self._track}/{from_ms}",
            meeting_id=self._meeting.id,
            at=self._meeting.clock.now_ms(),
            track=self._track,
            from_ms=from_ms,
            to_ms=to_ms,
            cause=OFF_THE_RECORD,
        )
        facts = (gap,) if to_ms > from_ms else ()
        await self._meeting.write(Write(facts=facts, state={OFF_FROM + self._track: ""}))
        if to_ms > self._scribe.committed_ms:
            await self._scribe.settle(to_ms)
        self._scribe.skip(to_ms)
