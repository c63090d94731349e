"""What the brain does with each command. A handler may run twice; what is on the timeline already is not repeated."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field

import structlog
from msgspec import structs

from brain.composing import Composer
from brain.memory import Memory
from brain.ports import Answerer, AnswerRequest, Briefer, BriefRequest, Done
from brain.sentences import split
from shared.bus import Bus
from shared.clock import Clock
from shared.commands import Handler
from shared.errors import AnswerError, Category
from shared.events import (
    AskQuestion,
    BriefFailed,
    BriefWritten,
    Cite,
    Event,
    QuestionAnswered,
    QuestionFailed,
    SayText,
    SentenceComposed,
    Usage,
    WriteBrief,
    effect,
)
from shared.meetings import INSIDE
from shared.view import MeetingView

log = structlog.get_logger()


@dataclass(frozen=True)
class Brain:
    """What the handlers need."""

    bus: Bus
    memory: Memory
    answerer: Answerer
    briefer: Briefer
    clock: Clock
    answer_limit_s: float = 20.0
    brief_limit_s: float = 60.0
    replaced: set[str] = field(default_factory=set)
    """Questions that were asked again with more words."""


async def on_ask_question(command: AskQuestion, brain: Brain) -> AsyncIterator[Event]:
    view = await brain.memory.view(command.meeting_id)
    if not view.exchange(command.id).is_pending:
        return
    answer = Answer(command, view, brain)
    try:
        async with asyncio.timeout(brain.answer_limit_s), aclosing(answer.compose()) as sentences:
            async for sentence in sentences:
                if command.id in brain.replaced:
                    reason = "It was asked again with more words: see the answer to that."
                    raise AnswerError(reason, category=Category.INVALID)
                yield sentence
    except (AnswerError, TimeoutError) as error:
        yield answer.failed(error)
        return
    yield answer.answered()


class Answer:
    """One answer in the making; sentences that were published before a crash are kept and gone on from."""

    def __init__(self, command: AskQuestion, view: MeetingView, brain: Brain) -> None:
        self._command, self._view, self._brain = command, view, brain
        published = view.exchange(command.id).sentences
        self._sentences: list[SentenceComposed] = [published[n] for n in sorted(published)]
        self._composer = Composer(view.lines)
        self._usage = Usage()
        self._started_at = brain.clock.now_ms()
        self._first_token_at = 0
        self._text_at = 0
        """When the last piece of text came."""
        self._speak = command.speak and can_speak(view)

    async def compose(self) -> AsyncGenerator[SentenceComposed, None]:
        """Each sentence the moment it is complete. Raises AnswerError."""
        async with aclosing(self._brain.answerer.answer(self._request())) as parts:
            async for part in parts:
                if isinstance(part, Done):
                    self._usage = part.usage
                    continue
                self._text_at = self._brain.clock.now_ms()
                self._first_token_at = self._first_token_at or self._text_at
                for sentence in self._composed(self._composer.push(part.text)):
                    yield sentence
        for sentence in self._composed(self._composer.finish()):
            yield sentence
        if not self._sentences:
            raise AnswerError("The model gave an empty answer; ask again.", category=Category.UNAVAILABLE)

    def answered(self) -> QuestionAnswered:
        return effect(
            QuestionAnswered,
            self._command,
            "answered",
            self._brain.clock,
            question=self._command.question,
            asked_by=self._command.asked_by,
            answer=" ".join(sentence.text for sentence in self._sentences),
            cites=self._cites(),
            spoken=self._speak,
            usage=self._usage,
            model_ms=max(0, self._first_token_at - self._started_at),
        )

    def failed(self, error: AnswerError | TimeoutError) -> QuestionFailed:
        if isinstance(error, AnswerError):
            reason, category = error.reason, error.category
        else:
            reason, category = f"No answer came within {self._brain.answer_limit_s:g} s; ask again.", Category.TIMEOUT
        log.warning("question.failed", category=category)
        return effect(
            QuestionFailed,
            self._command,
            "failed",
            self._brain.clock,
            question=self._command.question,
            reason=reason,
            category=category,
        )

    def _request(self) -> AnswerRequest:
        return AnswerRequest(
            meeting_id=self._command.meeting_id,
            question=self._command.question,
            asked_by=self._command.asked_by,
            lines=list(self._view.lines),
            participants=list(self._view.participants_ever.values()),
            assistant_name=self._view.settings.bot_name,
            said=[sentence.text for sentence in self._sentences],
        )

    def _composed(self, texts: Sequence[str]) -> list[SentenceComposed]:
        fresh = []
        for text in texts:
            known = {cite.line_id for cite in self._cites()}
            cites = [cite for cite in self._composer.cites if cite.line_id not in known]
            sentence = self._sentence(text, cites)
            self._sentences.append(sentence)
            fresh.append(sentence)
        return fresh

    def _sentence(self, text: str, cites: list[Cite]) -> SentenceComposed:
        n = len(self._sentences)
        times = {"model_asked_at": self._started_at, "text_at": self._text_at} if n == 0 else {}
        fields = {"n": n, "text": text, "speak": self._speak, "cites": cites, **times}
        return effect(SentenceComposed, self._command, n, self._brain.clock, **fields)

    def _cites(self) -> list[Cite]:
        return [cite for sentence in self._sentences for cite in sentence.cites]


def can_speak(view: MeetingView) -> bool:
    return view.settings.speak and view.settings.answer_when != "never" and view.status in INSIDE


async def on_say_text(command: SayText, brain: Brain) -> AsyncIterator[Event]:
    texts = split(command.text)
    for n, text in enumerate(texts):
        is_last = n == len(texts) - 1
        yield effect(SentenceComposed, command, n, brain.clock, n=n, text=text, speak=True, is_last=is_last)


async def on_write_brief(command: WriteBrief, brain: Brain) -> AsyncIterator[Event]:
    view = await brain.memory.view(command.meeting_id)
    request = BriefRequest(
        meeting_id=command.meeting_id,
        lines=[line for line in view.lines if line.end_ms > command.since_ms],
        participants=list(view.participants_ever.values()),
        since_ms=command.since_ms,
        assistant_name=view.settings.bot_name,
        language=view.settings.language,
    )
    try:
        async with asyncio.timeout(brain.brief_limit_s):
            brief, usage = await brain.briefer.brief(request)
    except AnswerError as error:
        yield effect(BriefFailed, command, "failed", brain.clock, reason=error.reason, category=error.category)
    except TimeoutError:
        reason = f"No briefing came within {brain.brief_limit_s:g} s; ask again."
        yield effect(BriefFailed, command, "failed", brain.clock, reason=reason, category=Category.TIMEOUT)
    else:
        brief = structs.replace(brief, upto_line_id=last_line_id(view), since_ms=command.since_ms)
        yield effect(BriefWritten, command, "written", brain.clock, brief=brief, usage=usage)


def last_line_id(view: MeetingView) -> str:
    """The latest line on the timeline: while it is the latest, the briefing is up to date."""
    return view.last_line.line.id if view.last_line else ""


HANDLERS: dict[type[Event], Handler] = {
    AskQuestion: on_ask_question,
    SayText: on_say_text,
    WriteBrief: on_write_brief,
}
