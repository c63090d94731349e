"""Whose voice is whose: what the diarized voices of a meeting have in common with its participants."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field

STRONG_MS = 3000
"""So much certain speech makes a voice's evidence strong, if nearly all of it is of one participant."""
NEARLY_ALL = 0.8
KEPT_VOICES = 200


@dataclass
class Voice:
    number: int
    """The voices of a meeting are numbered as they appear."""
    certain_ms: Counter[str] = field(default_factory=Counter)
    """How long it was certainly this participant's, by participant."""


class Voices:
    """Every engine stream brings voices of its own, which begin without any history."""

    def __init__(self) -> None:
        self._voices: dict[str, Voice] = {}
        self._last_number = 0

    def number(self, voice: str, told: int = 0) -> int:
        """`told`: the number that a line of this voice bears already."""
        if not voice:
            return 1
        if voice not in self._voices:
            self._voices[voice] = Voice(told or self._last_number + 1)
            if len(self._voices) > KEPT_VOICES:
                del self._voices[next(iter(self._voices))]
        if told:
            self._voices[voice].number = told
        self._last_number = max(self._last_number, self._voices[voice].number)
        return self._voices[voice].number

    def learn(self, voice: str, participant_id: str, certain_ms: float) -> bool:
        """Returns whether it is known now, and was not before, whose voice it is."""
        if voice not in self._voices:
            return False
        before = self.owner(voice)
        self._voices[voice].certain_ms[participant_id] += round(certain_ms)
        return self.owner(voice) not in {"", before}

    def owner(self, voice: str, among: Collection[str] | None = None) -> str:
        """The participant whose voice it is, or of `among` certainly none other's; empty: not known."""
        if voice not in self._voices:
            return ""
        certain_ms = self._voices[voice].certain_ms
        known = {one: ms for one, ms in certain_ms.items() if among is None or one in among}
        best = max(known, key=known.__getitem__, default="")
        return best if best and known[best] >= max(STRONG_MS, NEARLY_ALL * sum(known.values())) else ""
