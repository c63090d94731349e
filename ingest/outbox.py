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
    """Chunks in order of time; the last `unsent` of them are not in Redis as far as we know."""

    def __init__(self, *, ring_ms: int = RING_MS, cap_ms: int = CAP_MS) -> None:
        self._chunks: deque[Chunk] = deque()
        self._unsent = 0
        self._ring, self._cap = ring_ms // CHUNK_MS, cap_ms // CHUNK_MS
        self.dropped = 0

    def put(self, chunks: list[Chunk]) -> None:
        self._chunks.extend(chunks)
        self._unsent += len(chunks)
        self._trim()

    def unsent(self) -> list[Chunk]:
        return list(islice(self._chunks, len(self._chunks) - self._unsent, None))

    @property
    def reached_ms(self) -> int | None:
        """Source time of the newest chunk that Redis has acknowledged; None where it may have lost all we know of."""
        acknowledged = len(self._chunks) - self._unsent
        return self._chunks[acknowledged - 1].source_ms if acknowledged else None

    def acknowledge(self, count: int) -> None:
        """The oldest `count` unsent chunks are in Redis."""
        self._unsent -= count
        self._trim()

    def rewind(self) -> None:
        """Redis may have lost what it acknowledged: all that is still here is to be sent again."""
        self._unsent = len(self._chunks)

    def _trim(self) -> None:
        while len(self._chunks) - self._unsent > self._ring:
            self._chunks.popleft()
        while len(self._chunks) > self._cap:
            self._chunks.popleft()
            self.dropped += 1
            self._unsent = min(self._unsent, len(self._chunks))
