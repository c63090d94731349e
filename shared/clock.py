"""Time as something that is passed in, so that tests can move it."""

import asyncio
import time
from typing import Protocol


class Clock(Protocol):
    """What code that cares about time needs."""

    def now_ms(self) -> int:
        """Milliseconds since the Unix epoch."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Return after that many seconds of this clock."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class ManualClock:
    """A clock that moves only when told; sleepers wake in the order of their time."""

    def __init__(self, now_ms: int = 1_700_000_000_000) -> None:
        self._now_ms = now_ms
        self._sleepers: list[tuple[int, asyncio.Future[None]]] = []

    def now_ms(self) -> int:
        return self._now_ms

    async def sleep(self, seconds: float) -> None:
        waker: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._sleepers.append((self._now_ms + round(seconds * 1000), waker))
        await waker

    def advance(self, ms: int) -> None:
        self._now_ms += ms
        due = sorted((entry for entry in self._sleepers if entry[0] <= self._now_ms), key=lambda entry: entry[0])
        self._sleepers = [entry for entry in self._sleepers if entry[0] > self._now_ms]
        for _, waker in due:
            if not waker.done():
                waker.set_result(None)
