"""One answer in the making: from the model's pieces to sentences on the timeline, whatever the model does meanwhile."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass

import structlog

from brain import metrics
from brain.composing import Composer
from brain.ports import Answerer, AnswerRequest, Done
from brain.prompting import INSTRUCTIONS
from brain.retrying import pause_s
from brain.safety.injections import is_for_model
from brain.safety.outgoing import Outgoing
from shared.clock import Clock
from shared.errors import AnswerError, Category
from shared.events import AskQuestion, Cite, QuestionAnswered, QuestionFailed, SentenceComposed, Usage, effect
from shared.meetings import INSIDE
from shared.view import MeetingView

MOST_ALOUD = 600
"""Characters; what comes after them is read, not heard."""
NOT_FOR_ME = "I only answer questions about this meeting."
DASHES = "-–—*_ "
LEAST_S = 5.0
"""Of work on a question, however long it waited for its turn."""

log = structlog.get_logger()


@dataclass(frozen=True)
class Deadline:
    """Counts from when the question was asked: what waits behind a slow answer is not late twice."""

    clock: Clock
    limit_s: float
    at_ms: int
    """Unix ms."""

    @classmethod
    def of(cls, command: AskQuestion, clock: Clock, limit_s: float) -> "Deadline":
        waited_s = max(0.0, (clock.now_ms() - command.at) / 1000)
        left_s = max(limit_s - waited_s, min(LEAST_S, limit_s))
        return cls(clock, limit_s, clock.now_ms() + round(left_s * 1000))

    @property
    def left_s(self) -> float:
        return (self.at_ms - self.clock.now_ms()) / 1000

    def timeout(self) -> asyncio.Timeout:
        return asyncio.timeout(self.left_s)


class Answer:
    """One answer in the making; sentences that were published before a crash are kept and gone on from."""

    def __init__(self, command: AskQuestion, view: MeetingView, answerer: Answerer, deadline: Deadline) -> None:
        self._command, self._view, self._answerer = command, view, answerer
        self.deadline, self._clock = deadline, deadline.clock
        published = view.exchange(command.id).sentences
        self._sentences: list[SentenceComposed] = [published[n] for n in sorted(published)]
        self._composer = Composer(view.lines)
        self._usage = Usage()
        self._started_at = self._clock.now_ms()
        self._first_token_at = 0
        self._text_at = 0
        """When the last piece of text came."""
        self._speak = command.speak and can_speak(view)
        self._is_aloud = True
        """Until the short answer is over."""
        self._outgoing = Outgoing(INSTRUCTIONS)

    async def compose(self) -> AsyncGenerator[SentenceComposed, None]:
        """Each sentence the moment it is complete. Raises AnswerError.

        What broke off is gone on from after its last whole sentence.
        """
        if is_for_model(self._command.question):
            yield self._add(NOT_FOR_ME, [])
            return
        tries = 0
        while True:
            tries += 1
            try:
                async with aclosing(self._try()) as sentences:
                    async for sentence in sentences:
                        yield sentence
                return
            except AnswerError as error:
                pause = pause_s(error, tries, self.deadline.left_s)
                if pause is None:
                    raise
                log.info("answer.tried_again", category=error.category, tries=tries)
            await asyncio.sleep(pause)

    async def _try(self) -> AsyncGenerator[SentenceComposed, None]:
        self._composer = Composer(self._view.lines)
        async with aclosing(self._answerer.answer(self._request())) as parts:
            async for part in parts:
                if isinstance(part, Done):
                    self._usage = part.usage
                    continue
                self._note_text()
                for sentence in self._composed(self._composer.push(part.text)):
                    yield sentence
        for sentence in self._composed(self._composer.finish()):
            yield sentence
        if self._outgoing.has_withheld and not self._sentences:
            yield self._add(NOT_FOR_ME, [])
        if not self._sentences:
            raise AnswerError("The model gave an empty answer; ask again.", category=Category.UNAVAILABLE)

    def _note_text(self) -> None:
        self._text_at = self._clock.now_ms()
        if not self._first_token_at:
            self._first_token_at = self._text_at
            metrics.first_token.observe((self._text_at - self._started_at) / 1000)

    def answered(self) -> QuestionAnswered:
        metrics.questions.labels("answered").inc()
        return effect(
            QuestionAnswered,
            self._command,
            "answered",
            self._clock,
            question=self._command.question,
            asked_by=self._command.asked_by,
            answer=" ".join(sentence.text for sentence in self._sentences),
            cites=self._cites(),
            spoken=self._speak,
            usage=self._usage,
            model_ms=max(0, self._first_token_at - self._started_at),
        )

    def failed(self, error: AnswerError | TimeoutError) -> QuestionFailed:
        if isinstance(error, TimeoutError):
            reason = f"No answer came within {self.deadline.limit_s:g} s; ask again."
            error = AnswerError(reason, category=Category.TIMEOUT)
        return failed(self._command, error, self._clock)

    def _request(self) -> AnswerRequest:
        return AnswerRequest(
            meeting_id=self._command.meeting_id,
            question=self._command.question,
            asked_by=self._command.asked_by,
            lines=list(self._view.lines),
            chapters=list(self._view.chapters),
            participants=list(self._view.participants_ever.values()),
            assistant_name=self._view.settings.bot_name,
            said=[sentence.text for sentence in self._sentences],
        )

    def _composed(self, texts: Sequence[str]) -> list[SentenceComposed]:
        fresh: list[SentenceComposed] = []
        known_texts = {sentence.text for sentence in self._sentences}
        for text in texts:
            if not text.strip(DASHES):
                self._is_aloud = False
                continue
            clean = self._outgoing.clean(text)
            if not clean or clean in known_texts:
                continue  # some models begin again, where they were told to go on
            known = {cite.line_id for cite in self._cites()}
            fresh.append(self._add(clean, [cite for cite in self._composer.cites if cite.line_id not in known]))
        return fresh

    def _add(self, text: str, cites: list[Cite]) -> SentenceComposed:
        sentence = self._sentence(text, cites)
        self._sentences.append(sentence)
        self._is_aloud = self._is_aloud and sum(len(one.text) for one in self._sentences) <= MOST_ALOUD
        return sentence

    def _sentence(self, text: str, cites: list[Cite]) -> SentenceComposed:
        n = len(self._sentences)
        fields: dict[str, object] = {"n": n, "text": text, "speak": self._speak and self._is_aloud, "cites": cites}
        if n == 0:
            fields |= {"model_asked_at": self._started_at, "first_token_at": self._first_token_at}
            fields["text_at"] = self._text_at
        return effect(SentenceComposed, self._command, n, self._clock, **fields)

    def _cites(self) -> list[Cite]:
        return [cite for sentence in self._sentences for cite in sentence.cites]


def failed(command: AskQuestion, error: AnswerError, clock: Clock) -> QuestionFailed:
    metrics.questions.labels(error.category).inc()
    log.warning("question.failed", category=error.category)
    told = {"question": command.question, "reason": error.reason, "category": error.category}
    return effect(QuestionFailed, command, "failed", clock, **told)


def can_speak(view: MeetingView) -> bool:
    return view.settings.speak and view.settings.answer_when != "never" and view.status in INSIDE
