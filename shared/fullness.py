"""Whether a process has as much to do as it can do in time. Pure."""

from collections import deque
from statistics import median

BUSY_SHARE, RELIEVED_SHARE = 0.8, 0.7
"""Of one core, by the thread that serves: above the first, frames begin to wait for each other."""
BEATS = 5
LATE_S = 0.025
"""Where the machine itself is too busy, the loop is served late although it uses little of a core."""
LOOKS = 40
"""Ten seconds: a moment's rush is not fullness."""


class Fullness:
    """`most` is how many meetings it may work for, whatever it could; 0: as many as it can, and one always."""

    def __init__(self, most: int = 0) -> None:
        self.most = most
        self._beats: deque[tuple[float, float]] = deque(maxlen=BEATS)
        self._lates: deque[float] = deque(maxlen=LOOKS)
        self._is_busy = False

    def note_work(self, used_s: float, of_s: float) -> None:
        """So much processor time in so much time."""
        self._beats.append((used_s, of_s))
        if len(self._beats) == BEATS:
            share = sum(used for used, _ in self._beats) / max(sum(of for _, of in self._beats), 1e-9)
            self._is_busy = share > (RELIEVED_SHARE if self._is_busy else BUSY_SHARE)

    def note_late(self, late_s: float) -> None:
        """By so much the loop came late to what was due."""
        self._lates.append(late_s)

    def is_full(self, load: int) -> bool:
        """`load` is how many meetings it works for."""
        if self.most:
            return load >= self.most
        is_late = len(self._lates) == LOOKS and median(self._lates) > LATE_S
        return load > 0 and (self._is_busy or is_late)
