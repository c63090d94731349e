"""What goes of a command stream, and what stays however old it is."""

import time

import pytest
import redis.exceptions

from shared.bus import Bus
from shared.clock import SystemClock
from shared.command_intake import SETTLED_KEPT_MS, CommandIntake, Delivery
from shared.streams import ShardKeys
from shared.tail import Tail
from shared.worker import Worker

SHARD = 3
STREAM = ShardKeys(SHARD).commands("brain")
OLD, OLDER = "2000-1", "1000-1"


async def nobody(delivery: Delivery, *, is_redelivered: bool) -> None:
    raise AssertionError("it is not running")


@pytest.fixture
async def intake(bus: Bus) -> CommandIntake:
    intake = CommandIntake(Worker("brain", bus, Tail(bus.redis), SystemClock()), nobody)
    await intake.add(SHARD, 0)
    return intake


async def ids(bus: Bus) -> list[bytes]:
    return [entry_id for entry_id, _ in await bus.redis.xrange(STREAM)]


async def test_what_is_settled_and_old_goes(bus: Bus, intake: CommandIntake) -> None:
    await bus.redis.xadd(STREAM, {"a": 1}, id=OLDER)
    await bus.redis.xadd(STREAM, {"a": 2}, id=OLD)
    fresh = await bus.redis.xadd(STREAM, {"a": 3})
    await bus.redis.xreadgroup("brain", "somebody", {STREAM: ">"})
    await bus.redis.xack(STREAM, "brain", OLDER, OLD, fresh)
    await intake.tidy()
    assert await ids(bus) == [fresh]


async def test_what_nobody_has_read_stays(bus: Bus, intake: CommandIntake) -> None:
    await bus.redis.xadd(STREAM, {"a": 1}, id=OLDER)
    await intake.tidy()
    assert await ids(bus) == [OLDER.encode()]


async def test_what_is_in_hand_stays_with_all_that_came_after_it(bus: Bus, intake: CommandIntake) -> None:
    for entry_id in (OLDER, OLD):
        await bus.redis.xadd(STREAM, {"a": 1}, id=entry_id)
    await bus.redis.xreadgroup("brain", "somebody", {STREAM: ">"})
    await bus.redis.xack(STREAM, "brain", OLD)
    await intake.tidy()
    assert await ids(bus) == [OLDER.encode(), OLD.encode()]


async def test_what_was_settled_just_now_stays(bus: Bus, intake: CommandIntake) -> None:
    at_ms = round(time.time() * 1000) - SETTLED_KEPT_MS + 5_000
    await bus.redis.xadd(STREAM, {"a": 1}, id=f"{at_ms}-1")
    await bus.redis.xreadgroup("brain", "somebody", {STREAM: ">"})
    await bus.redis.xack(STREAM, "brain", f"{at_ms}-1")
    await intake.tidy()
    assert len(await ids(bus)) == 1


async def test_a_stream_that_redis_forgot_is_said_to_be_missing(bus: Bus, intake: CommandIntake) -> None:
    await bus.redis.delete(STREAM)
    with pytest.raises(redis.exceptions.ResponseError, match="no such key"):
        await intake.tidy()
