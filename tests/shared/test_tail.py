"""Following streams on a real server: blocking, streams that come and go, a connection that dies."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest
from support import eventually

from shared.bus import Bus
from shared.connections import close, connect
from shared.tail import BELL_KEPT_MS, ROOM, Follower, Lane, Tail


@pytest.fixture
async def tail(bus: Bus, redis_url: str) -> AsyncIterator[Tail]:
    client = connect(redis_url)
    tail = Tail(client)
    task = asyncio.create_task(tail.run())
    yield tail
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    await close(client)


async def test_entries_come_in_order_from_the_beginning(bus: Bus, tail: Tail) -> None:
    for n in range(250):
        await bus.redis.xadd("{t}:s", {"n": n})
    follower = tail.follow("{t}:s")
    assert [int((await anext(follower)).fields[b"n"]) for _ in range(250)] == list(range(250))


async def test_a_stream_that_is_followed_later_is_not_kept_waiting_by_a_blocked_read(bus: Bus, tail: Tail) -> None:
    tail.follow("{t}:silent")
    await asyncio.sleep(0.1)
    follower = tail.follow("{t}:late")
    await bus.redis.xadd("{t}:late", {"n": 1})
    async with asyncio.timeout(0.5):
        assert (await anext(follower)).fields == {b"n": b"1"}


@pytest.mark.one_server
async def test_whoever_begins_or_goes_on_costs_no_connection(bus: Bus, tail: Tail) -> None:
    """A read that is given up would."""
    silent = tail.follow("{t}:silent")
    await asyncio.sleep(0.1)
    before = (await bus.redis.info("stats"))["total_connections_received"]
    for n in range(50):
        follower = tail.follow(f"{{t}}:{n}")
        await bus.redis.xadd(f"{{t}}:{n}", {"n": n})
        async with asyncio.timeout(0.5):
            assert (await anext(follower)).fields == {b"n": b"%d" % n}
        follower.close()
    assert (await bus.redis.info("stats"))["total_connections_received"] - before <= 1
    assert silent.batch() == []


async def test_a_bell_is_left_only_for_so_long(bus: Bus, tail: Tail) -> None:
    tail.follow("{t}:silent")
    await asyncio.sleep(0.1)
    tail.follow("{t}:late")
    await eventually(lambda: has_bell(bus))
    (bell,) = [key async for key in bus.redis.scan_iter("*:wake:*")]
    assert 0 < await bus.redis.pttl(bell) <= BELL_KEPT_MS
    assert await bus.redis.xlen(bell) == 1


async def has_bell(bus: Bus) -> bool:
    return bool([key async for key in bus.redis.scan_iter("*:wake:*")])


@pytest.mark.one_server
async def test_the_bell_is_heard_also_where_the_clock_is_behind_after_a_failover(bus: Bus, tail: Tail) -> None:
    silent = tail.follow("{t}:silent")
    (lane,) = tail._lanes.values()
    lane._rung = b"99999999999999-0"
    await asyncio.sleep(1.1)  # a whole read, so that the next one asks for what comes after that
    for client in await bus.redis.client_list():
        if client["cmd"].startswith("xread"):
            await bus.redis.client_kill(client["addr"])
    await asyncio.sleep(0.3)
    late = tail.follow("{t}:late")
    await bus.redis.xadd("{t}:late", {"n": 1})
    async with asyncio.timeout(0.4):
        assert (await anext(late)).fields == {b"n": b"1"}
    assert silent.batch() == []


async def test_two_followers_of_one_stream_each_get_what_they_asked_for(bus: Bus, tail: Tail) -> None:
    first = await bus.redis.xadd("{t}:s", {"n": 1})
    await bus.redis.xadd("{t}:s", {"n": 2})
    everything, rest = tail.follow("{t}:s"), tail.follow("{t}:s", first)
    assert (await anext(everything)).fields == {b"n": b"1"}
    assert (await anext(rest)).fields == {b"n": b"2"}


async def test_nothing_is_lost_when_the_connection_is_killed(bus: Bus, tail: Tail) -> None:
    follower = tail.follow("{t}:s")
    await bus.redis.xadd("{t}:s", {"n": 1})
    await anext(follower)
    for client in await bus.redis.client_list():
        if client["cmd"].startswith("xread"):
            await bus.redis.client_kill(client["addr"])
    await bus.redis.xadd("{t}:s", {"n": 2})
    async with asyncio.timeout(3):
        assert (await anext(follower)).fields == {b"n": b"2"}


async def test_a_slow_follower_does_not_fill_the_memory(bus: Bus, tail: Tail) -> None:
    pipe = bus.redis.pipeline(transaction=False)
    for n in range(3 * ROOM):
        pipe.xadd("{t}:s", {"n": n})
    await pipe.execute()
    follower = tail.follow("{t}:s")
    await eventually(lambda: not follower.has_room)
    await asyncio.sleep(0.1)
    assert len(follower.batch()) <= ROOM + 100
    assert int((await anext(follower)).fields[b"n"]) >= ROOM


async def test_a_closed_follower_is_not_read_for(tail: Tail) -> None:
    follower = tail.follow("{t}:s")
    follower.close()
    assert not any("{t}:s" in lane._followers for lane in tail._lanes.values())


class ComesMeanwhile:
    """A client, and its pool, at whose reads somebody else begins to follow before the reply is taken."""

    def __init__(self, bus: Bus) -> None:
        self.pool, self.response_callbacks = bus.redis.connection_pool, bus.redis.response_callbacks
        self.connection_pool, self.lane = self, Lane(self, "{t}")
        self.late: list[Follower] = []

    async def get_connection(self) -> object:
        return await self.pool.get_connection()

    async def release(self, connection: object) -> None:
        await self.pool.release(connection)
        self.late.append(self.lane.follow("{t}:s", b"0", asyncio.Event()))


@pytest.mark.one_server
async def test_who_comes_during_a_read_of_later_entries_still_gets_those_before(bus: Bus) -> None:
    ids = [await bus.redis.xadd("{t}:s", {"n": n}) for n in range(4)]
    between = ComesMeanwhile(bus)
    lane = between.lane
    early = lane.follow("{t}:s", ids[1], asyncio.Event())
    await lane._read()
    (late,) = between.late
    assert [entry.id for entry in early.batch()] == ids[2:]
    assert late.batch() == []
    await lane._read()
    assert [entry.id for entry in late.batch()] == ids


@pytest.mark.one_server
async def test_what_followers_do_with_a_read_comes_before_the_next_read(bus: Bus) -> None:
    between = ComesMeanwhile(bus)
    follower = between.lane.follow("{t}:s", b"0", asyncio.Event())
    await bus.redis.xadd("{t}:s", {"n": 1})
    done: list[str] = []
    working = asyncio.create_task(work_on(follower, done))
    await asyncio.sleep(0)
    await between.lane._read()
    assert done == ["work"]
    await working


async def work_on(follower: Follower, done: list[str]) -> None:
    """Which hands it to another task, as most do."""
    await anext(follower)
    await asyncio.create_task(asyncio.sleep(0))
    done.append("work")
