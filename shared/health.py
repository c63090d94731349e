"""What a process says about itself: named problems, and whether its event loop still turns."""

from shared.clock import Clock

STUCK_MS = 10_000


class Health:
    """Problems are reported and cleared by name; the heartbeat turns the loop's hand."""

    def __init__(self, clock: Clock, engine: str = "") -> None:
        self._clock, self._problems = clock, dict[str, str]()
        self._turned_at = clock.now_ms()
        self.engine = engine

    def report(self, name: str, problem: str) -> None:
        self._problems[name] = problem

    def clear(self, name: str) -> None:
        self._problems.pop(name, None)

    def turn(self) -> None:
        self._turned_at = self._clock.now_ms()

    @property
    def late_ms(self) -> int:
        return self._clock.now_ms() - self._turned_at

    @property
    def is_stuck(self) -> bool:
        return self.late_ms > STUCK_MS

    @property
    def problems(self) -> list[str]:
        return [f"{name}: {problem}" for name, problem in sorted(self._problems.items())]
