"""What a rehearsal saw and when, and the figures that follow from it."""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from rehearsal.recordings import Segment
from rehearsal.scoring import align, word_errors, words_of
from shared.events import (
    AnyEvent,
    Asked,
    CaptionChanged,
    Line,
    LineHeard,
    QuestionAnswered,
    QuestionFailed,
    SentenceComposed,
    SpeechCut,
    SpeechFinished,
    SpeechStarted,
    TranscriptCompleted,
)
from shared.stages import Stages, stages_of
from shared.view import MeetingView

SentAt = Callable[[float], float | None]
"""When a moment of the recording was sent, Unix ms."""
EDGE_MS = 50
"""A caption that ends so shortly before a word does shows it."""


@dataclass(frozen=True)
class Seen:
    """One event as the client got it."""

    event: AnyEvent
    at_ms: float
    """Unix ms."""


@dataclass
class Witness:
    """Everything that the event stream brought."""

    seen: list[Seen] = field(default_factory=list)
    asked_at_ms: dict[str, float] = field(default_factory=dict)
    """By question: when it was posted."""

    def __post_init__(self) -> None:
        self._view = MeetingView()
        for seen in self.seen:
            self._view.apply(seen.event)

    def note(self, event: AnyEvent) -> None:
        self._view.apply(event)
        self.seen.append(Seen(event, time.time() * 1000))

    # -- what is there -------------------------------------------------------------------------------------------

    @property
    def lines(self) -> list[Line]:
        """As they stand now, with speakers that were corrected."""
        return self._view.lines

    @property
    def questions(self) -> dict[str, Asked]:
        """By question id."""
        return {seen.event.question_id: seen.event for seen in self.seen if isinstance(seen.event, Asked)}

    @property
    def answers(self) -> dict[str, QuestionAnswered | QuestionFailed]:
        return {
            seen.event.cause_id: seen.event
            for seen in self.seen
            if isinstance(seen.event, QuestionAnswered | QuestionFailed)
        }

    @property
    def completed(self) -> TranscriptCompleted | None:
        return next((seen.event for seen in self.seen if isinstance(seen.event, TranscriptCompleted)), None)

    @property
    def is_everything_said(self) -> bool:
        """Every question has its outcome, and every sentence to be spoken its own."""
        ended = {seen.event.cause_id for seen in self.seen if isinstance(seen.event, SpeechFinished | SpeechCut)}
        return self.questions.keys() <= self.answers.keys() and all(
            sentence.id in ended for sentence in self.sentences if sentence.speak
        )

    @property
    def sentences(self) -> list[SentenceComposed]:
        return [seen.event for seen in self.seen if isinstance(seen.event, SentenceComposed)]

    def was_spoken(self, question_id: str) -> bool:
        finished = {seen.event.cause_id for seen in self.seen if isinstance(seen.event, SpeechFinished)}
        mine = [sentence.id for sentence in self.sentences if sentence.cause_id == question_id]
        return bool(mine) and finished.issuperset(mine)

    def stages(self, question_id: str) -> Stages | None:
        return stages_of((seen.event for seen in self.seen), question_id)

    # -- figures -------------------------------------------------------------------------------------------------

    def duplicated_lines(self) -> int:
        ids = Counter(seen.event.line.id for seen in self.seen if isinstance(seen.event, LineHeard))
        return sum(count - 1 for count in ids.values())

    def final_ms(self, sent_at: SentAt) -> list[float]:
        """From the end of each utterance to its line on the client's stream."""
        took = []
        for seen in self.seen:
            if isinstance(seen.event, LineHeard) and (sent := sent_at(seen.event.line.end_ms)):
                took.append(seen.at_ms - sent)
        return took

    def caption_ms(self, sent_at: SentAt) -> list[float]:
        """From each word's end to the first caption or line that covers it; words spread over their line by length."""
        shown = [(seen.at_ms, *span) for seen in self.seen if (span := span_of(seen.event))]
        took = []
        for line in self.lines:
            for word_start, word_end in word_spans(line):
                covers = [at for at, start, end in shown if start <= word_start and end >= word_end - EDGE_MS]
                if covers and (sent := sent_at(word_end)):
                    took.append(max(0.0, min(covers) - sent))
        return took

    def answer_ms(self) -> list[float]:
        """From posting a question to its answer."""
        return self._since_posting(QuestionAnswered)

    def first_audio_ms(self) -> list[float]:
        """From posting a question to the first sentence handed to the outlet."""
        first: dict[str, float] = {}
        questions = {sentence.id: sentence.cause_id for sentence in self.sentences}
        for seen in self.seen:
            if isinstance(seen.event, SpeechStarted) and (question := questions.get(seen.event.cause_id)):
                first.setdefault(question, seen.at_ms)
        posted = {asked.question_id: self.asked_at_ms.get(asked.question) for asked in self.questions.values()}
        return [at_ms - begun for question, at_ms in first.items() if (begun := posted.get(question))]

    def _since_posting(self, kind: type[QuestionAnswered]) -> list[float]:
        return [
            seen.at_ms - self.asked_at_ms[seen.event.question]
            for seen in self.seen
            if isinstance(seen.event, kind) and seen.event.question in self.asked_at_ms
        ]


def span_of(event: AnyEvent) -> tuple[int, int] | None:
    match event:
        case CaptionChanged():
            return event.start_ms, event.end_ms
        case LineHeard(line=line):
            return line.start_ms, line.end_ms
    return None


def word_spans(line: Line) -> list[tuple[float, float]]:
    words = line.text.split()
    weight = sum(len(word) + 1 for word in words) or 1
    spans, at = [], float(line.start_ms)
    for word in words:
        length = (line.end_ms - line.start_ms) * (len(word) + 1) / weight
        spans.append((at, at + length))
        at += length
    return spans


def word_error_rate(lines: Sequence[Line], segments: Sequence[Segment]) -> float:
    said = [word for segment in segments for word in words_of(segment.text)]
    heard = [word for line in lines for word in words_of(line.text)]
    return sum(word_errors(said, heard)) / max(len(said), 1)


def speaker_accuracy(lines: Sequence[Line], segments: Sequence[Segment]) -> float:
    """Of the words that were heard, how many have the right name."""
    said = [(word, segment.speaker) for segment in segments for word in words_of(segment.text)]
    heard = [(word, line.speaker) for line in lines for word in words_of(line.text)]
    places = align([word for word, _ in said], [word for word, _ in heard])
    pairs = [(speaker, heard[place][1]) for (_, speaker), place in zip(said, places, strict=True) if place is not None]
    return sum(true == named for true, named in pairs) / max(len(pairs), 1)
