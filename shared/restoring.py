"""Does again what Redis forgot when it died, or when a replica that lagged behind took its place."""

import contextlib
from typing import Any, cast

import structlog
from redis.asyncio import Redis
from redis.asyncio.cluster import RedisCluster

from shared import metrics
from shared.bus import Bus
from shared.clock import Clock
from shared.connections import LOST, is_cluster
from shared.waiting import is_wanted

LOOK_EVERY_S = 0.1
CALL_EVERY_S = 0.5
"""Who has nothing to do would not notice that its connection is dead."""

log = structlog.get_logger()


async def keep_writes(bus: Bus, clock: Clock) -> None:
    """After every new connection, until cancelled: only a new one can lead to a Redis that has forgotten something."""
    known, called_at = bus.connects.count, 0
    while is_wanted():
        await clock.sleep(LOOK_EVERY_S)
        if clock.now_ms() - called_at >= CALL_EVERY_S * 1000:
            called_at = clock.now_ms()
            await call(bus.redis)
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


async def call(client: Redis) -> None:
    """A connection that is dead breaks on it; the next one is new."""
    primaries = {"target_nodes": RedisCluster.PRIMARIES} if is_cluster(client) else {}
    with contextlib.suppress(*LOST):
        await cast("Any", client).ping(**primaries)
