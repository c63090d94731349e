"""What becomes of a command's entry: in hand, settled, or taken over."""

import pytest
from support import new_meeting

from shared.bus import Bus, Entry, Write
from shared.clock import SystemClock
from shared.command_intake import CommandIntake, Delivery
from shared.commands import CommandLoop
from shared.events import LeaveMeeting
from shared.streams import SETTLED_KEPT_MS, ShardKeys
from shared.tail import Tail
from shared.worker import Worker

SHARD = 3
KEYS = ShardKeys(SHARD)
STREAM = KEYS.commands("brain")


async def nobody(delivery: Delivery, *, is_redelivered: bool) -> None:
    raise AssertionError("it is not running")


@pytest.fixture
def worker(bus: Bus) -> Worker:
    return Worker("brain", bus, Tail(bus.redis), SystemClock())


async def test_what_a_silent_consumer_has_in_hand_becomes_ours(bus: Bus, worker: Worker) -> None:
    await bus.redis.xgroup_create(STREAM, "brain", "0", mkstream=True)
    entry_id = await bus.redis.xadd(STREAM, {"a": 1})
    await bus.redis.xreadgroup("brain", "silent", {STREAM: ">"})
    await CommandIntake(worker, nobody).add(SHARD, 0)
    (pending,) = await bus.redis.xpending_range(STREAM, "brain", "-", "+", 10)
    assert (pending["message_id"], pending["consumer"]) == (entry_id, worker.name.encode())


async def test_what_is_in_hand_is_not_delivered_again_however_often_the_shards_change(bus: Bus, worker: Worker) -> None:
    """Redis counts deliveries, and a command that had too many is given up."""
    await bus.redis.xgroup_create(STREAM, "brain", "0", mkstream=True)
    working_on = await bus.redis.xadd(STREAM, {"a": 1})
    await bus.redis.xreadgroup("brain", worker.name, {STREAM: ">"})
    unseen = await bus.redis.xadd(STREAM, {"a": 2})
    await bus.redis.xreadgroup("brain", worker.name, {STREAM: ">"})
    came: list[tuple[bytes, bool]] = []

    async def accept(delivery: Delivery, *, is_redelivered: bool) -> None:
        came.append((delivery.entry.id, is_redelivered))

    intake = CommandIntake(worker, accept, {(SHARD, working_on)})
    await intake.add(SHARD, 60_000)
    for _ in range(3):
        await intake._read_pending()
    counts = {
        one["message_id"]: one["times_delivered"]
        for one in await bus.redis.xpending_range(STREAM, "brain", "-", "+", 9)
    }
    assert came == [(unseen, True)] * 3
    assert counts == {working_on: 1, unseen: 4}


async def in_hand(bus: Bus, meeting_id: str) -> Delivery:
    """A command that was sent with nothing beside it, and read."""
    await bus.redis.xgroup_create(STREAM, "brain", "0", mkstream=True)
    command = LeaveMeeting(id="l", meeting_id=meeting_id, at=1)
    await bus.send(meeting_id, Write(send=("brain", command)))
    await bus.redis.xreadgroup("brain", "me", {STREAM: ">"})
    ((entry_id, fields),) = await bus.redis.xrange(STREAM)
    return Delivery(SHARD, Entry(entry_id, fields))


@pytest.mark.parametrize("step", ["_settle", "_bury"])
async def test_what_is_settled_leaves_the_stream_and_is_not_taken_for_forgotten(
    bus: Bus, worker: Worker, step: str
) -> None:
    delivery = await in_hand(bus, await new_meeting(bus, shard=SHARD))
    await getattr(CommandLoop(worker, {}, None), step)(delivery, "why")
    assert await bus.redis.xlen(STREAM) == 0
    assert await bus.restore() == 0
    assert await bus.redis.xlen(STREAM) == 0
    assert 0 < await bus.redis.pttl(KEYS.settled("brain")) <= SETTLED_KEPT_MS


async def test_a_command_that_was_forgotten_with_its_settling_is_sent_again(bus: Bus, worker: Worker) -> None:
    delivery = await in_hand(bus, await new_meeting(bus, shard=SHARD))
    await CommandLoop(worker, {}, None)._settle(delivery, "done")
    await bus.redis.delete(KEYS.settled("brain"))
    assert await bus.restore() == 1
    assert await bus.redis.xlen(STREAM) == 1
