"""Answers that are quotations: the passage that fits best, cut to what matters, with who said it and when."""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from brain.addressed.addressing import Addressing, Ignore
from brain.rules.expecting import kind_wanted
from brain.rules.retrieval import Candidate, search
from brain.rules.turns import Sentence, text_of, turns_of
from brain.rules.words import words_of
from shared.events import Line

NOT_SAID = "That was not said in this meeting, as far as I heard."
NOTHING_YET = "Nothing has been said in this meeting yet."
CANDIDATES = 10
CUT = -4.0
"""A passage with a lower score does not answer the question."""
WRONG_KIND = 4.0
"""What a passage loses that lacks the time or number that was asked for."""
LONGEST_QUOTE = 30
"""Words; more of a turn is cut to the sentences that fit best."""
REPLY_WORDS = "yes yeah yep no nope not sure exactly right agreed fine"
LEANING = frozenset(REPLY_WORDS.split())
"""A reply that begins so says little without what it replies to."""
SHORT_REPLY = 5

Score = Callable[[str, Sequence[str]], list[float]]
"""How well each passage answers the question; about 0 and above does, below CUT does not."""


@dataclass(frozen=True)
class Question:
    """What is asked, of which meeting."""

    text: str
    lines: Sequence[Line]
    assistant_name: str


def answer(question: Question, score: Score) -> str:
    """One or two sentences with citations inline."""
    turns = turns_of(question.lines, for_assistant(question))
    if not turns:
        return NOTHING_YET
    found = best(question.text, search(question.text, turns, CANDIDATES), score)
    if not found:
        return NOT_SAID
    return quotation(found, excerpt(question.text, found, score), question.lines)


def for_assistant(question: Question) -> set[int]:
    """Lines that put questions to the assistant, and its own: they answer nothing."""
    addressing = Addressing(question.assistant_name)
    asked = words_of(question.text)
    return {
        number
        for number, line in enumerate(question.lines)
        if line.speaker == question.assistant_name
        or not isinstance(addressing.consider(line), Ignore)
        or words_of(line.text) == asked
    }


def best(question: str, candidates: Sequence[Candidate], score: Score) -> Candidate | None:
    scores = fitting(question, [candidate.passage() for candidate in candidates], score)
    ranked = sorted(zip(scores, range(len(candidates)), strict=True), key=by_score)
    return candidates[ranked[0][1]] if ranked and ranked[0][0] >= CUT else None


def by_score(entry: tuple[float, int]) -> tuple[float, int]:
    """The highest first, then the earliest."""
    return -entry[0], entry[1]


def fitting(question: str, passages: Sequence[str], score: Score) -> list[float]:
    kind = kind_wanted(question)
    raw = score(question, passages)
    return [value - (0.0 if kind.is_in(passage) else WRONG_KIND) for value, passage in zip(raw, passages, strict=True)]


def excerpt(question: str, candidate: Candidate, score: Score) -> tuple[Sentence, ...]:
    """The sentences to quote: all where that is short, else the best few in a row."""
    sentences = candidate.turn.sentences
    if length_of(sentences) <= LONGEST_QUOTE:
        return sentences
    windows = [
        sentences[first:last]
        for first in range(len(sentences))
        for last in range(first + 1, min(first + 3, len(sentences)) + 1)
        if last == first + 1 or length_of(sentences[first:last]) <= LONGEST_QUOTE
    ]
    scores = fitting(question, [candidate.passage(window) for window in windows], score)
    return windows[min(zip(scores, range(len(windows)), strict=True), key=by_score)[1]]


def length_of(sentences: Sequence[Sentence]) -> int:
    return len(text_of(sentences).split())


def quotation(candidate: Candidate, sentences: Sequence[Sentence], lines: Sequence[Line]) -> str:
    """`Maya, at 0:24: “I will talk to Karen.” [5]`, after the question where the reply needs it."""
    at = clock(lines[sentences[0].line].start_ms)
    said = f"“{joined(sentences)}” {marks(sentences)}"
    asked = candidate.asked
    if not asked or (asked.sentence.is_question and not leans(sentences)):
        return f"{candidate.turn.speaker}, at {at}: {said}"
    verb = "asked" if asked.sentence.is_question else "said"
    before = f"{asked.speaker} {verb}: “{spoken(asked.sentence.text)}” {marks([asked.sentence])}"
    return f"{before} {candidate.turn.speaker} answered, at {at}: {said}"


def leans(sentences: Sequence[Sentence]) -> bool:
    words = words_of(text_of(sentences))
    return len(words) <= SHORT_REPLY or words[0] in LEANING


def joined(sentences: Sequence[Sentence]) -> str:
    """What was left out shows."""
    text = spoken(sentences[0].text)
    for before, after in itertools.pairwise(sentences):
        text += (" " if after.place == before.place + 1 else " … ") + spoken(after.text)
    return text


def spoken(text: str) -> str:
    """Brackets would be read as citations."""
    return text.replace("[", "(").replace("]", ")")


def marks(sentences: Sequence[Sentence]) -> str:
    return "".join(f"[{number + 1}]" for number in dict.fromkeys(sentence.line for sentence in sentences))


def clock(ms: int) -> str:
    """`1:04:09` and `0:24`."""
    minutes, seconds = divmod(ms // 1000, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
