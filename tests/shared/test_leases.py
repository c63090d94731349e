"""Leases as Redis has them, on a real server: each step is for many shards, and each shard has an answer of its own."""

from pathlib import Path

import pytest
from redis.crc import key_slot
from support import new_meeting

from rehearsal.redis_servers import SLOTS, RedisCluster, server_binaries
from shared.bus import Bus, Epoch, new_bus
from shared.connections import LOST, close, connect
from shared.heartbeat import Heartbeat, heartbeats
from shared.leases import LEASE_MS, Leases
from shared.offers import Offer, Offers
from shared.ports import free_port
from shared.streams import SHARDS, WORKERS, ShardKeys

ROLE = "brain"
NOW_MS = 1_700_000_000_000


def leases_of(bus: Bus, worker: str) -> Leases:
    return Leases(bus.redis, ROLE, worker)


def by_shard(*epochs: Epoch) -> dict[int, Epoch]:
    return {epoch.shard: epoch for epoch in epochs}


async def test_each_shard_is_taken_once_and_those_that_were_free_are_told(bus: Bus) -> None:
    taken = await leases_of(bus, "a").acquire([3, 5])
    assert [epoch.shard for epoch in taken] == [3, 5]
    assert [epoch.shard for epoch in await leases_of(bus, "b").acquire([2, 3, 4, 5])] == [2, 4]


async def test_only_free_shards_are_found_with_their_meetings(bus: Bus) -> None:
    await leases_of(bus, "a").acquire([1])
    meeting_id = await new_meeting(bus, shard=4)
    assert meeting_id in await bus.active(4)
    assert await leases_of(bus, "b").free([1, 2, 4]) == {2: 0, 4: 1}


async def test_a_look_renews_what_is_still_held_and_tells_what_is_lost(bus: Bus) -> None:
    ours = leases_of(bus, "a")
    first, second = await ours.acquire([7, 9])
    await bus.redis.delete(ShardKeys(9).lease(ROLE))
    await leases_of(bus, "thief").acquire([9])
    await bus.redis.pexpire(ShardKeys(7).lease(ROLE), 400)
    assert (await ours.look(by_shard(first, second), None, NOW_MS)).lost == [second]
    assert await bus.redis.pttl(ShardKeys(7).lease(ROLE)) > LEASE_MS - 1000
    assert (await bus.redis.get(ShardKeys(9).lease(ROLE))).startswith(b"thief:")


async def test_a_look_that_renews_nothing_lets_leases_run_out(bus: Bus) -> None:
    ours = leases_of(bus, "a")
    await ours.acquire([7])
    await bus.redis.pexpire(ShardKeys(7).lease(ROLE), 400)
    await ours.look({}, None, NOW_MS)
    assert await bus.redis.pttl(ShardKeys(7).lease(ROLE)) <= 400


async def test_a_look_says_how_we_are_and_hears_the_others_and_what_is_offered(bus: Bus) -> None:
    await leases_of(bus, "b").look({}, Heartbeat(at=NOW_MS, ready=True, shards=2), NOW_MS)
    offer = Offer(heir="a", by="b", at=NOW_MS)
    await Offers(bus.redis, ROLE).put({5: offer})
    heard = await leases_of(bus, "a").look({}, Heartbeat(at=NOW_MS, ready=False), NOW_MS)
    assert heard.offers == {5: offer}
    assert heard.beats == await heartbeats(bus.redis, ROLE, NOW_MS)
    assert heard.beats == {
        "a": Heartbeat(at=NOW_MS, ready=False),
        "b": Heartbeat(at=NOW_MS, ready=True, shards=2),
    }


async def test_who_says_nothing_still_hears(bus: Bus) -> None:
    heard = await leases_of(bus, "a").look({}, None, NOW_MS)
    assert (heard.offers, heard.beats) == ({}, {})
    assert await bus.redis.exists(WORKERS + ROLE) == 0


