"""What was looked up a moment ago."""

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from shared.clock import Clock

FRESH_MS = 2_000
"""A key that was revoked is refused everywhere within so long, and streams that it opened end a moment later."""
ROOM = 10_000
FoundT = TypeVar("FoundT")


class Remembered(Generic[FoundT]):
    """Finds by name. What was found is believed for moments; what was not is looked up again each time."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._found: OrderedDict[str, tuple[int, FoundT]] = OrderedDict()

    async def get(self, name: str, look_up: Callable[[], Awaitable[FoundT]]) -> FoundT:
        now_ms = self._clock.now_ms()
        kept = self._found.get(name)
        if kept and now_ms - kept[0] < FRESH_MS:
            return kept[1]
        found = await look_up()
        if found:
            self._found[name] = (now_ms, found)
            self._found.move_to_end(name)
        else:
            self._found.pop(name, None)
        while len(self._found) > ROOM:
            self._found.popitem(last=False)
        return found
