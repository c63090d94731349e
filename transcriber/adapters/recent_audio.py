"""The audio of one track that may still be needed."""

from shared.streams import SAMPLE_RATE_HZ

BYTES_PER_MS = SAMPLE_RATE_HZ * 2 // 1000


class RecentAudio:
    """S16LE, 16 kHz, mono, without gaps, from `start_ms` to `end_ms`."""

    def __init__(self, start_ms: int) -> None:
        self.start_ms = start_ms
        self._pcm = bytearray()

    @property
    def end_ms(self) -> int:
        return self.start_ms + len(self._pcm) // BYTES_PER_MS

    def append(self, pcm: bytes) -> None:
        self._pcm += pcm

    def between(self, start_ms: int, end_ms: int) -> bytes:
        """What is there of that stretch."""
        first = max(0, start_ms - self.start_ms)
        return bytes(self._pcm[first * BYTES_PER_MS : max(first, end_ms - self.start_ms) * BYTES_PER_MS])

    def drop_before(self, at_ms: int) -> None:
        gone_ms = min(max(0, at_ms - self.start_ms), self.end_ms - self.start_ms)
        del self._pcm[: gone_ms * BYTES_PER_MS]
        self.start_ms += gone_ms

    def restart(self, at_ms: int) -> None:
        """Nothing of what came before is needed."""
        self._pcm.clear()
        self.start_ms = at_ms
