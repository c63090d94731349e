"""What was decided: said so in words, or proposed and agreed to, or summed up with `so` after that."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from brain.rules.context import Statement, before_in, place_of, stated, tidy
from brain.rules.replies import agrees, steers
from brain.rules.turns import Turn
from brain.rules.words import terms_of

DECIDED = re.compile(
    r"\b(?:we (?:have |all |both )?agreed?(?: that| to| on)?|(?:we(?: have|['’]ve)?|it(?: is|['’]s)|that(?: is|['’]s)) "
    r"(?:agreed|decided|settled)(?: that| to| on)?|(?:the|our|final) decision(?: is)?|"
    r"(?=we(?:['’]ll| will|['’]re going to| are going to)? go with))|"
    r"^(?:okay,? |ok,? |good,? |so,? )*(?:decided|settled)\b",
    re.IGNORECASE,
)
UNDECIDED = re.compile(
    r"\b(?:if|whether|not|never|what|until|once|before|did|have to|need to|should|could|how|when|unless)\b|n['’]t\b",
    re.IGNORECASE,
)
"""In front of the words above: nothing was decided."""
PROPOSED = re.compile(
    r"\b(?:let['’]s|let us|i(?:['’]d| would) rather|i(?:['’]d| would)? (?:propose|suggest|recommend|vote)|"
    r"(?:i think|maybe|then|so) we should|how about|why don['’]t we|i['’]d say we)\b",
    re.IGNORECASE,
)
SUMMED_UP = re.compile(
    r"^(?:okay|ok|alright|good|great)?,? ?so,? (?!(?:what|how|who|when|where|why|far|you|i)\b)(?P<core>.+)",
    re.IGNORECASE | re.DOTALL,
)
LEAD_IN = re.compile(
    r"^(?:okay|ok|alright|good|then|well|so|and|great|yes|agreed|fine|fair (?:point|enough)|now)\b[,.\s]*",
    re.IGNORECASE,
)
CONSENT = re.compile(
    r"\b(?:okay|ok|fine|happy|agreed?|all right|alright|good) (?:with|for) (?:that|this|it|everyone|everybody|"
    r"you all)\?|"
    r"^(?:is that |are we )?(?:okay|ok|agreed|all right|alright)\?",
    re.IGNORECASE,
)
"""A question that makes a proposal of the sentence before it."""
FAR = 6
"""Turns between things said about one decision."""
SAME_SHARE = 0.5
"""Of the words of the shorter one, in what is said twice about one decision."""


@dataclass(frozen=True)
class Decision:
    """Made in this turn; a summary is one only of what was decided before."""

    statement: Statement
    turn: int
    is_summary: bool = False

    @property
    def terms(self) -> set[str]:
        return {term for sentence in self.statement.sentences for term in terms_of(sentence.text)}

    def is_about(self, other: "Decision") -> bool:
        shared, smaller = len(self.terms & other.terms), min(len(self.terms), len(other.terms))
        return self.turn - other.turn <= FAR and shared >= SAME_SHARE * max(smaller, 1)


def decisions_in(turns: Sequence[Turn]) -> list[Statement]:
    """In the order in which they were made; the last wording stands, and carries the lines of those before it."""
    found: list[Decision] = []
    for number in range(len(turns)):
        decision = made_in(turns, number)
        if not decision:
            continue
        earlier = [known for known in found if decision.is_about(known)]
        if earlier or not decision.is_summary:
            found = [known for known in found if known not in earlier]
            found.append(merged(earlier, decision))
    return [decision.statement for decision in found]


def merged(earlier: Sequence[Decision], decision: Decision) -> Decision:
    before = {sentence for known in earlier for sentence in known.statement.sentences}
    sentences = tuple(sorted({*before, *decision.statement.sentences}, key=place_of))
    return Decision(Statement(decision.statement.text, sentences), decision.turn)


def made_in(turns: Sequence[Turn], number: int) -> Decision | None:
    """The plainest of what a turn decides."""
    return declared(turns, number) or proposed(turns, number) or summed_up(turns, number)


def declared(turns: Sequence[Turn], number: int) -> Decision | None:
    """`We agreed to ...`, with the next sentence where that is all of it."""
    sentences = turns[number].sentences
    for n, sentence in enumerate(sentences):
        found = DECIDED.search(sentence.text)
        if not found or sentence.is_question or UNDECIDED.search(sentence.text[: found.start()]):
            continue
        core, carrier = sentence.text[found.end() :].lstrip(" ,:."), sentence
        if not terms_of(core) and n + 1 < len(sentences):
            core, carrier = sentences[n + 1].text, sentences[n + 1]
        if terms_of(core):
            return Decision(Statement(tidy(core), tuple(dict.fromkeys((sentence, carrier)))), number)
    return None


def proposed(turns: Sequence[Turn], number: int) -> Decision | None:
    """`I would rather ...`, and somebody else agreed. What follows a question answers the question."""
    turn = turns[number]
    asks_consent = bool(CONSENT.search(turn.sentences[-1].text))
    if (turn.sentences[-1].is_question and not asks_consent) or not is_agreed(turns, number):
        return None
    for n, sentence in reversed(list(enumerate(turn.sentences))):
        is_proposal = PROPOSED.search(sentence.text) or (asks_consent and n == len(turn.sentences) - 2)
        if is_proposal and not steers(sentence.text):
            core = LEAD_IN.sub("", sentence.text)
            return Decision(stated(core, sentence, before_in(turns, number, n)), number)
    return None


def is_agreed(turns: Sequence[Turn], number: int) -> bool:
    """By one of the next two to speak."""
    following = turns[number + 1 : number + 3]
    return any(turn.speaker != turns[number].speaker and agrees(turn.text) for turn in following)


def summed_up(turns: Sequence[Turn], number: int) -> Decision | None:
    """`So the release moves to Tuesday.`"""
    for sentence in turns[number].sentences:
        found = SUMMED_UP.match(sentence.text)
        if found and not sentence.is_question:
            return Decision(Statement(tidy(found["core"]), (sentence,)), number, is_summary=True)
    return None
