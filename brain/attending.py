"""One owned meeting being followed: when somebody asks by name or in the chat, the question is put like any other."""

import asyncio
from collections.abc import Awaitable, Iterable
from dataclasses import dataclass

import structlog

from brain.addressed.addressing import Addressing, Amend, Ask, WaitForMore
from brain.handlers import Brain
from brain.noting import Notes
from brain.progress import Progress
from brain.safety.injections import is_for_model
from brain.wishes import Wishes
from shared.audit import AuditLog
from shared.bus import Entry, Write, decoded
from shared.connections import LOST
from shared.events import (
    Asked,
    AskQuestion,
    CaptionChanged,
    ChatReceived,
    Event,
    LineHeard,
    MeetingRequested,
    ParticipantJoined,
    ParticipantRenamed,
    QuestionAnswered,
    SentenceComposed,
    SpeechCut,
    SpeechFinished,
    TranscriptCompleted,
    WriteBrief,
    effect,
)
from shared.meetings import write_of
from shared.sessions import OwnedMeeting
from shared.streams import ATTENDED, BRAIN, MODEL
from shared.tracing import TRACING, new_trace
from shared.waiting import Breath, rest, rung, until

TOO_LATE_MS = 15_000
"""A question noticed only so long after it was asked is not answered any more."""
LAPSES_MS = 1_500
"""A line becomes final so long after its words, at the most, where somebody is still expected to go on."""
WARM_MS = 20_000
"""What was warmed up stays warm for so long."""

log = structlog.get_logger()


async def attend(meeting: OwnedMeeting, brain: Brain) -> None:
    """Until the transcript is complete."""
    state = await meeting.bus.state(meeting.id)
    progress = Progress(meeting, state.get(ATTENDED, ""))
    attention = Attention(meeting, brain, progress)
    past = await meeting.bus.timeline(meeting.id)
    attention.remember(past)
    breath = Breath()
    for entry in past:
        await attention.read(entry)
        await breath.take()
    bell = asyncio.Event()
    followers = (meeting.timeline(past[-1].id if past else b"0", bell), meeting.captions(bell))
    try:
        await meeting.write(Write(state={MODEL: brain.answerer.name}))
        while not attention.is_over:
            meeting.beat()
            await rung(bell, *attention.alarm(), meeting.beat_due())
            bell.clear()
            for follower in followers:
                for entry in follower.batch():
                    await attention.read(entry)
                    await breath.take()
            await attention.lapse()
            await progress.keep()
    finally:
        for follower in followers:
            follower.close()
        await attention.close()


@dataclass(frozen=True)
class Half:
    """Somebody called, and what follows is awaited."""

    cause: LineHeard
    until_ms: int
    """Unix ms."""


