"""What was sent into a meeting of numbered audio against what came out: lost, doubled, out of order. Pure."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from shared.events import Line

WORD_MS = 200
"""A word of the scripted engine: `n12` is the audio from 2,400 to 2,600 ms."""


@dataclass(frozen=True)
class Verdict:
    """Empty where every word came once and in order."""

    words: int
    lost: list[int] = field(default_factory=list)
    doubled: list[int] = field(default_factory=list)
    misplaced: list[int] = field(default_factory=list)
    doubled_lines: list[str] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        return not (self.lost or self.doubled or self.misplaced or self.doubled_lines)

    @property
    def lost_ms(self) -> int:
        return len(self.lost) * WORD_MS

    def __str__(self) -> str:
        return (
            f"{self.words} words: {self.lost_ms} ms lost {self.lost[:10]}, {len(self.doubled)} doubled"
            f" {self.doubled[:10]}, {len(self.misplaced)} out of order {self.misplaced[:10]},"
            f" {len(self.doubled_lines)} lines twice"
        )


def check(lines: Sequence[Line], sent_ms: int, unheard: Iterable[range] = ()) -> Verdict:
    """Lines in the order of the timeline against `sent_ms` of numbered audio; `unheard` are ms that never arrived."""
    holes = [(hole.start, hole.stop) for hole in unheard]
    expected = [n for n in range(sent_ms // WORD_MS) if not any(overlaps(n, *hole) for hole in holes)]
    heard = [int(word.removeprefix("n")) for line in lines for word in line.text.split()]
    counts = Counter(heard)
    return Verdict(
        words=len(heard),
        lost=[n for n in expected if not counts[n]],
        doubled=[n for n, count in counts.items() if count > 1],
        misplaced=[later for earlier, later in pairwise(heard) if later < earlier],
        doubled_lines=[line_id for line_id, count in Counter(line.id for line in lines).items() if count > 1],
    )


def overlaps(word: int, from_ms: int, to_ms: int) -> bool:
    return word * WORD_MS < to_ms and (word + 1) * WORD_MS > from_ms
