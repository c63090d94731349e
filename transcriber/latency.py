"""When each moment of the audio reached this process, to tell how long its words took. Pure."""

from collections import deque

KEPT = 1200
"""Chunks: two minutes."""


class Arrivals:
    """Source time against the clock."""

    def __init__(self) -> None:
        self._seen: deque[tuple[int, int]] = deque(maxlen=KEPT)

    def note(self, end_ms: int, now_ms: int) -> None:
        """What comes once more, to be heard again, came when it came first."""
        if not self._seen or end_ms > self._seen[-1][0]:
            self._seen.append((end_ms, now_ms))

    def since(self, source_ms: int, now_ms: int) -> int:
        """Ms from the arrival of the audio up to `source_ms` until now; 0 when nothing is known of it."""
        found_ms = now_ms
        for end_ms, arrived_ms in reversed(self._seen):
            if end_ms < source_ms:
                break
            found_ms = arrived_ms
        return max(0, now_ms - found_ms)
