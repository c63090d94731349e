"""Who spoke when, as the meeting platform noticed it: late, twice, out of order, or only half of it."""

from bisect import bisect_left
from dataclasses import dataclass

LAG_MS = 300
"""Platforms notice late: a turn that ends this soon after a stretch began was over before it."""
TRUST_MS = 30_000
"""A turn whose stop nobody told is certain for this long; after that the stop may have been missed."""
ENDLESS = float("inf")


@dataclass(frozen=True)
class Turn:
    """One stretch in which somebody spoke; endless while nobody told its end."""

    start_ms: int
    end_ms: float
    sure_until_ms: float

    def overlap_ms(self, start_ms: int, end_ms: int) -> float:
        """It may have begun before it was noticed."""
        return min(self.end_ms, end_ms) - max(self.start_ms - LAG_MS, start_ms)

    def sure_ms(self, start_ms: int, end_ms: int) -> float:
        return max(0, min(self.sure_until_ms, end_ms) - max(self.start_ms - LAG_MS, start_ms))


@dataclass(frozen=True)
class Claim:
    """How much of a stretch somebody's turns cover."""

    participant_id: str
    covered_ms: float
    sure_ms: float
    began_ms: int
    """When the last of these turns began."""


class Turns:
    """The recent turns of everybody. The order in which starts and stops are told makes no difference."""

    def __init__(self) -> None:
        self._marks: dict[str, list[tuple[int, bool]]] = {}
        """By participant: when one began (true) or stopped (false) to speak, in order of time."""
        self._turns: dict[str, list[Turn]] = {}

    def note(self, participant_id: str, at_ms: int, *, is_start: bool) -> None:
        marks = self._marks.setdefault(participant_id, [])
        place = bisect_left(marks, (at_ms, is_start))
        if marks[place : place + 1] != [(at_ms, is_start)]:
            marks.insert(place, (at_ms, is_start))
            self._turns[participant_id] = turns_of(marks)

    def claims(self, start_ms: int, end_ms: int) -> list[Claim]:
        """Of everybody who spoke in this stretch, not counting whose turn was as good as over."""
        claims = []
        for participant_id in self._turns:
            turns = [turn for turn in self._since(participant_id, start_ms + LAG_MS) if turn.start_ms < end_ms]
            if turns:
                covered_ms = sum(turn.overlap_ms(start_ms, end_ms) for turn in turns)
                sure_ms = sum(turn.sure_ms(start_ms, end_ms) for turn in turns)
                claims.append(Claim(participant_id, covered_ms, sure_ms, turns[0].start_ms))
        return claims

    def nearest(self, start_ms: int, end_ms: int) -> str:
        """Who was noticed just before or just after this stretch; empty: nobody."""
        near = [
            (turn.overlap_ms(start_ms, end_ms), participant_id)
            for participant_id in self._turns
            for turn in self._since(participant_id, start_ms - LAG_MS)
            if turn.start_ms - LAG_MS <= end_ms
        ]
        return max(near, default=(0, ""))[1]

    def forget(self, before_ms: int) -> None:
        """Turns that were over before; who still speaks is kept."""
        for participant_id, marks in list(self._marks.items()):
            place = bisect_left(marks, (before_ms, False))
            if place and marks[place - 1][1]:
                place -= 1
            if place == len(marks):
                del self._marks[participant_id], self._turns[participant_id]
            elif place:
                del marks[:place]
                self._turns[participant_id] = turns_of(marks)

    def _since(self, participant_id: str, ms: int) -> list[Turn]:
        """Turns that were not over at `ms`, the last one first."""
        turns = []
        for turn in reversed(self._turns[participant_id]):
            if turn.end_ms <= ms:
                break
            turns.append(turn)
        return turns


def turns_of(marks: list[tuple[int, bool]]) -> list[Turn]:
    """A start during a turn tells that a stop was missed; a stop without a start tells nothing."""
    turns = []
    begun_ms = None
    for at_ms, is_start in marks:
        if begun_ms is not None:
            sure_until_ms = min(at_ms, begun_ms + TRUST_MS) if is_start else at_ms
            turns.append(Turn(begun_ms, at_ms, sure_until_ms))
        begun_ms = at_ms if is_start else None
    if begun_ms is not None:
        turns.append(Turn(begun_ms, ENDLESS, begun_ms + TRUST_MS))
    return turns
