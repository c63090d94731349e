"""A sentence that leans on the one before it, kept together with it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from brain.rules.turns import Sentence, Turn
from brain.rules.words import terms_of

LEANS = re.compile(
    r"\b(?:it|them|him|her|one|(?:that|this|those|these)(?=\W*(?:$|(?:by|on|at|until|before|after|today|tomorrow|next|and|"
    r"for|with|then|first|this|now|right)\b)))\b(?! of)",
    re.IGNORECASE,
)
GENERAL = frozenset({"do", "go", "tak", "mak", "finish", "car"})


@dataclass(frozen=True)
class Statement:
    """What is listed in a briefing, and the sentences that carry it."""

    text: str
    sentences: tuple[Sentence, ...]


def stated(core: str, sentence: Sentence, before: Sentence | None, *also: Sentence) -> Statement:
    """`core` is of `sentence`; what it leans on follows in quotes, and so does what was added to it."""
    added = [before] if before and leans(core) else []
    added += also
    text = tidy(core) + "".join(f" (“{part.text.strip()}”)" for part in added)
    return Statement(text, tuple(sorted({sentence, *added}, key=place_of)))


def leans(core: str) -> bool:
    """Says `it` of something, or names nothing at all."""
    return bool(LEANS.search(core)) or not set(terms_of(core)) - GENERAL


def place_of(sentence: Sentence) -> int:
    return sentence.place


def tidy(core: str) -> str:
    """As a heading: capital first, no full stop."""
    core = core.strip().rstrip(".,;!? ")
    return core[:1].upper() + core[1:]


def before_in(turns: Sequence[Turn], turn: int, n: int) -> Sentence | None:
    """The sentence before the `n`th of a turn, be it the last one of the turn before."""
    if n:
        return turns[turn].sentences[n - 1]
    return turns[turn - 1].sentences[-1] if turn else None
