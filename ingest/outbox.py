"""A track's latest chunks: what Redis has acknowledged lately, and what it does not have yet. Pure."""

from collections import deque
from itertools import islice

from ingest.grid import Chunk
from shared.streams import CHUNK_MS

RING_MS = 10_000
"""Acknowledged chunks kept for re-appending: Redis forgets its last writes when it dies."""
CAP_MS = 600_000
"""Longest outage that is bridged; then the oldest chunks go, and are counted."""


class Outbox:
    """Chunks in order of time: first those that Redis has as far as we know, then those that it has not."""

    def __init__(self, *, ring_ms: int = RING_MS, cap_ms: int = CAP_MS) -> None:
        self._sent: deque[Chunk] = deque()
        self._unsent: deque[Chunk] = deque()
        self._ring, self._cap = ring_ms // CHUNK_MS, cap_ms // CHUNK_MS
        self.dropped = 0
        self.is_doubtful = False
        """Redis may have forgotten what it acknowledged, and there may be nothing to send by which that would show."""

    def put(self, chunks: list[Chunk]) -> None:
        self._unsent.extend(chunks)
        self._trim()

    @property
    def is_empty(self) -> bool:
        """Redis has all of it, as far as we know."""
        return not self._unsent and not self.is_doubtful

    def unsent(self, most: int) -> list[Chunk]:
        """The oldest."""
        return list(islice(self._unsent, most))

    @property
    def reached_ms(self) -> int | None:
        """Source time of the newest chunk that Redis has acknowledged; None where it may have lost all we know of."""
        return self._sent[-1].source_ms if self._sent else None

    def doubt(self) -> None:
        self.is_doubtful = bool(self._sent)

    def acknowledge(self, count: int) -> None:
        """The oldest `count` unsent chunks are in Redis, and so are those before them."""
        self.is_doubtful = False
        for _ in range(min(count, len(self._unsent))):
            self._sent.append(self._unsent.popleft())
        self._trim()

    def rewind(self) -> None:
        """Redis may have lost what it acknowledged: all that is still here is to be sent again."""
        self.is_doubtful = False
        self._unsent.extendleft(reversed(self._sent))
        self._sent.clear()

    def _trim(self) -> None:
        while len(self._sent) > self._ring:
            self._sent.popleft()
        while len(self._sent) + len(self._unsent) > self._cap:
            (self._sent or self._unsent).popleft()
            self.dropped += 1
