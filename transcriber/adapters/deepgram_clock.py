"""From the time on a socket, which counts the audio sent, to source time, which may jump. Pure."""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from operator import attrgetter

BYTES_PER_MS = 32


@dataclass
class Stretch:
    """Audio without a jump."""

    socket_ms: int
    source_ms: int
    sent_bytes: int = 0

    @property
    def end_ms(self) -> int:
        """In source time."""
        return self.source_ms + self.sent_bytes // BYTES_PER_MS

    def source_of(self, socket_ms: int) -> int:
        """Never outside of the stretch."""
        return min(max(self.source_ms + socket_ms - self.socket_ms, self.source_ms), self.end_ms)


class SocketClock:
    """Of one socket. Times that come from it are in seconds."""

    def __init__(self, start_ms: int) -> None:
        self.start_ms = start_ms
        self._stretches = [Stretch(0, start_ms)]
        self._last = self._stretches[0]

    @property
    def end_ms(self) -> int:
        """Source time of the next sample."""
        return self._last.end_ms

    def advance(self, sent_bytes: int) -> None:
        self._last.sent_bytes += sent_bytes

    def jump(self, to_ms: int, filler_ms: int) -> None:
        """The next sample is that of `to_ms`; in between, so much was sent that is no audio of the source."""
        heard_ms = self._last.sent_bytes // BYTES_PER_MS
        self._last = Stretch(self._last.socket_ms + heard_ms + filler_ms, to_ms)
        self._stretches.append(self._last)

    def source_of(self, at_s: float) -> int:
        """Where the socket is, in source time; never later than what was sent."""
        socket_ms = round(at_s * 1000)
        return self._stretch_at(socket_ms).source_of(socket_ms)

    def place(self, start_s: float, end_s: float) -> tuple[int, int]:
        """A word lies in one stretch, that of its middle."""
        stretch = self._stretch_at((start_s + end_s) * 500)
        return stretch.source_of(round(start_s * 1000)), stretch.source_of(round(end_s * 1000))

    def jumps_after(self, source_ms: int) -> Iterator[int]:
        """Where audio goes on after a jump, in source time."""
        for stretch in self._stretches[1:]:
            if stretch.source_ms > source_ms:
                yield stretch.source_ms

    def _stretch_at(self, socket_ms: float) -> Stretch:
        if socket_ms >= self._last.socket_ms:
            return self._last
        found = bisect_right(self._stretches, socket_ms, key=attrgetter("socket_ms"))
        return self._stretches[max(found - 1, 0)]
