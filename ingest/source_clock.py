"""The clock of one socket, laid onto the meeting's. Pure.

Recall counts seconds from the beginning of its recording. A bot that dials again may have begun another recording, and
clocks jump: what counts is that a moment of the meeting has one source time, whichever socket tells it.
"""

from datetime import datetime

SAME_RECORDING_MS = 2000
"""Two beginnings closer than this are one: clocks are not that exact."""
BACK_MS = 1000
"""Going back by less is disorder, not another clock."""
RESENT_MS = 15_000
"""Going back by up to this may be audio that is sent again; by more it is a clock that was set back."""
LEAP_MS = 30_000
"""Going ahead by so much more than time went by is a clock that was set ahead."""


class SourceClock:
    """`origin_ms` is the Unix ms of the meeting's source time 0; None until the first message tells it."""

    def __init__(self, origin_ms: float | None = None) -> None:
        self.origin_ms = origin_ms
        self._offset_ms = 0.0
        self._last_ms: float | None = None
        """What the socket's clock said last."""
        self._last_at_ms = 0.0
        """When it said so."""

    def place(self, relative_ms: float, absolute: str, now_ms: float) -> float:
        """Source time in ms. `absolute` is ISO 8601, or empty; `now_ms` is the arrival, Unix ms."""
        if self._is_new(relative_ms, now_ms):
            self._anchor(relative_ms, absolute, now_ms)
        if self._last_ms is None or relative_ms > self._last_ms or relative_ms < self._last_ms - BACK_MS:
            self._last_ms = relative_ms
        self._last_at_ms = now_ms
        return relative_ms + self._offset_ms

    def _is_new(self, relative_ms: float, now_ms: float) -> bool:
        if self._last_ms is None:
            return True
        ahead_ms = relative_ms - self._last_ms
        return ahead_ms < -BACK_MS or ahead_ms > now_ms - self._last_at_ms + LEAP_MS

    def _anchor(self, relative_ms: float, absolute: str, now_ms: float) -> None:
        start_ms = unix_ms_of(absolute, now_ms) - relative_ms
        if self.origin_ms is None:
            self.origin_ms = start_ms
        offset_ms = start_ms - self.origin_ms
        offset_ms = 0.0 if abs(offset_ms) < SAME_RECORDING_MS else offset_ms
        if self._last_ms is not None and not self._is_plausible(relative_ms + offset_ms, now_ms):
            offset_ms = self._last_ms + self._offset_ms + (now_ms - self._last_at_ms) - relative_ms
        self._offset_ms = offset_ms

    def _is_plausible(self, source_ms: float, now_ms: float) -> bool:
        """Whether the socket may be there by now; else its clock was set, and only arrival can be trusted."""
        assert self._last_ms is not None
        ahead_ms = source_ms - (self._last_ms + self._offset_ms)
        return -RESENT_MS <= ahead_ms <= now_ms - self._last_at_ms + LEAP_MS


def unix_ms_of(absolute: str, otherwise: float) -> float:
    try:
        return datetime.fromisoformat(absolute).timestamp() * 1000
    except (ValueError, OverflowError):
        return otherwise
