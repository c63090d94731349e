"""One owned meeting: who is there, which tracks of audio it has, and when its transcript is complete."""

import asyncio

import msgspec
import structlog

from shared.events import (
    CODEC,
    AudioEnded,
    Event,
    GapFound,
    LineHeard,
    ParticipantJoined,
    SpeakingStarted,
    SpeakingStopped,
    TranscriptCompleted,
)
from shared.meetings import write_of
from shared.sessions import OwnedMeeting
from shared.streams import COMMITTED, MIXED, SETTINGS
from shared.waiting import first_of
from transcriber.coverage import verdict_of
from transcriber.ports import SpeechEngine
from transcriber.situation import Situation
from transcriber.track import TrackEar

log = structlog.get_logger()


async def listen(meeting: OwnedMeeting, engine: SpeechEngine) -> None:
    """Until the transcript is complete. Raises FencedError when another worker owns the meeting."""
    state = await meeting.bus.state(meeting.id)
    language = msgspec.json.decode(state.get(SETTINGS, "{}")).get("language", "en")
    await MeetingEar(meeting, engine, Situation(language)).listen()


class MeetingEar:
    """Everything the transcriber does for one meeting."""

    def __init__(self, meeting: OwnedMeeting, engine: SpeechEngine, situation: Situation) -> None:
        self._meeting, self._engine, self._situation = meeting, engine, situation
        self._tracks: dict[str, TrackEar] = {}
        self._lines, self._missing_ms = 0, 0
        self._is_complete = False

    async def listen(self) -> None:
        last = b"0"
        for entry in await self._meeting.bus.timeline(self._meeting.id):
            last = entry.id
            await self._note(CODEC.decode(entry.fields))
        if self._is_complete:
            return
        async with asyncio.TaskGroup() as tasks:
            following = tasks.create_task(self._follow(last), name="timeline")
            await self._hear_tracks()
            following.cancel()
        await self._complete()

    async def _follow(self, after: bytes) -> None:
        timeline = self._meeting.timeline(after)
        try:
            async for entry in timeline:
                await self._note(CODEC.decode(entry.fields))
        finally:
            timeline.close()

    async def _note(self, fact: Event) -> None:
        self._situation.speakers.note(fact)
        match fact:
            case ParticipantJoined():
                self._situation.names[fact.participant_id] = fact.name
                await self._tell_names()
            case SpeakingStarted() | SpeakingStopped():
                if MIXED in self._tracks:
                    await self._tracks[MIXED].mark_change(fact.source_ms)
            case LineHeard():
                self._lines += 1
            case GapFound():
                self._missing_ms += fact.to_ms - fact.from_ms
            case AudioEnded():
                self._situation.end_audio(fact.heard_ms)
            case TranscriptCompleted():
                self._is_complete = True

    async def _tell_names(self) -> None:
        for track in self._tracks.values():
            await track.learn_names()

    async def _hear_tracks(self) -> None:
        """One task per track, begun when the track appears; returns when the audio has ended and all are done."""
        ended = self._situation.audio_ended
        async with asyncio.TaskGroup() as tasks:
            while True:
                is_last_look = ended.is_set()
                self._meeting.changed.clear()
                for track in await self._new_tracks():
                    self._tracks[track] = TrackEar(self._meeting, self._engine, self._situation, track)
                    tasks.create_task(self._tracks[track].hear(), name=f"track-{track}")
                if is_last_look:
                    return
                await first_of(self._meeting.changed.wait(), ended.wait())

    async def _new_tracks(self) -> list[str]:
        state = await self._meeting.bus.state(self._meeting.id)
        tracks = [field.removeprefix(COMMITTED) for field in state if field.startswith(COMMITTED)]
        return [track for track in tracks if track not in self._tracks]

    async def _complete(self) -> None:
        heard_ms = self._situation.heard_ms
        fact = TranscriptCompleted(
            id=f"{self._meeting.id}/transcript-completed",
            meeting_id=self._meeting.id,
            at=self._meeting.clock.now_ms(),
            verdict=verdict_of(heard_ms, self._missing_ms, self._lines),
            heard_ms=heard_ms,
            missing_ms=self._missing_ms,
            lines=self._lines,
        )
        await self._meeting.write(write_of(fact))
        log.info("transcript.completed", verdict=fact.verdict, heard_ms=fact.heard_ms, missing_ms=fact.missing_ms)
