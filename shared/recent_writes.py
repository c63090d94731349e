"""The last seconds of what this process wrote: Redis loses acknowledged writes when it dies, or fails over.

A script's effects are kept or lost together, in its log as in a replica, so one entry tells about all of a write.
"""

from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

KEPT_MS = 10_000
"""Longer than any Redis waits with its log, and than a replica may lag behind."""


@dataclass(frozen=True)
class Probe:
    """An entry that is there if the write was kept."""

    stream: str
    id: bytes
    body: bytes
    """Another entry may have got the same ID since."""
    settled: str = ""
    """Of a command: where its id is once it has been carried out, and has left the stream."""


@dataclass(frozen=True)
class RecentWrite:
    """One write, and how to do it again."""

    at_ms: int
    probe: Probe
    again: Callable[[], Awaitable[object]]


class RecentWrites:
    """In order of time."""

    def __init__(self) -> None:
        self._writes: deque[RecentWrite] = deque()

    def add(self, write: RecentWrite) -> None:
        self._writes.append(write)
        self.forget(write.at_ms)

    def forget(self, now_ms: int) -> None:
        """What is older than KEPT_MS."""
        while self._writes and self._writes[0].at_ms < now_ms - KEPT_MS:
            self._writes.popleft()

    def take(self) -> list[RecentWrite]:
        """All of them, to be looked for. What is done again becomes a recent write anew."""
        taken = list(self._writes)
        self._writes.clear()
        return taken

    def put_back(self, writes: list[RecentWrite]) -> None:
        """What is there, or could not be looked for."""
        self._writes = deque(sorted([*writes, *self._writes], key=lambda write: write.at_ms))
