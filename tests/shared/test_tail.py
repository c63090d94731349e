"""Following streams on a real server: blocking, streams that come and go, a connection that dies."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

import pytest
from redis.asyncio import Redis
from support import eventually

from shared.bus import Bus
from shared.connections import close, connect
from shared.tail import ROOM, Follower, Lane, Tail


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


class Interrupted:
    """A client with which something happens between a read's reply and what is done with it."""

    def __init__(self, client: Redis, meanwhile: Callable[[], None]) -> None:
        self._client, self._meanwhile = client, meanwhile

    async def xread(self, *args: object, **options: object) -> object:
        reply = await self._client.xread(*args, **options)
        if reply:
            self._meanwhile()
        return reply


async def test_who_comes_during_a_read_misses_nothing_from_before_it(bus: Bus) -> None:
    first = await bus.redis.xadd("{t}:s", {"n": 1})
    second = await bus.redis.xadd("{t}:s", {"n": 2})
    await bus.redis.xadd("{t}:s", {"n": 3})
    late: list[Follower] = []
    lane = Lane(Interrupted(bus.redis, lambda: late.append(lane.follow("{t}:s", first, asyncio.Event()))))
    ahead = lane.follow("{t}:s", second, asyncio.Event())
    running = asyncio.create_task(lane.run())
    assert (await anext(ahead)).fields == {b"n": b"3"}
    assert [(await anext(late[0])).fields[b"n"] for _ in range(2)] == [b"2", b"3"]
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
