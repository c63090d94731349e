"""One owned meeting: who is there, which tracks of audio it has, and when its transcript is complete."""

import asyncio

import structlog

from shared.bus import Entry, Write, decoded
from shared.errors import ForgottenError
from shared.events import (
    Event,
    LineHeard,
    ParticipantJoined,
    ParticipantRenamed,
    SpeakingStarted,
    SpeakingStopped,
    TranscriptCompleted,
    VocabularyChanged,
)
from shared.meetings import write_of
from shared.sessions import OwnedMeeting
from shared.streams import COMMITTED, ENGINE, MIXED
from shared.waiting import Breath, first_of
from transcriber.coverage import verdict_of
from transcriber.ports import SpeechEngine
from transcriber.scribe import Scribe
from transcriber.situation import Situation
from transcriber.track import TrackEar

LOST_END_MS = 3_000
"""The platform's clock and ours, and the way of the last frames, differ by less."""
WIND_DOWN_S = 1.5
"""In which an engine gives its last words before another transcriber goes on."""
LOST_END = "the connection to the meeting platform was lost before the end"

log = structlog.get_logger()


async def listen(meeting: OwnedMeeting, engine: SpeechEngine) -> None:
    """Until the transcript is complete. Raises FencedError when another worker owns the meeting, ForgottenError when
    Redis has forgotten something of it: it is to be heard anew from there."""
    meeting.wind_down_s = WIND_DOWN_S
    situation = Situation(await meeting.bus.state(meeting.id))
    await MeetingEar(meeting, engine, situation).listen()


class MeetingEar:
    """Everything the transcriber does for one meeting."""

    def __init__(self, meeting: OwnedMeeting, engine: SpeechEngine, situation: Situation) -> None:
        self._meeting, self._engine, self._situation = meeting, engine, situation
        self._tracks: dict[str, TrackEar] = {}
        self._last = b"0"
        """The last fact that was noted."""
        self._lines = 0
        self._is_complete = False

    async def listen(self) -> None:
        await self._catch_up()
        if self._is_complete:
            return
        await self._meeting.write(Write(state={ENGINE: self._engine.name}))
        async with asyncio.TaskGroup() as tasks:
            following = tasks.create_task(self._follow(), name="timeline")
            await self._hear_tracks()
            following.cancel()
        if self._meeting.leaving.is_set():
            return
        await self._catch_up()
        await self._check_commits()
        await self._complete()

    async def _catch_up(self) -> None:
        breath = Breath()
        for entry in await self._meeting.bus.timeline(self._meeting.id, self._last):
            await self._read(entry)
            await breath.take()

    async def _follow(self) -> None:
        timeline = self._meeting.timeline(self._last)
        try:
            async for entry in timeline:
                await self._read(entry)
        finally:
            timeline.close()

    async def _read(self, entry: Entry) -> None:
        self._last = entry.id
        if fact := decoded(entry):
            await self._note(fact)

    async def _note(self, fact: Event) -> None:
        self._situation.note(fact)
        match fact:
            case ParticipantJoined() | ParticipantRenamed() | VocabularyChanged():
                for track in list(self._tracks.values()):  # others may begin meanwhile
                    await track.learn_vocabulary()
            case SpeakingStarted() | SpeakingStopped():
                if MIXED in self._tracks:
                    await self._tracks[MIXED].mark_change(fact.source_ms)
            case LineHeard():
                self._lines += 1
            case TranscriptCompleted():
                self._is_complete = True

    async def _hear_tracks(self) -> None:
        """One task per track, begun when the track appears; returns when the audio has ended and all are done.

        Also when another worker takes over: then what is heard so far is final and committed.
        """
        ended, leaving = self._situation.audio_ended, self._meeting.leaving
        async with asyncio.TaskGroup() as tasks:
            while True:
                self._meeting.beat()
                is_last_look = ended.is_set() or leaving.is_set()
                self._meeting.changed.clear()
                for track in await self._new_tracks():
                    self._tracks[track] = TrackEar(self._meeting, self._engine, self._situation, track)
                    tasks.create_task(self._tracks[track].hear(), name=f"track-{track}")
                if is_last_look:
                    self._meeting.health.rest(self._meeting.pulse)
                    return
                await self._news(ended, leaving)

    async def _news(self, ended: asyncio.Event, leaving: asyncio.Event) -> None:
        """Returns when there may be a new track, or no more will come."""
        changed = self._meeting.changed
        while not (changed.is_set() or ended.is_set() or leaving.is_set()):
            self._meeting.beat()
            await first_of(changed.wait(), ended.wait(), leaving.wait(), self._meeting.beat_due())

    async def _new_tracks(self) -> list[str]:
        state = await self._meeting.bus.state(self._meeting.id)
        tracks = [field.removeprefix(COMMITTED) for field in state if field.startswith(COMMITTED)]
        return [track for track in tracks if track not in self._tracks]

    async def _check_commits(self) -> None:
        """Raises ForgottenError where Redis knows of less than was committed: no later commit would show it."""
        state = await self._meeting.bus.state(self._meeting.id)
        if any(int(state.get(COMMITTED + name, -1)) < track.committed_ms for name, track in self._tracks.items()):
            raise ForgottenError(self._meeting.id)

    async def _complete(self) -> None:
        """An end of the recording that never came here is missing too."""
        situation = self._situation
        scribe = Scribe(self._meeting, situation, MIXED)
        await scribe.correct()
        is_lost = situation.expected_ms - situation.heard_ms > LOST_END_MS
        if is_lost and not situation.off_record.is_set():
            await scribe.tell_gap(situation.heard_ms, situation.expected_ms, LOST_END)
            situation.missing_ms[MIXED] += situation.expected_ms - situation.heard_ms
        missing_ms = sum(situation.missing_ms.values())
        fact = TranscriptCompleted(
            id=f"{self._meeting.id}/transcript-completed",
            meeting_id=self._meeting.id,
            at=self._meeting.clock.now_ms(),
            verdict=verdict_of(
                situation.heard_ms, missing_ms, self._lines, had_sound=situation.had_sound_without_words
            ),
            heard_ms=situation.heard_ms,
            missing_ms=missing_ms,
            lines=self._lines,
        )
        await self._meeting.write(write_of(fact))
        log.info("transcript.completed", verdict=fact.verdict, heard_ms=fact.heard_ms, missing_ms=fact.missing_ms)
