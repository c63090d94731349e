"""Lines become turns: what one person said in one go, sentence by sentence."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from brain.sentences import split
from shared.events import Line

LONGEST_TURN = 60
"""Words; somebody who speaks longer has several turns."""
OPEN_DEMAND = re.compile(
    r"\b(?:somebody|someone|anybody|anyone|one of us) (?:has to|have to|must|should|needs? to|could|can)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Sentence:
    """One sentence of a line. `line` counts from 0, `place` counts the sentences of the meeting."""

    line: int
    place: int
    text: str

    @property
    def is_question(self) -> bool:
        return self.text.rstrip("\"'”’» ").endswith("?")

    @property
    def asks(self) -> bool:
        """A question, or it wants somebody to do something: what comes next is the reply."""
        return self.is_question or bool(OPEN_DEMAND.search(self.text))


@dataclass(frozen=True)
class Turn:
    """What one person said in one go, be it one line or several."""

    speaker: str
    sentences: tuple[Sentence, ...]

    @property
    def text(self) -> str:
        return " ".join(sentence.text for sentence in self.sentences)


def text_of(sentences: Sequence[Sentence]) -> str:
    return " ".join(sentence.text for sentence in sentences)


def turns_of(lines: Sequence[Line], left_out: Collection[int] = ()) -> list[Turn]:
    """Lines of one speaker in a row are one turn; lines that are left out part nothing."""
    turns: list[Turn] = []
    words = place = 0
    for number, line in enumerate(lines):
        texts = [] if number in left_out else split(line.text)
        sentences = tuple(Sentence(number, place + n, text) for n, text in enumerate(texts))
        place += max(len(sentences), 1)
        if not sentences:
            continue
        count = len(line.text.split())
        if turns and turns[-1].speaker == line.speaker and words + count <= LONGEST_TURN:
            turns[-1] = Turn(line.speaker, turns[-1].sentences + sentences)
            words += count
        else:
            turns.append(Turn(line.speaker, sentences))
            words = count
    return turns
