"""Connections to Redis as metrics."""

import asyncio

import pytest

from shared.bus import Bus
from shared.pool_metrics import PoolMetrics


def counted(metrics: PoolMetrics) -> dict[str, float]:
    (family,) = metrics.collect()
    return {sample.labels["state"]: sample.value for sample in family.samples}


@pytest.mark.one_server
async def test_connections_are_counted_by_whether_they_are_in_use(bus: Bus) -> None:
    metrics = PoolMetrics()
    metrics.watch(bus.redis)
    await bus.redis.ping()
    assert counted(metrics) == {"in_use": 0, "idle": 1}
    reading = asyncio.create_task(bus.redis.blpop("nothing", timeout=1))
    async with asyncio.timeout(1):
        while counted(metrics)["in_use"] != 1:
            await asyncio.sleep(0.01)
    await bus.redis.rpush("nothing", "something")
    await reading
    metrics.forget(bus.redis)
    assert counted(metrics) == {"in_use": 0, "idle": 0}
