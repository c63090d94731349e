"""What a process is about, and since when: whatever takes longer than it may is stuck, and is named. Pure."""

from dataclasses import dataclass

TURN_S = 8.0
"""A loop that has not come round for so long is stuck; each comes round every second or two."""


@dataclass(frozen=True)
class Pulse:
    """Something that is being done."""

    since_ms: int
    within_ms: int


class Pulses:
    """By name. Who ends nothing is stuck in it; who has nothing to do says so."""

    def __init__(self) -> None:
        self._pulses: dict[str, Pulse] = {}

    def beat(self, name: str, now_ms: int, within_s: float = TURN_S) -> None:
        """It goes on from here, and will say so again within that time."""
        self._pulses[name] = Pulse(now_ms, round(within_s * 1000))

    def rest(self, name: str) -> None:
        """It has nothing to do, or is done."""
        self._pulses.pop(name, None)

    def is_stuck(self, name: str, now_ms: int) -> bool:
        pulse = self._pulses.get(name)
        return pulse is not None and now_ms - pulse.since_ms > pulse.within_ms

    def stuck(self, now_ms: int) -> dict[str, str]:
        """A sentence by name."""
        return {
            name: f"has not gone on for {(now_ms - pulse.since_ms) // 1000} s"
            for name, pulse in self._pulses.items()
            if self.is_stuck(name, now_ms)
        }
