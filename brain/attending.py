"""One owned meeting being followed: when somebody asks by name, the question is put like any other."""

import structlog

from brain.addressing import Addressing, Ask
from shared.bus import LOST
from shared.events import (
    CODEC,
    Asked,
    AskQuestion,
    Event,
    LineHeard,
    MeetingRequested,
    TranscriptCompleted,
    effect,
    new_trace,
)
from shared.meetings import write_of
from shared.sessions import OwnedMeeting
from shared.streams import BRAIN

TOO_LATE_MS = 15_000
"""A question noticed only so long after it was asked is not answered any more."""

log = structlog.get_logger()


async def attend(meeting: OwnedMeeting) -> None:
    """Until the transcript is complete."""
    attention = Attention(meeting)
    timeline = meeting.timeline()
    try:
        async for entry in timeline:
            fact = CODEC.decode(entry.fields)
            if isinstance(fact, TranscriptCompleted):
                return
            await attention.note(fact)
    finally:
        timeline.close()


class Attention:
    """What was asked by name. Rebuilt from the timeline; a question on it is not put again."""

    def __init__(self, meeting: OwnedMeeting) -> None:
        self._meeting = meeting
        self._addressing = Addressing()
        self._answers_by_name = True
        self._asked: set[str] = set()

    async def note(self, fact: Event) -> None:
        match fact:
            case MeetingRequested():
                self._addressing = Addressing(fact.settings.bot_name)
                self._answers_by_name = fact.settings.answer_when == "addressed"
            case Asked():
                self._asked.add(fact.question_id)
            case LineHeard() if self._answers_by_name:
                await self._consider(fact)

    async def _consider(self, fact: LineHeard) -> None:
        decision = self._addressing.consider(fact.line)
        if not isinstance(decision, Ask):
            return
        question_id = f"{fact.id}/question"
        is_late = self._meeting.clock.now_ms() - fact.at > TOO_LATE_MS
        if is_late or question_id in self._asked:
            return
        await self._put(fact, question_id, decision.question)

    async def _put(self, fact: LineHeard, question_id: str, question: str) -> None:
        """The command before the fact: after a crash between the two it is put again under the same id, and known."""
        command = AskQuestion(
            id=question_id,
            cause_id=fact.id,
            meeting_id=self._meeting.id,
            at=self._meeting.clock.now_ms(),
            trace=fact.trace or new_trace(),
            question=question,
            asked_by=fact.line.speaker,
        )
        while True:
            try:
                await self._meeting.bus.command(BRAIN, command)
                break
            except LOST:
                await self._meeting.clock.sleep(0.2)
        asked = effect(
            Asked,
            command,
            "asked",
            self._meeting.clock,
            question=question,
            asked_by=command.asked_by,
            via="voice",
            question_id=question_id,
        )
        await self._meeting.write(write_of(asked))
        log.info("question.noticed", meeting_id=self._meeting.id)
