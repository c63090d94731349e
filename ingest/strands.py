"""One track of one socket: frames in, chunks out. Pure."""

from ingest.grid import Chunk, Grid


class Strand:
    """After a beginning or a hole, chunks rest for `rest_ms`: another socket may have what this one has missed.

    Redis takes chunks in order only. Without the rest, a socket that comes back would shut the door before the one that
    was there all the time; and the first chunk of a socket may lack its beginning, which the other one has.
    """

    def __init__(self, rest_ms: float) -> None:
        self._grid, self._rest_ms = Grid(), rest_ms
        self._resting: list[Chunk] = []
        self._until_ms = 0.0

    def push(self, source_ms: float, pcm: bytes, now_ms: float) -> list[Chunk]:
        """`source_ms` is the time of the first sample."""
        chunks = self._grid.push(source_ms / 1000, pcm)
        if self._grid.begins_anew and source_ms > 0:
            self._until_ms = now_ms + self._rest_ms
        if not self._resting and now_ms >= self._until_ms:
            return chunks
        self._resting += chunks
        return self._take_rested() if now_ms >= self._until_ms else []

    def flush(self) -> list[Chunk]:
        """All that is left; the last chunk is filled up with silence."""
        return self._take_rested() + self._grid.flush()

    def _take_rested(self) -> list[Chunk]:
        chunks, self._resting = self._resting, []
        return chunks
