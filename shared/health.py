"""What a process says about itself: named problems, and whether its event loop still turns."""

from collections.abc import Mapping

from shared.clock import Clock
from shared.pulses import TURN_S, Pulses

STUCK_MS = 10_000


class Health:
    """Problems are reported and cleared by name; the heartbeat turns the loop's hand."""

    def __init__(self, clock: Clock, engine: str = "") -> None:
        self._clock, self._problems = clock, dict[str, str]()
        self._turned_at = clock.now_ms()
        self._concerns = dict[str, str]()
        self.engine = engine
        self.pulses = Pulses()

    def report(self, name: str, problem: str) -> None:
        self._problems[name] = problem

    def clear(self, name: str) -> None:
        self._problems.pop(name, None)

    def worry(self, name: str, concern: str) -> None:
        """About one meeting, or one call: named, but no reason to give this process nothing more to do."""
        self._concerns[name] = concern

    def calm(self, name: str) -> None:
        self._concerns.pop(name, None)

    def beat(self, name: str, within_s: float = TURN_S) -> None:
        """A loop says that it goes on."""
        self.pulses.beat(name, self._clock.now_ms(), within_s)

    def rest(self, name: str) -> None:
        """It has nothing to do."""
        self.pulses.rest(name)

    def is_stuck_in(self, name: str) -> bool:
        return self.pulses.is_stuck(name, self._clock.now_ms())

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
        """Of the process."""
        return told(self._problems)

    @property
    def all_problems(self) -> list[str]:
        """Also what is stuck, and what is wrong with single meetings."""
        return told({**self._concerns, **self.pulses.stuck(self._clock.now_ms()), **self._problems})


def told(problems: Mapping[str, str]) -> list[str]:
    return [f"{name}: {problem}" for name, problem in sorted(problems.items())]
