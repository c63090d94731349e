"""Words that are meant for the model rather than for the people in the room. A model is not shown them.

No list of patterns is complete, and none needs to be: the model has no tools, and what it writes goes through
`brain/safety/outgoing.py`. This keeps the plain and the disguised forms of the known attacks from reaching it at all.
"""

import functools
import itertools
import re
from collections.abc import Sequence
from pathlib import Path

import msgspec

from brain.safety.disguises import decoded, readings
from shared.events import Line
from shared.waiting import Breath

WITHHELD = "(withheld: it reads like an instruction to the assistant)"
WINDOW = 4
"""Lines in a row that are read as one: an instruction may be split over speakers."""
SENTENCE_ENDS = (".", "!", "?", "…", "。", "！", "？")
CACHED = 100_000


BETWEEN = re.compile(r" ~(\d) ")


class Verb(msgspec.Struct, forbid_unknown_fields=True):
    """What is demanded in another language, and of what."""

    verb: str
    noun: str


class Patterns(msgspec.Struct, forbid_unknown_fields=True):
    """The file beside this one."""

    words: dict[str, str]
    patterns: dict[str, str]
    languages: dict[str, Verb]
    run_together: dict[str, str]

    def compiled(self) -> re.Pattern[str]:
        foreign = [f"(?:{one.verb}).{{0,60}}(?:{one.noun})" for one in self.languages.values()]
        foreign += [f"(?:{one.noun}).{{0,40}}(?:{one.verb})" for one in self.languages.values()]
        known = [self.spelled_out(pattern) for pattern in self.patterns.values()]
        return re.compile("|".join(f"(?:{pattern})" for pattern in [*known, *foreign]), re.IGNORECASE | re.DOTALL)

    def spelled_out(self, pattern: str) -> str:
        while "@" in pattern and (found := re.search(r"@(\w+)@", pattern)):
            pattern = pattern.replace(found.group(), self.words[found[1]])
        return BETWEEN.sub(r"\\W+(?:[\\w'’]+\\W+){0,\1}?", pattern)


PATTERNS = msgspec.toml.decode(Path(__file__).with_suffix(".toml").read_bytes(), type=Patterns)
FOR_MODELS = PATTERNS.compiled()
RUN_TOGETHER = re.compile("|".join(PATTERNS.run_together.values()))


@functools.lru_cache(maxsize=CACHED)
def is_for_model(text: str) -> bool:
    """Whether a text, or what it hides, tells an assistant what to do, other than a plain question would."""
    if any(found.strip() for found in decoded(text)):
        return True  # nobody says code aloud, and a question needs none
    return any(FOR_MODELS.search(reading) or RUN_TOGETHER.search(reading) for reading in readings(text))


def withheld_in(lines: Sequence[Line]) -> set[int]:
    """Indices of the lines that a model is not shown."""
    alone = {number for number, line in enumerate(lines) if is_for_model(line.text)}
    return alone | {number for first in range(len(lines)) for number in split_from(lines, first, alone)}


async def screen(lines: Sequence[Line]) -> None:
    """Looks at them all, so that `withheld_in` has nothing left to look at.

    For a long meeting that takes seconds, the first time in a process; the loop turns meanwhile.
    """
    breath = Breath()
    alone = set[int]()
    for number, line in enumerate(lines):
        alone |= {number} if is_for_model(line.text) else set()
        await breath.take()
    for first in range(len(lines)):
        split_from(lines, first, alone)
        await breath.take()


def split_from(lines: Sequence[Line], first: int, known: set[int]) -> range:
    """The lines over which an instruction is spread that begins in line `first`."""
    window = itertools.takewhile(lambda number: number not in known, range(first, min(first + WINDOW, len(lines))))
    found = spread(tuple(lines[number].text for number in window))
    return range(first, first + found)


@functools.lru_cache(maxsize=CACHED)
def spread(texts: tuple[str, ...]) -> int:
    """Over how many of these texts, from the first on, one instruction goes; 0 where there is none."""
    match = FOR_MODELS.search(" ".join(texts).lower()) if len(texts) > 1 else None
    if not match or match.start() > len(texts[0]):
        return 0
    end, length = 0, 0
    while length < match.end() and end < len(texts):
        length += len(texts[end]) + 1
        end += 1
    while end < len(texts) and not texts[end - 1].rstrip().endswith(SENTENCE_ENDS):
        end += 1
    return end