@pytest.mark.one_server
async def test_a_redis_that_takes_no_writes_is_still_heard(bus: Bus) -> None:
    ours = leases_of(bus, "a")
    held = await ours.acquire([1, 2])
    await leases_of(bus, "b").look({}, Heartbeat(at=NOW_MS, ready=True), NOW_MS)
    await bus.redis.config_set("maxmemory", "1mb")
    try:
        heard = await ours.look(by_shard(*held), Heartbeat(at=NOW_MS, ready=True), NOW_MS)
        assert heard.lost == []
        assert set(heard.beats or {}) == {"b"}
    finally:
        await bus.redis.config_set("maxmemory", "0")


async def test_what_is_transferred_is_the_heirs_under_a_higher_epoch_and_nothing_else_is(bus: Bus) -> None:
    ours, heirs = leases_of(bus, "a"), leases_of(bus, "b")
    first, second = await ours.acquire([1, 2])
    await ours.transfer([first, Epoch(ROLE, 2, second.epoch - 1)], {1: "b", 2: "b"})
    (swapped,) = await heirs.ours([1, 2])
    assert (swapped.shard, swapped.epoch > first.epoch) == (1, True)
    assert (await ours.look(by_shard(first, second), None, NOW_MS)).lost == [first]
    assert (await heirs.look(by_shard(swapped), None, NOW_MS)).lost == []


async def test_what_is_released_is_free_unless_somebody_else_has_it_by_now(bus: Bus) -> None:
    ours = leases_of(bus, "a")
    first, second = await ours.acquire([1, 2])
    await bus.redis.delete(ShardKeys(2).lease(ROLE))
    await leases_of(bus, "thief").acquire([2])
    await ours.release([first, second])
    assert await ours.free([1, 2]) == {1: 0}


async def test_nothing_is_asked_about_no_shards(bus: Bus) -> None:
    ours = leases_of(bus, "a")
    assert await ours.acquire([]) == []
    assert await ours.free([]) == {}
    assert await ours.ours([]) == []


@pytest.mark.one_server
async def test_a_look_is_one_round_trip(bus: Bus) -> None:
    """However many shards are held: one script renews them, and one hears."""
    ours = leases_of(bus, "a")
    held = await ours.acquire(range(20))
    await ours.look(by_shard(*held), None, NOW_MS)
    before = await evals(bus)
    await ours.look(by_shard(*held), None, NOW_MS)
    assert await evals(bus) - before == 2


async def evals(bus: Bus) -> int:
    stats = await bus.redis.info("commandstats")
    return int(stats.get("cmdstat_evalsha", {}).get("calls", 0))


@pytest.mark.one_server
@pytest.mark.parametrize("is_heard", [True, False])
async def test_a_server_of_a_cluster_that_is_away_holds_up_the_leases_of_no_other(
    tmp_path: Path, *, is_heard: bool
) -> None:
    """Nor is it said that anything is lost; what is said and offered is heard as long as its own server is there."""
    binary = next(iter(server_binaries().values()))
    async with RedisCluster(tmp_path, binary, replicas=False, node_timeout_ms=500) as cluster:
        bus = new_bus(cluster.url)
        ours, word = leases_of(bus, "a"), Heartbeat(at=NOW_MS, ready=True)
        held = by_shard(*await ours.acquire(range(SHARDS)))
        assert len(held) == SHARDS
        assert (await ours.look(held, word, NOW_MS)).beats == {"a": word}
        away = (key_slot(WORKERS.encode()) * 3 // SLOTS + is_heard) % 3
        await cluster.servers[away].stop()
        there = [n for n in held if key_slot(ShardKeys(n).tag.encode()) * 3 // SLOTS != away]
        for shard in there:
            await bus.redis.pexpire(ShardKeys(shard).lease(ROLE), 1000)
        heard = await ours.look(held, word, NOW_MS)
        assert heard.lost == []
        assert heard.beats == ({"a": word} if is_heard else None)
        assert all([await bus.redis.pttl(ShardKeys(shard).lease(ROLE)) > 1000 for shard in there])
        await bus.close()


async def test_a_redis_that_is_away_is_told_of() -> None:
    client = connect(f"redis://127.0.0.1:{free_port()}/0")
    with pytest.raises(LOST):
        await Leases(client, ROLE, "a").look({1: Epoch(ROLE, 1, 1)}, None, NOW_MS)
    await close(client)
