"""Citations out of the text: `[3]`, `[3, 5]` and `[3][5]` name lines by number, and are not for the ear."""

import re
import unicodedata
from collections.abc import Sequence

from shared.events import Cite, Line

NUMBERS = re.compile(r"^\[\s*\d+(?:\s*[,;–-]\s*\d+)*\s*\]$")
IN_BRACKETS = frozenset("0123456789 ,;–-")
LONGEST_BRACKET = 60
LONGEST_RANGE = 10
"""Lines; a wider `[3-90]` names nothing in particular."""
JOINED_TO = frozenset(".,;:!?…)”’»。，！？")
"""Stands directly behind the word before it."""
HIDDEN = frozenset({"Cc", "Cf", "Co", "Cs", "Cn"})
"""Unicode categories of what nobody sees: controls, zero-width and bidi marks, tags, private use, halves of pairs."""


def visible(text: str) -> str:
    """Without characters that nobody sees; a newline stays one, a tab is a space."""
    return "".join(char for char in text.replace("\t", " ") if char == "\n" or is_visible(char))


def is_visible(char: str) -> bool:
    return unicodedata.category(char) not in HIDDEN and not is_selector(char)


def is_selector(char: str) -> bool:
    """Variation selectors beside the two for emoji can carry text of their own."""
    return "\ufe00" <= char <= "\ufe0d" or "\U000e0100" <= char <= "\U000e01ef"


def cites_of(numbers: Sequence[int], lines: Sequence[Line]) -> list[Cite]:
    """The lines that were named, each once; numbers of lines that do not exist are dropped."""
    real = dict.fromkeys(number for number in numbers if 1 <= number <= len(lines))
    return [cite_of(lines[number - 1]) for number in real]


def cite_of(line: Line) -> Cite:
    return Cite(line_id=line.id, speaker=line.speaker, at_ms=line.start_ms)


class Citations:
    """Takes citations out of a text that comes in pieces, wherever the pieces were cut."""

    def __init__(self) -> None:
        self.numbers: list[int] = []
        """What was named, in order; the lines may not exist."""
        self._bracket = ""
        self._space = ""
        self._cited = False
        self._last = ""

    def push(self, text: str) -> str:
        """What is certain to be text by now."""
        return "".join(self._step(char) for char in visible(text))

    def finish(self) -> str:
        """An open bracket that never became a citation."""
        return self._release()

    def _step(self, char: str) -> str:
        if self._bracket:
            return self._inside(char)
        if char == "[":
            self._bracket = char
            return ""
        if char.isspace():
            self._space += char
            return ""
        return self._joint(char) + char

    def _inside(self, char: str) -> str:
        if char == "]" and NUMBERS.match(self._bracket + char):
            self.numbers += numbers_in(self._bracket)
            self._bracket, self._cited = "", True
            return ""
        if char in IN_BRACKETS and len(self._bracket) < LONGEST_BRACKET:
            self._bracket += char
            return ""
        return self._release() + self._step(char)

    def _release(self) -> str:
        """The bracket was text after all."""
        held, self._bracket = self._bracket, ""
        return self._joint(held[0]) + held if held else ""

    def _joint(self, char: str) -> str:
        """The space before the next visible character; a citation leaves none of its own and takes none away."""
        space, cited, last = self._space, self._cited, self._last
        self._space, self._cited, self._last = "", False, char
        if "\n" in space:
            return "\n"
        if cited:
            return "" if char in JOINED_TO or not last else " "
        return " " if space else ""


def numbers_in(bracket: str) -> list[int]:
    """`[3, 5-7` is 3, 5, 6 and 7."""
    numbers: list[int] = []
    for part in re.split(r"[,;]", bracket.strip("[] ")):
        first, *rest = [int(number) for number in re.findall(r"\d{1,9}", part)]
        last = rest[-1] if rest else first
        numbers += range(first, last + 1) if 0 <= last - first < LONGEST_RANGE else [first, last]
    return numbers
