"""Does again what Redis forgot when it died, or when a replica that lagged behind took its place."""

import structlog

from shared import metrics
from shared.bus import Bus
from shared.clock import Clock
from shared.connections import LOST
from shared.waiting import is_wanted

LOOK_EVERY_S = 0.1

log = structlog.get_logger()


async def keep_writes(bus: Bus, clock: Clock) -> None:
    """After every new connection, until cancelled: only a new one can lead to a Redis that has forgotten something."""
    known = bus.connects.count
    while is_wanted():
        await clock.sleep(LOOK_EVERY_S)
        if bus.connects.count == known:
            continue
        before = bus.connects.count
        for doubt in bus.doubts:
            doubt()
        try:
            forgotten = await bus.restore()
        except LOST:
            continue
        known = before
        if forgotten:
            metrics.writes_restored.inc(forgotten)
            log.warning("writes.restored", count=forgotten)
