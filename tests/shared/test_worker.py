"""How a worker says that it is alive: with its looks at the leases, or beside them."""

import asyncio

from support import eventually

from shared.bus import Bus
from shared.clock import ManualClock
from shared.heartbeat import heartbeats
from shared.sessions import OwnedMeeting, Owner
from shared.streams import SHARDS
from shared.tail import Tail
from shared.waiting import end
from shared.worker import SAID_MS, Worker, keep_beating


def worker_of(bus: Bus, clock: ManualClock) -> Worker:
    return Worker("brain", bus, Tail(bus.redis), clock)


async def no_session(meeting: OwnedMeeting) -> None:
    """Over at once."""


async def test_who_owns_nothing_says_it_by_itself(bus: Bus, clock: ManualClock) -> None:
    worker = worker_of(bus, clock)
    beating = asyncio.create_task(keep_beating(worker))
    await eventually(lambda: heartbeats(bus.redis, "brain", clock.now_ms()))
    await end(beating)


async def test_who_owns_shards_says_it_with_each_look_that_renews(bus: Bus, clock: ManualClock) -> None:
    worker = worker_of(bus, clock)
    owner = Owner(worker, no_session)
    await owner.ownership.look()
    clock.advance(1_000)
    await owner.ownership.look()
    (said,) = (await heartbeats(bus.redis, "brain", clock.now_ms())).values()
    assert (said.at, said.shards) == (clock.now_ms(), SHARDS)
    assert worker.said_at_ms == clock.now_ms()
    await owner.ownership.give_back_all()


async def test_what_a_look_has_said_is_not_said_beside_unless_looks_stop(bus: Bus, clock: ManualClock) -> None:
    worker = worker_of(bus, clock)
    worker.said_at_ms = clock.now_ms()
    beating = asyncio.create_task(keep_beating(worker))
    await eventually(lambda: clock._sleepers)
    assert await heartbeats(bus.redis, "brain", clock.now_ms()) == {}
    clock.advance(SAID_MS + 1)
    await eventually(lambda: heartbeats(bus.redis, "brain", clock.now_ms()))
    await end(beating)
