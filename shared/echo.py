"""Whether heard words are the assistant's own, come back through somebody's loudspeaker. Pure.

An echo is heard badly, so that a share of its words may be wrong; each of its words comes a moment after the assistant
said it; and somebody's own words may stand before or after it in one line. Who repeats or quotes the assistant speaks
later, and is no echo.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

EARLY_MS, LATE_MS = 500, 1_500
"""Around the moment in which the assistant said the words: clocks differ, and sound needs its time."""
LIKENESS = 0.65
LEAST_WORDS = 4
"""Fewer words are an echo only where nothing else was heard."""
LEAST_LETTERS = 6
MOST_WIDENED = 2
WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")


@dataclass(frozen=True)
class Spoken:
    """One sentence of the assistant, on the clock on which it is asked about."""

    text: str
    begins_ms: int
    ends_ms: int


@dataclass(frozen=True)
class Run:
    """Heard words, from one place to before another, that are like words of the assistant."""

    begin: int
    end: int
    own_begin: int = 0
    """Before which word of the sentence they begin."""
    matched: int = 0
    """So many of them are the same."""

    @property
    def words(self) -> int:
        return self.end - self.begin


NONE = Run(0, 0)


def run_in(heard: Sequence[str], said: str) -> Run:
    """The stretch of the heard words that is like what was said."""
    words, own = [plain(word) for word in heard], [found.lower() for found in WORD.findall(said)]
    blocks = [b for b in SequenceMatcher(None, words, own, autojunk=False).get_matching_blocks() if b.size]
    while blocks:
        begin, end = blocks[0].a, blocks[-1].a + blocks[-1].size
        matched = sum(block.size for block in blocks)
        if matched >= LIKENESS * (end - begin):
            return widened(Run(begin, end, blocks[0].b, matched), len(words), len(own))
        blocks.pop(0 if blocks[0].size <= blocks[-1].size else -1)
    return NONE


def widened(run: Run, heard: int, own: int) -> Run:
    """A word or two at either end that were misheard belong to it, if it is hardly longer than what was said."""
    room = max(0, own + MOST_WIDENED - run.words)
    before = run.begin if run.begin <= min(MOST_WIDENED, room) else 0
    after = heard - run.end if heard - run.end <= min(MOST_WIDENED, room - before) else 0
    return Run(run.begin - before, run.end + after, run.own_begin - before, run.matched)


def plain(word: str) -> str:
    return "".join(WORD.findall(word)).lower()


def without_echo(heard: Sequence[str], begins_ms: int, ends_ms: int, spoken: Sequence[Spoken]) -> list[int]:
    """Which of the heard words, by place, are not an echo of any sentence."""
    left = list(range(len(heard)))
    for sentence in spoken:
        if begins_ms > sentence.ends_ms + LATE_MS or ends_ms < sentence.begins_ms - EARLY_MS:
            continue
        words = [heard[place] for place in left]
        run = run_in(words, sentence.text)
        if is_telling(run, words):
            at_ms = begins_ms + (ends_ms - begins_ms) * left[run.begin] / len(heard)
            if is_in_time(sentence, run, at_ms):
                del left[run.begin : run.end]
    return left


def is_telling(run: Run, words: Sequence[str]) -> bool:
    """Long enough to be no chance; a single word must be a long one."""
    if run.words < len(words):
        return run.matched >= LEAST_WORDS - 1 and run.words >= LEAST_WORDS
    return run.matched > 1 or len("".join(words)) >= LEAST_LETTERS


def is_in_time(sentence: Spoken, run: Run, at_ms: float) -> bool:
    own = len(WORD.findall(sentence.text)) or 1
    said_ms = sentence.begins_ms + (sentence.ends_ms - sentence.begins_ms) * run.own_begin / own
    return said_ms - EARLY_MS <= at_ms <= said_ms + LATE_MS
