"""Who took on what: promises, accepted requests, accepted offers and assignments by name."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from brain.rules.context import Statement, before_in, stated
from brain.rules.dues import due_in
from brain.rules.replies import accepts, steers, wants
from brain.rules.turns import Sentence, Turn

NO_DEED = (
    r"(?!(?:be|have|had|not|never|say|see|think|need|want|know|like|love|hate|admit|probably|maybe|hope|guess|agree|"
    r"today|tomorrow|no|of|in|on|miss|believe|remember|wait)\b)"
)
"""Not every verb after `I will` is a deed."""
DEED = rf"(?:(?:also|just|then|definitely|gladly|quickly) )?(?P<deed>{NO_DEED}[^\W\d_]+\b.*)"
PROMISE = re.compile(rf"\b(?:i(?: wi|['’])ll|i(?: a|['’])m going to) {DEED}", re.IGNORECASE | re.DOTALL)
GIVES = re.compile(r"\b(?P<deed>you(?: wi|['’])ll (?:get|have|receive)\b.*)", re.IGNORECASE | re.DOTALL)
REQUEST = re.compile(rf"(?:\b(?:can|could|would|will) you (?:please )?|\bplease ){DEED}", re.IGNORECASE | re.DOTALL)
OFFER = re.compile(
    rf"\b(?:(?:should|shall|can|could) i|(?:do you want|would you like) me to) {DEED}\?", re.IGNORECASE | re.DOTALL
)
CALLED_FIRST = re.compile(r"^(?:(?:and|so|okay|ok|then|hey),? )?(?P<name>[^\W\d_]+),")
CALLED_LAST = re.compile(r",\s*(?P<name>[^\W\d_]+)\?$")


CAN = re.compile(rf"^(?:(?:and|so|well|okay|then),? )*i (?:can|could) {DEED}", re.IGNORECASE | re.DOTALL)
"""An offer as a statement."""


@dataclass(frozen=True)
class Task:
    """Owner and due are None unless they were said."""

    statement: Statement
    owner: str | None
    due: str | None


class People:
    """Who can own a task, also by the first name."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = list(dict.fromkeys(names))

    def find(self, name: str) -> str | None:
        """None for a stranger, and for a first name that two share."""
        wanted = name.casefold()
        exact = [known for known in self._names if known.casefold() == wanted]
        first = [known for known in self._names if known.casefold().split(" ")[0] == wanted]
        found = exact or first
        return found[0] if len(found) == 1 else None

    @property
    def assigned(self) -> re.Pattern[str]:
        """`Tom will ...` about one of them."""
        names = "|".join(re.escape(part) for name in self._names for part in {name, name.split(" ")[0]}) or r"(?!)"
        opening = rf"^(?:(?:so|and|then|okay|ok),? )*(?P<name>{names})"
        return re.compile(rf"{opening} (?:will|is going to|has to|needs to) {DEED}", re.IGNORECASE | re.DOTALL)


def tasks_in(turns: Sequence[Turn], people: People) -> list[Task]:
    """In the order in which they were taken on; a task without somebody of the meeting is none."""
    assigned = people.assigned
    found: list[Task] = []
    for number, turn in enumerate(turns):
        for n in range(len(turn.sentences)):
            spot = Spot(turns, number, n, people)
            task = promised(spot) or asked(spot) or offered(spot) or given(spot, assigned)
            if task and not steers(task.statement.text.partition(" (“")[0]):
                found.append(task)
    return found


@dataclass(frozen=True)
class Spot:
    """One sentence in its surroundings."""

    turns: Sequence[Turn]
    turn: int
    n: int
    people: People

    @property
    def sentence(self) -> Sentence:
        return self.turns[self.turn].sentences[self.n]

    @property
    def speaker(self) -> str:
        return self.turns[self.turn].speaker

    @property
    def before(self) -> Sentence | None:
        return before_in(self.turns, self.turn, self.n)

    @property
    def reply(self) -> Turn | None:
        """What the next person says, if this ends the turn."""
        is_last = self.n == len(self.turns[self.turn].sentences) - 1
        return self.turns[self.turn + 1] if is_last and self.turn + 1 < len(self.turns) else None

    @property
    def accepted(self) -> Turn | None:
        reply = self.reply
        return reply if reply and accepts(reply.text) else None


def promised(spot: Spot) -> Task | None:
    """`I will talk to Karen.`"""
    text = spot.sentence.text
    found = PROMISE.search(text) or GIVES.search(text)
    if not found or spot.sentence.is_question:
        return None
    due = due_in(found["deed"]) or due_in(text)
    return Task(stated(found["deed"], spot.sentence, spot.before), spot.people.find(spot.speaker), due)


def asked(spot: Spot) -> Task | None:
    """`Ana, can you take care of that?` - `Sure.` A reply that promises the deed is a task of its own."""
    found, reply = REQUEST.search(spot.sentence.text), spot.accepted
    if not found or not reply or any(PROMISE.search(sentence.text) for sentence in reply.sentences):
        return None
    called = CALLED_FIRST.search(spot.sentence.text) or CALLED_LAST.search(spot.sentence.text)
    owner = spot.people.find(called["name"]) if called else None
    due = due_in(found["deed"]) or due_in(reply.text)
    return Task(stated(found["deed"], spot.sentence, spot.before), owner or spot.people.find(reply.speaker), due)


def offered(spot: Spot) -> Task | None:
    """`Should I prepare the notes?`, or `I could find out.` - `Yes please, by Friday.`"""
    reply = spot.accepted
    if not reply:
        return None
    can = CAN.search(spot.sentence.text) if wants(reply.text) else None
    found = OFFER.search(spot.sentence.text) or can
    if not found:
        return None
    timed = [sentence for sentence in reply.sentences if due_in(sentence.text)][:1]
    due = due_in(found["deed"]) or (due_in(timed[0].text) if timed else None)
    return Task(stated(found["deed"], spot.sentence, spot.before, *timed), spot.people.find(spot.speaker), due)


def given(spot: Spot, assigned: re.Pattern[str]) -> Task | None:
    """`Tom will send the invoice.`"""
    found = assigned.search(spot.sentence.text)
    if not found or spot.sentence.is_question:
        return None
    owner = spot.people.find(found["name"])
    return Task(stated(found["deed"], spot.sentence, spot.before), owner, due_in(found["deed"]))
