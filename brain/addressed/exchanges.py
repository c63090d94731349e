"""What passes between one person and the assistant: a call, half a question, a question, and what may follow it."""

from dataclasses import dataclass

FOLLOW_UP_MS = 30_000
"""After an answer the next question needs no name for so long."""
REPEATS_MS = 8_000
"""The same question again within this time is impatience."""
CONTINUES_MS = 1_500
"""What comes so soon may belong to the line before."""


@dataclass
class Exchange:
    """Of one speaker, in source time."""

    called_until_ms: int = -1
    """While the assistant waits for the question, or for its other half."""
    so_far: str = ""
    question: str = ""
    """The last one that was asked; empty before the first."""
    asked_ms: int = -REPEATS_MS
    is_answered: bool = True
    open_from_ms: int = 0
    open_until_ms: int = -1
    has_moved_on: bool = False
    """The speaker has said other things since the answer."""
    last_said: str = ""
    heard_ms: int = -CONTINUES_MS
    """The end of `last_said`."""

    def heard(self, text: str, end_ms: int) -> None:
        self.last_said, self.heard_ms = text, end_ms

    def called(self, until_ms: int, so_far: str) -> None:
        self.called_until_ms, self.so_far = until_ms, so_far

    def stop_waiting(self) -> None:
        self.called(-1, "")

    def asked(self, question: str, at_ms: int) -> None:
        self.question, self.asked_ms, self.is_answered = question, at_ms, False
        self._open(at_ms)

    def answered(self, at_ms: int) -> None:
        if self.question:
            self.is_answered = True
            self._open(at_ms)

    def interrupted(self, at_ms: int) -> None:
        """Others talk, and not to the assistant. What they said before the answer's end was not about it."""
        if at_ms >= self.open_from_ms:
            self.close()

    def close(self) -> None:
        self.open_until_ms = -1

    def is_waiting(self, at_ms: int) -> bool:
        return at_ms <= self.called_until_ms

    def is_open(self, at_ms: int) -> bool:
        return at_ms <= self.open_until_ms

    def is_pending(self, at_ms: int) -> bool:
        """Asked a moment ago, without an answer so far."""
        return not self.is_answered and at_ms - self.asked_ms <= REPEATS_MS

    def is_in_one_breath(self, at_ms: int) -> bool:
        return at_ms - self.heard_ms <= CONTINUES_MS

    def _open(self, at_ms: int) -> None:
        self.open_from_ms, self.open_until_ms, self.has_moved_on = at_ms, at_ms + FOLLOW_UP_MS, False
