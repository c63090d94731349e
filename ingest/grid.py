"""Cuts a track's frames into chunks on a fixed grid of source time. Pure: frames in, chunks out."""

from typing import NamedTuple

from shared.streams import CHUNK_BYTES, CHUNK_MS, SAMPLE_RATE_HZ

TOLERANCE = SAMPLE_RATE_HZ * 60 // 1000
"""Samples by which a frame's time may differ from where the frame before it ended: jitter, not a gap."""
CHUNK_SAMPLES = CHUNK_BYTES // 2


class Chunk(NamedTuple):
    """CHUNK_MS of S16LE audio that begins at `source_ms`, a multiple of CHUNK_MS."""

    source_ms: int
    pcm: bytes


class Grid:
    """One track of one socket. Two sockets of a meeting that see the same frames make the same chunks."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._next = -1
        """Sample at which the next frame should begin; the buffer ends there."""
        self._odd = b""
        self.begins_anew = False
        """The frame pushed last did not follow one before: the first chunk may lack its beginning."""

    def push(self, at_s: float, pcm: bytes) -> list[Chunk]:
        """`at_s` is the time of the first sample. Audio that was there before is dropped; a hole shows in the times."""
        pcm, self._odd = self._even(pcm)
        at = round(at_s * SAMPLE_RATE_HZ)
        self.begins_anew = self._next < 0 or at > self._next + TOLERANCE
        chunks = self._jump(at) if self.begins_anew else []
        skip = self._next - at if at < self._next - TOLERANCE else 0
        self._append(pcm[2 * skip :])
        return chunks + self._whole_chunks()

    def flush(self) -> list[Chunk]:
        """What is left, filled up with silence."""
        if not self._buffer:
            return []
        self._append(bytes(-len(self._buffer) % CHUNK_BYTES))
        return self._whole_chunks()

    def _even(self, pcm: bytes) -> tuple[bytes, bytes]:
        """A sample may be split between two frames."""
        if self._odd:
            pcm = self._odd + pcm
        return (pcm[:-1], pcm[-1:]) if len(pcm) % 2 else (pcm, b"")

    def _jump(self, at: int) -> list[Chunk]:
        """Goes on elsewhere: silence from the grid's line to the first sample."""
        chunks = self.flush()
        start = max(at // CHUNK_SAMPLES * CHUNK_SAMPLES, self._next, 0)
        self._next = start
        self._append(bytes(2 * (max(at, start) - start)))
        return chunks

    def _append(self, pcm: bytes) -> None:
        self._buffer += pcm
        self._next += len(pcm) // 2

    def _whole_chunks(self) -> list[Chunk]:
        chunks = []
        first = self._next - len(self._buffer) // 2
        whole = len(self._buffer) // CHUNK_BYTES * CHUNK_BYTES
        for offset in range(0, whole, CHUNK_BYTES):
            source_ms = (first + offset // 2) // CHUNK_SAMPLES * CHUNK_MS
            chunks.append(Chunk(source_ms, bytes(self._buffer[offset : offset + CHUNK_BYTES])))
        del self._buffer[:whole]
        return chunks
