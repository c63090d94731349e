"""From the pieces of a model's answer to clean sentences and the lines they rely on."""

from collections.abc import Sequence

from brain.citations import Citations, cites_of
from brain.sentences import Sentences
from shared.events import Cite, Line

LONGEST_ANSWER = 4000
"""Characters; more is not an answer to be heard."""


class Composer:
    """One answer in the making. A sentence comes out after its citations, also after those behind its full stop."""

    def __init__(self, lines: Sequence[Line]) -> None:
        self._lines = list(lines)
        self._citations = Citations()
        self._sentences = Sentences()
        self._text = ""

    def push(self, text: str) -> list[str]:
        """The sentences that are complete by now."""
        return self._compose(self._citations.push(text))

    def finish(self) -> list[str]:
        """What is left."""
        return self._compose(self._citations.finish()) + self._sentences.finish()

    @property
    def answer(self) -> str:
        """The whole clean text so far."""
        return self._text.strip()

    @property
    def cites(self) -> list[Cite]:
        """What was cited so far and exists."""
        return cites_of(self._citations.numbers, self._lines)

    def _compose(self, text: str) -> list[str]:
        text = text[: LONGEST_ANSWER - len(self._text)]
        self._text += text
        return self._sentences.push(text)
