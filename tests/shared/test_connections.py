import asyncio

import hiredis
import pytest
import redis.exceptions

from shared.bus import Bus
from shared.connections import LOST, Line


async def write_for_ever(bus: Bus) -> None:
    while True:
        await bus.redis.set("busy", 1)


async def test_a_task_that_writes_without_pause_ends_whenever_it_is_cancelled(bus: Bus) -> None:
    for turns in range(300):
        task = asyncio.create_task(write_for_ever(bus))
        for _ in range(turns % 40):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait({task}, timeout=2)
        assert task.cancelled(), f"it went on after a cancellation at turn {turns % 40}"


async def test_what_a_task_still_has_to_write_when_it_was_cancelled_is_written(bus: Bus) -> None:
    task = asyncio.create_task(write_at_the_end(bus))
    await asyncio.sleep(0.05)
    task.cancel()
    await asyncio.wait({task}, timeout=2)
    assert await bus.redis.get("last") == b"written"


async def write_at_the_end(bus: Bus) -> None:
    try:
        await write_for_ever(bus)
    finally:
        await bus.redis.set("last", "written")


@pytest.mark.one_server
async def test_replies_come_in_order_and_an_error_is_one_of_them(bus: Bus) -> None:
    commands = [packed("SET", "text", "no hash"), packed("HGETALL", "text"), packed("GET", "text")]
    done, refused, text = await Line(bus.redis).exchange(commands, 1.0)
    assert (done, text) == (b"OK", b"no hash")
    assert isinstance(refused, redis.exceptions.ResponseError)


@pytest.mark.one_server
async def test_a_reply_that_comes_too_late_is_nobody_elses(bus: Bus) -> None:
    line = Line(bus.redis)
    with pytest.raises(TimeoutError):
        await line.exchange([packed("BLPOP", "nothing", "0.2")], 0.05)
    assert await line.exchange([packed("ECHO", "mine")], 1.0) == [b"mine"]


@pytest.mark.one_server
async def test_who_asks_at_the_same_time_gets_its_own_reply(bus: Bus) -> None:
    line = Line(bus.redis)
    for _ in range(2):
        replies = await asyncio.gather(*(line.exchange([packed("ECHO", str(n))], 1.0) for n in range(5)))
        assert replies == [[str(n).encode()] for n in range(5)]


@pytest.mark.one_server
async def test_a_kept_connection_that_died_at_rest_is_made_anew(bus: Bus) -> None:
    line = Line(bus.redis)
    (number,) = await line.exchange([packed("CLIENT", "ID")], 1.0)
    await bus.redis.client_kill_filter(_id=number)
    with pytest.raises(LOST):
        await line.exchange([packed("PING")], 1.0)
    assert await line.exchange([packed("PING")], 1.0) == [b"PONG"]


def packed(*words: str) -> bytes:
    return hiredis.pack_command(words)
