"""Whether words come as they should: a track with sound must bring words, and soon. Pure, in source time."""

from shared.meetings import Trouble
from shared.streams import CHUNK_MS

SOUND_MS = 15_000
"""So much sound without a word..."""
WITHIN_MS = 40_000
"""...since so long is no cough and no door: something is wrong."""
LATE_MS = 10_000
IN_TIME_MS = 5_000


class Watch:
    """One track."""

    def __init__(self) -> None:
        self._told_ms = 0
        """What the engine told of last, interim or final."""
        self._first_sound_ms: int | None = None
        self._sound_ms = 0
        self._is_late = False

    def hear(self, source_ms: int, *, is_sound: bool) -> None:
        """A chunk went to the engine."""
        if not is_sound:
            return
        if self._first_sound_ms is None:
            self._first_sound_ms = source_ms
        self._sound_ms += CHUNK_MS

    def rest(self, source_ms: int) -> None:
        """Nobody is to hear anything before this: it was silent, or is not the engine's to hear."""
        self._told_ms = max(self._told_ms, source_ms)

    def tell(self, until_ms: int, *, has_words: bool) -> None:
        """The engine told of the audio up to here."""
        self._told_ms = max(self._told_ms, until_ms)
        if has_words:
            self._first_sound_ms, self._sound_ms = None, 0

    def lag_ms(self, arrived_ms: int) -> int:
        """How far the engine's word is behind the audio that is there."""
        return max(0, arrived_ms - self._told_ms)

    def troubles(self, arrived_ms: int) -> dict[Trouble, str]:
        """What is wrong now and the sentence for it; `arrived_ms` is the end of the audio that is there."""
        found = {}
        lag_ms = self.lag_ms(arrived_ms)
        self._is_late = lag_ms > (IN_TIME_MS if self._is_late else LATE_MS)
        if self._is_late:
            found[Trouble.LATE] = f"The words are {lag_ms // 1000} s behind what is said; nothing is lost."
        first_ms = self._first_sound_ms
        if first_ms is not None and self._sound_ms >= SOUND_MS and arrived_ms - first_ms >= WITHIN_MS:
            found[Trouble.NO_WORDS] = (
                f"There was sound but not one word for {(arrived_ms - first_ms) // 1000} s: music, or another language"
                " than the one that was chosen?"
            )
        return found
