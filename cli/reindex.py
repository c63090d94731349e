"""`chimein reindex`: the search index made anew of the timelines, by the clerks of the gateways."""

from collections.abc import AsyncIterator
from typing import Any, cast

from shared.bus import Bus
from shared.redis_checks import open_bus
from shared.streams import INDEXED, SETTLED, SHARDS, MeetingKeys, ShardKeys


async def reindex(url: str) -> int:
    """Drops every index; returns of how many meetings. Raises BusError."""
    bus = await open_bus(url)
    try:
        return len([meeting_id async for meeting_id in dropped(bus)])
    finally:
        await bus.close()


async def dropped(bus: Bus) -> AsyncIterator[str]:
    for shard in range(SHARDS):
        names: list[bytes] = await cast("Any", bus.redis.zrange(ShardKeys(shard).meetings, 0, -1))
        for meeting_id in [name.decode() for name in names]:
            keys = MeetingKeys(meeting_id)
            await cast("Any", bus.redis.hdel(keys.state, INDEXED, SETTLED))
            await bus.redis.unlink(keys.words, keys.said)
            await bus.nudge(meeting_id)
            yield meeting_id
