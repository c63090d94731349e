"""What each fault of Redis looks like from inside: the work waits, nothing of it is lost, and it goes on by itself."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import redis.exceptions
from support import eventually, new_meeting

from ingest.carrier import Carrier
from ingest.grid import Chunk
from ingest.intake import Intake
from ingest.outbox import Outbox
from rehearsal.redis_servers import RedisCluster, RedisServer, server_binaries
from shared.bus import Bus, Write, new_bus
from shared.clock import SystemClock
from shared.connections import LOST
from shared.events import Hushed
from shared.ports import free_port
from shared.streams import MIXED
from shared.waiting import end

BINARY = next(iter(server_binaries().values()))


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[RedisServer]:
    """Of the test's own, to be spoilt."""
    server = RedisServer(BINARY, tmp_path, free_port())
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def own_bus(server: RedisServer) -> AsyncIterator[Bus]:
    bus = new_bus(f"redis://127.0.0.1:{server.port}/0")
    yield bus
    await bus.close()


async def carried(bus: Bus, meeting_id: str, chunks: int) -> bool:
    try:
        return await bus.redis.xlen(Intake(meeting_id).keys.audio(MIXED)) == chunks
    except LOST:
        return False


class Hearing:
    """A meeting that goes on while its Redis is spoilt."""

    def __init__(self, bus: Bus, meeting_id: str) -> None:
        self._bus, self.intake, self._said = bus, Intake(meeting_id), 0
        self.intake.tracks[MIXED] = Outbox()
        self._carrier = Carrier(bus, SystemClock())
        self._carrier.intakes[meeting_id] = self.intake
        self._running = asyncio.create_task(self._carrier.run())

    def say(self, chunks: int) -> None:
        self.intake.tracks[MIXED].put([Chunk(100 * (self._said + n), b"x") for n in range(chunks)])
        self._said += chunks
        self._carrier.carry(self.intake)

    async def arrives(self) -> None:
        await eventually(lambda: carried(self._bus, self.intake.meeting_id, self._said))

    async def stop(self) -> None:
        assert not self._running.done()
        await end(self._running)


@pytest.fixture
async def hearing(own_bus: Bus) -> AsyncIterator[Hearing]:
    hearing = Hearing(own_bus, await new_meeting(own_bus))
    hearing.say(3)
    await hearing.arrives()
    yield hearing
    await hearing.stop()


async def refused(bus: Bus, meeting_id: str) -> type[Exception]:
    """What a write is refused with."""
    with pytest.raises(LOST) as refusal:
        await bus.write(meeting_id, Write(facts=(Hushed(id="h", meeting_id=meeting_id, at=1, by="A"),)))
    return refusal.type


async def test_a_full_redis_evicts_nothing_and_takes_all_when_there_is_room(own_bus: Bus, hearing: Hearing) -> None:
    await own_bus.redis.config_set("maxmemory", "1mb")
    hearing.say(5)
    assert await refused(own_bus, hearing.intake.meeting_id) is redis.exceptions.OutOfMemoryError
    assert await carried(own_bus, hearing.intake.meeting_id, 3)
    await own_bus.redis.config_set("maxmemory", "0")
    await hearing.arrives()


async def test_a_primary_that_became_a_replica_is_waited_for(own_bus: Bus, hearing: Hearing) -> None:
    await own_bus.redis.replicaof("127.0.0.1", free_port())
    hearing.say(5)
    assert await refused(own_bus, hearing.intake.meeting_id) is redis.exceptions.ReadOnlyError
    await own_bus.redis.replicaof("NO", "ONE")
    await hearing.arrives()


async def test_a_redis_that_died_is_waited_for_and_told_everything_again(
    server: RedisServer, own_bus: Bus, hearing: Hearing
) -> None:
    """It has what it had when it was saved last."""
    await own_bus.redis.save()
    await server.stop()
    hearing.say(5)
    await server.start()
    await hearing.arrives()


async def test_a_redis_that_is_loading_is_away() -> None:
    assert issubclass(redis.exceptions.BusyLoadingError, LOST)


async def test_one_server_of_a_cluster_that_is_gone_takes_its_own_shards_along_and_no_others(tmp_path: Path) -> None:
    """CLUSTERDOWN, and refused connections, in a cluster without replicas."""
    async with RedisCluster(tmp_path, BINARY, replicas=False, node_timeout_ms=500) as cluster:
        bus = new_bus(cluster.url)
        meetings = [await new_meeting(bus, shard=shard) for shard in range(0, 64, 4)]
        hearings = [Hearing(bus, meeting) for meeting in meetings]
        for hearing in hearings:
            hearing.say(2)
        await cluster.servers[0].stop()
        for hearing in hearings:
            hearing.say(3)
        await eventually(lambda: most_arrived(bus, meetings))
        await cluster.servers[0].start()
        await cluster.until(cluster.is_well)
        for hearing in hearings:
            await hearing.arrives()
            await hearing.stop()
        await bus.close()


async def most_arrived(bus: Bus, meetings: list[str]) -> bool:
    """Those of the two servers that are well."""
    return sum([await carried(bus, meeting, 5) for meeting in meetings]) >= len(meetings) / 2


async def test_a_slot_that_moves_meanwhile_is_followed(tmp_path: Path) -> None:
    """ASK while it moves, MOVED afterwards."""
    async with RedisCluster(tmp_path, BINARY, replicas=False) as cluster:
        bus = new_bus(cluster.url)
        meeting = await new_meeting(bus, shard=3)
        hearing = Hearing(bus, meeting)
        hearing.say(2)
        await hearing.arrives()
        moving = asyncio.create_task(cluster.move_slot(hearing.intake.keys.state))
        while not moving.done():
            hearing.say(1)
            await asyncio.sleep(0.01)
        assert await moving > 2
        await hearing.arrives()
        await hearing.stop()
        await bus.close()
