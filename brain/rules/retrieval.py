"""Which passage of a meeting answers a question: BM25 over turns, where a question hands its score to its reply."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from brain.rules.turns import Sentence, Turn, text_of
from brain.rules.words import terms_of

SATURATION, LENGTH_WEIGHT = 1.2, 0.6
"""k1 and b of BM25."""
HANDED_ON = 0.9
"""Share of a question's score that the reply after it gets."""


@dataclass(frozen=True)
class Asked:
    """What a turn replies to."""

    speaker: str
    sentence: Sentence


@dataclass(frozen=True)
class Candidate:
    """What may answer, and how well it fits."""

    turn: Turn
    asked: Asked | None
    score: float

    def passage(self, sentences: Sequence[Sentence] = ()) -> str:
        """Question and reply as one reads them; all of the reply, or these sentences of it."""
        said = f"{self.turn.speaker}: {text_of(sentences or self.turn.sentences)}"
        return f"{self.asked.speaker}: {self.asked.sentence.text} {said}" if self.asked else said


def search(question: str, turns: Sequence[Turn], most: int) -> list[Candidate]:
    """The best first. What shares no word with the question, nor replies to what does, is none."""
    scores = bm25(terms_of(question), [terms_of(f"{turn.speaker} {turn.text}") for turn in turns])
    found = []
    for n, turn in enumerate(turns):
        asked = asked_before(turns, n)
        score = scores[n] + (HANDED_ON * scores[n - 1] if asked else 0.0)
        statements = statements_of(turn) if n + 1 < len(turns) else turn.sentences
        if score > 0 and statements:
            found.append(Candidate(Turn(turn.speaker, statements), asked, score))
    return sorted(found, key=score_of, reverse=True)[:most]


def asked_before(turns: Sequence[Turn], n: int) -> Asked | None:
    """What turn `n` replies to."""
    before = turns[n - 1] if n else None
    if before and before.speaker != turns[n].speaker and before.sentences[-1].asks:
        return Asked(before.speaker, before.sentences[-1])
    return None


def statements_of(turn: Turn) -> tuple[Sentence, ...]:
    """What is asked answers nothing."""
    return tuple(sentence for sentence in turn.sentences if not sentence.asks)


def score_of(candidate: Candidate) -> float:
    return candidate.score


def bm25(query: Sequence[str], documents: Sequence[Sequence[str]]) -> list[float]:
    """How well each document fits."""
    counts = [Counter(document) for document in documents]
    mean = sum(map(len, documents)) / max(len(documents), 1) or 1.0
    weights = {term: rarity(sum(term in count for count in counts), len(documents)) for term in set(query)}
    return [
        sum(weights[term] * saturated(count[term], len(document) / mean) for term in weights)
        for count, document in zip(counts, documents, strict=True)
    ]


def rarity(holding: int, documents: int) -> float:
    return math.log(1 + (documents - holding + 0.5) / (holding + 0.5))


def saturated(count: int, length: float) -> float:
    """A second mention says less than the first, and a mention in a long text less than in a short one."""
    return count * (SATURATION + 1) / (count + SATURATION * (1 - LENGTH_WEIGHT + LENGTH_WEIGHT * length))


def overlap(question: str, passages: Sequence[str]) -> list[float]:
    """Where no model reads the passages: 0 when they hold 70 % of what the question is about, -3 at 40 %."""
    terms = set(terms_of(question))
    shares = [len(terms & set(terms_of(passage))) / max(len(terms), 1) for passage in passages]
    return [10 * share - 7 for share in shares]
