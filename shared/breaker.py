"""A circuit breaker: while a vendor is down it is left alone, but for one try now and then."""

from collections import deque

from shared.clock import Clock

WINDOW_MS = 5_000
LEAST_FAILURES = 5
"""Within the window; fewer say nothing yet."""
MOST_SUCCESSES = 0.2
"""Share of the window's tries; more, and the vendor is ill rather than down."""
PROBE_EVERY_MS = 10_000


class Breaker:
    """Closed, or open and let one try through each 10 s; a try that succeeds closes it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._tries: deque[tuple[int, bool]] = deque()
        """When it ended (Unix ms), and whether well."""
        self._probe_at_ms = 0
        self.is_open = False

    def admit(self) -> float:
        """0 where a try may begin; else after how many seconds the next one may."""
        now_ms = self._clock.now_ms()
        if not self.is_open:
            return 0.0
        if now_ms < self._probe_at_ms:
            return (self._probe_at_ms - now_ms) / 1000
        self._probe_at_ms = now_ms + PROBE_EVERY_MS
        return 0.0

    def succeeded(self) -> None:
        if self.is_open:
            self.is_open = False
            self._tries.clear()
        self._note(is_good=True)

    def failed(self) -> None:
        """For failures that say that the vendor is down, not for refusals of one request."""
        self._note(is_good=False)
        failures = sum(not is_good for _, is_good in self._tries)
        is_down = failures >= LEAST_FAILURES and len(self._tries) - failures <= MOST_SUCCESSES * len(self._tries)
        if is_down and not self.is_open:
            self.is_open = True
            self._probe_at_ms = self._clock.now_ms() + PROBE_EVERY_MS

    def _note(self, *, is_good: bool) -> None:
        now_ms = self._clock.now_ms()
        self._tries.append((now_ms, is_good))
        while self._tries[0][0] < now_ms - WINDOW_MS:
            self._tries.popleft()
