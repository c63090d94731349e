"""What else is worth telling of a meeting: facts with numbers, results and obstacles; questions nobody answered."""

import re
from collections.abc import Collection, Sequence

from brain.rules.context import Statement, place_of
from brain.rules.expecting import TIME
from brain.rules.replies import defers, steers
from brain.rules.turns import Sentence, Turn
from brain.rules.words import LARGE, SMALL, terms_of

OBSTACLE = re.compile(
    r"\b(?:block\w*|problems?|errors?|issues?|risks?|bugs?|crash\w*|broken|fail\w*|miss(?:ed|ing)|late|delay\w*|"
    r"slow\w*|down|"
    r"stuck|waiting|still need|outage|overdue|over budget|wrong|cannot|can['’]t|never arrives|heard nothing)\b",
    re.IGNORECASE,
)
RESULT = re.compile(
    r"\b(?:finished|done|passed|shipped|released|signed|fixed|launched|completed|delivered|hired|sold|approved|"
    r"measured|closed|"
    r"changed|found|ready|starting)\b",
    re.IGNORECASE,
)
QUANTITY = re.compile(rf"\d|\b(?:{'|'.join({*SMALL, *LARGE} - {'one'})})\b", re.IGNORECASE)
SIGNS = ((OBSTACLE, 3), (QUANTITY, 2), (RESULT, 1), (TIME, 1))
"""What makes a sentence worth telling, and how much."""
WORTH_TELLING = 2
MOST_POINTS = 8
LINES_PER_POINT = 5
FEWEST_TERMS = 3
RHETORICAL = re.compile(
    r"^(?:right|okay|ok|you know|isn['’]t it|does that make sense|any(?:thing)? (?:else|questions))\W*$",
    re.IGNORECASE,
)


def points_in(turns: Sequence[Turn], used: Collection[Sentence]) -> list[Statement]:
    """The best, in the order of the meeting; what is listed elsewhere is not told twice."""
    weighed = [
        (weight_of(sentence), turn.speaker, sentence)
        for turn in turns
        for sentence in turn.sentences
        if sentence not in used and not sentence.asks
    ]
    count = min(MOST_POINTS, 1 + len(weighed) // LINES_PER_POINT)
    best = sorted((entry for entry in weighed if entry[0] >= WORTH_TELLING), key=by_weight)[:count]
    told = sorted(best, key=by_place)
    return [Statement(f"{speaker}: {sentence.text}", (sentence,)) for _, speaker, sentence in told]


def weight_of(sentence: Sentence) -> int:
    if len(terms_of(sentence.text)) < FEWEST_TERMS or steers(sentence.text):
        return 0
    return sum(weight for sign, weight in SIGNS if sign.search(sentence.text))


def by_weight(entry: tuple[int, str, Sentence]) -> tuple[int, int]:
    return -entry[0], entry[2].place


def by_place(entry: tuple[int, str, Sentence]) -> int:
    return place_of(entry[2])


def open_questions_in(turns: Sequence[Turn]) -> list[Statement]:
    """Nobody replied, or the reply put it off."""
    return [
        Statement(f"{turn.speaker}: {sentence.text}", (sentence,))
        for number, turn in enumerate(turns)
        for sentence in turn.sentences
        if sentence.is_question and is_real(sentence) and is_unanswered(turns, number, sentence)
    ]


def is_real(sentence: Sentence) -> bool:
    return bool(terms_of(sentence.text)) and not RHETORICAL.match(sentence.text)


def is_unanswered(turns: Sequence[Turn], number: int, sentence: Sentence) -> bool:
    """A question in the middle of a turn was answered by the one who asked, or not meant to be."""
    reply = turns[number + 1] if number + 1 < len(turns) else None
    if reply is None:
        return sentence is turns[number].sentences[-1]
    return sentence in last_questions(turns[number]) and defers(reply.sentences[0].text)


def last_questions(turn: Turn) -> list[Sentence]:
    """Those that the reply is about: the last one and what was added to it."""
    places = [n for n, sentence in enumerate(turn.sentences) if sentence.is_question]
    return [turn.sentences[places[-1]]] if places else []
