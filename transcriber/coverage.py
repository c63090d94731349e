"""Which audio has come, and which never did. Pure."""

import msgspec

from shared.streams import CHUNK_MS

GAP_MS = 300
"""A shorter hole is jitter of the platform; a longer one is told."""


class Hole(msgspec.Struct, frozen=True):
    """Audio between two times that never came."""

    from_ms: int
    to_ms: int


class Coverage:
    """One track's chunks as they come, in order."""

    def __init__(self, start_ms: int | None) -> None:
        """`start_ms` is None where the first chunk, whenever it comes, is the beginning."""
        self._next_ms = start_ms

    @property
    def heard_ms(self) -> int:
        """End of the last chunk."""
        return self._next_ms or 0

    def take(self, source_ms: int) -> Hole | None:
        """The hole before this chunk, if it is worth telling."""
        expected, self._next_ms = self._next_ms, source_ms + CHUNK_MS
        if expected is None or source_ms - expected < GAP_MS:
            return None
        return Hole(expected, source_ms)


def verdict_of(heard_ms: int, missing_ms: int, lines: int, *, had_sound: bool = False) -> str:
    """How a finished transcript stands: `complete`, `partial`, `silent` or `lost`.

    `had_sound`: somebody or something was heard for long without a word coming of it.
    """
    if not lines:
        return "lost" if heard_ms == 0 or missing_ms >= heard_ms or had_sound else "partial" if missing_ms else "silent"
    return "partial" if missing_ms else "complete"