class Attention:
    """What was asked in the meeting. Rebuilt from the timeline; a question on it is not put again."""

    def __init__(self, meeting: OwnedMeeting, brain: Brain, progress: Progress) -> None:
        self._meeting, self._brain, self._progress = meeting, brain, progress
        self._addressing = Addressing()
        self._answers_by_name = True
        self._asked: dict[str, Asked] = {}
        """By question id."""
        self._answering: dict[str, str] = {}
        """Who asked, by sentence id."""
        self._halves: dict[str, Half] = {}
        """By speaker."""
        self._last_question: dict[str, str] = {}
        """The id of the last one, by speaker."""
        self._origin_ms = 0
        """Unix ms of source time 0, as the last line has it."""
        self._warm_until_ms = 0
        self._warming: asyncio.Task[None] | None = None
        self._notes = Notes(meeting, brain)
        self._wishes = Wishes(meeting, AuditLog(brain.bus, meeting.clock, brain.audit_days))
        self.is_over = False

    async def close(self) -> None:
        await self._notes.close()
        await self._wishes.close()

    def remember(self, past: Iterable[Entry]) -> None:
        """What was put before is known before what it was put for is considered."""
        facts = [fact for fact in map(decoded, past) if fact]
        self._asked.update({fact.question_id: fact for fact in facts if isinstance(fact, Asked)})
        for fact in facts:
            self._wishes.remember(fact)

    async def read(self, entry: Entry) -> None:
        fact, is_past = decoded(entry), self._progress.is_past(entry)
        if fact and not await self._wishes.note(fact, is_past=is_past):
            await self.note(fact, is_past=is_past)
        if not isinstance(fact, CaptionChanged):
            self._progress.reach(entry)

    async def note(self, fact: Event, *, is_past: bool) -> None:
        match fact:
            case MeetingRequested():
                self._addressing = Addressing(fact.settings.bot_name)
                self._answers_by_name = fact.settings.answer_when == "addressed"
            case ParticipantJoined() | ParticipantRenamed():
                self._addressing.meet(fact.name)
            case LineHeard():
                self._notes.hear(fact)
                self._origin_ms = fact.at - fact.final_after_ms - fact.line.end_ms
                if self._answers_by_name and not is_past:
                    await self._consider(fact)
            case ChatReceived() if self._answers_by_name and not is_past:
                await self._consider_chat(fact)
            case CaptionChanged() if self._answers_by_name:
                self._prepare(fact)
            case TranscriptCompleted():
                self.is_over = True
                await self._send(WriteBrief(id=f"{fact.id}/brief", meeting_id=fact.meeting_id, at=fact.at))
            case _:
                self._note_answer(fact)

    def _note_answer(self, fact: Event) -> None:
        """Whoever was answered may go on without the name."""
        match fact:
            case Asked():
                self._asked[fact.question_id] = fact
            case SentenceComposed() if asked := self._asked.get(fact.cause_id):
                self._answering[fact.id] = asked.asked_by
            case QuestionAnswered():
                self._addressing.answered(fact.asked_by, fact.at - self._origin_ms)
            case SpeechFinished() | SpeechCut() if who := self._answering.pop(fact.cause_id, ""):
                self._addressing.answered(who, fact.at - self._origin_ms)

    # -- questions -----------------------------------------------------------------------------------------------

    async def _consider(self, fact: LineHeard) -> None:
        speaker = fact.line.speaker
        if self._brain.briefer.takes_notes:
            is_for_model(fact.line.text)  # remembered for the prompt
        self._halves.pop(speaker, None)
        match self._addressing.consider(fact.line):
            case Ask(question):
                await self._put(fact, speaker, question, via="voice")
            case Amend(question):
                await self._put(fact, speaker, question, via="voice", replaces=self._last_question.get(speaker, ""))
            case WaitForMore(until_ms):
                self._halves[speaker] = Half(fact, self._origin_ms + until_ms + LAPSES_MS)

    async def _consider_chat(self, fact: ChatReceived) -> None:
        decision = self._addressing.chat(fact.name, fact.text, fact.to)
        if isinstance(decision, Ask):
            await self._put(fact, fact.name, decision.question, via="chat")

    def alarm(self) -> list[Awaitable[None]]:
        """Returns when somebody who was expected to go on has not."""
        halves = [half.until_ms for half in self._halves.values()]
        return [until(self._meeting.clock, min(halves))] if halves else []

    async def lapse(self) -> None:
        now_ms = self._meeting.clock.now_ms()
        for speaker, half in list(self._halves.items()):
            if half.until_ms > now_ms:
                continue
            del self._halves[speaker]
            decision = self._addressing.lapsed(speaker)
            if isinstance(decision, Ask):
                await self._put(half.cause, speaker, decision.question, via="voice")

    async def _put(self, cause: Event, asked_by: str, question: str, *, via: str, replaces: str = "") -> None:
        """The command before the fact: after a crash between the two it is put again under the same id, and known."""
        question_id = f"{cause.id}/question"
        self._last_question[asked_by] = question_id
        self._brain.replaced.add(replaces)
        is_late = self._meeting.clock.now_ms() - cause.at > TOO_LATE_MS
        if is_late or question_id in self._asked:
            return
        with TRACING.span("question.notice", cause.trace, meeting_id=self._meeting.id) as trace:
            command = AskQuestion(
                id=question_id,
                cause_id=cause.id,
                meeting_id=self._meeting.id,
                at=self._meeting.clock.now_ms(),
                trace=trace or new_trace(),
                question=question,
                asked_by=asked_by,
            )
            asked = effect(Asked, command, "asked", self._meeting.clock, **asked_fields(command, via, replaces))
            await self._send(command)
            await self._meeting.write(write_of(asked))
            log.info("question.noticed", meeting_id=self._meeting.id, via=via)

    async def _send(self, command: AskQuestion | WriteBrief) -> None:
        while True:
            try:
                await self._meeting.bus.command(BRAIN, command)
                return
            except LOST:
                await rest(self._meeting.clock, 0.2)

    # -- before a question is whole --------------------------------------------------------------------------------

    def _prepare(self, caption: CaptionChanged) -> None:
        """While somebody is still speaking the way to the model is opened."""
        now_ms = self._meeting.clock.now_ms()
        if now_ms < self._warm_until_ms:
            return
        if self._addressing.may_concern(caption.text, caption.speaker, caption.start_ms):
            self._warm_until_ms = now_ms + WARM_MS
            self._warming = asyncio.create_task(self._brain.answerer.warm_up(), name="warm-up")


def asked_fields(command: AskQuestion, via: str, replaces: str) -> dict[str, object]:
    return {
        "question": command.question,
        "asked_by": command.asked_by,
        "via": via,
        "question_id": command.id,
        "replaces": replaces,
    }
