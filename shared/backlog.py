"""What waits for this process, and since when: the signal by which more workers are started."""

from collections.abc import Hashable

from shared.clock import Clock


class Backlog:
    """Of one process. What is begun and never ended grows old, which is what should be seen."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._since: dict[Hashable, int] = {}

    def begin(self, key: Hashable, at_ms: int | None = None) -> None:
        """It waits since then, or since now; where it waits already nothing changes."""
        self._since.setdefault(key, self._clock.now_ms() if at_ms is None else at_ms)

    def behind(self, key: Hashable, lag_ms: int) -> None:
        """The work on it is so far behind, now."""
        self._since[key] = self._clock.now_ms() - lag_ms

    def end(self, key: Hashable) -> None:
        """Safe for what does not wait."""
        self._since.pop(key, None)

    def age_s(self) -> float:
        """Of the oldest; 0 when nothing waits."""
        if not self._since:
            return 0.0
        return max(0, self._clock.now_ms() - min(self._since.values())) / 1000
