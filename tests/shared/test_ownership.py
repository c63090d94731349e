"""Leases and epochs: the rules without Redis, the scripts against a real server."""

import asyncio
from collections.abc import Awaitable

import pytest
import redis.exceptions
from support import eventually, facts_of, new_meeting

from shared.bus import Bus, Epoch, Guard, Write
from shared.clock import Clock, ManualClock, SystemClock
from shared.errors import FencedError, ForgottenError, MeetingGoneError
from shared.events import Hushed
from shared.heartbeat import Heartbeat, beat
from shared.leases import LEASE_MS
from shared.offers import Offer, Offers
from shared.ownership import RENEW_EVERY_MS, SEEK_EVERY_MS, Hooks, Ownership
from shared.streams import OFFERS, SHARDS, ShardKeys
from shared.waiting import end


class Log:
    """Remembers what was gained and lost."""

    def __init__(self) -> None:
        self.gained: list[Epoch] = []
        self.finished: list[Epoch] = []
        self.lost: list[Epoch] = []
        self.loads: dict[int, int] = {}

    async def gain(self, epoch: Epoch) -> None:
        self.gained.append(epoch)

    async def finish(self, epoch: Epoch) -> None:
        self.finished.append(epoch)

    async def lose(self, epoch: Epoch) -> None:
        self.lost.append(epoch)


def owner_of(bus: Bus, worker: str, clock: Clock, log: Log) -> Ownership:
    hooks = Hooks(gained=log.gain, finish=log.finish, lost=log.lose, load=lambda shard: log.loads.get(shard, 0))
    return Ownership(bus, "brain", worker, clock=clock, hooks=hooks)


async def test_one_worker_takes_every_shard(bus: Bus, clock: ManualClock) -> None:
    log = Log()
    await owner_of(bus, "a", clock, log).look()
    assert {epoch.shard for epoch in log.gained} == set(range(SHARDS))


async def test_a_shard_has_one_owner(bus: Bus, clock: ManualClock) -> None:
    first, second = Log(), Log()
    await owner_of(bus, "a", clock, first).look()
    await owner_of(bus, "b", clock, second).look()
    assert second.gained == []


async def beats(bus: Bus, clock: Clock, **owners: Ownership) -> None:
    """All of them say that they are alive."""
    for name, owner in owners.items():
        told = Heartbeat(at=clock.now_ms(), ready=True, shards=len(owner.held), is_leaving=owner.is_leaving)
        await beat(bus.redis, "brain", name, told)


async def with_heir(heir: Ownership, work: Awaitable[None]) -> None:
    """The heir looks again and again while the owner hands over."""
    task = asyncio.ensure_future(work)
    while not task.done():
        await heir.look()
        await asyncio.sleep(0.01)
    await heir.look()
    await task


async def test_a_newcomer_is_handed_its_share(bus: Bus) -> None:
    clock, first, second = SystemClock(), Log(), Log()
    a, b = owner_of(bus, "a", clock, first), owner_of(bus, "b", clock, second)
    await a.look()
    await beats(bus, clock, a=a, b=b)
    await a.look()
    await with_heir(b, a._moving)
    assert (len(a.held), len(b.held)) == (33, 31)
    assert not set(a.held) & set(b.held)
    assert {epoch.shard for epoch in first.finished} == set(b.held)
    assert await bus.redis.hlen(OFFERS + "brain") == 0


async def test_meetings_are_shared_out_too(bus: Bus) -> None:
    clock, first = SystemClock(), Log()
    first.loads = dict.fromkeys(range(10), 1)
    a, b = owner_of(bus, "a", clock, first), owner_of(bus, "b", clock, Log())
    await a.look()
    await beats(bus, clock, a=a, b=b)
    await a.look()
    await with_heir(b, a._moving)
    assert len(set(first.loads) & set(b.held)) == 5


async def test_who_leaves_hands_all_over_under_higher_epochs_and_nobody_can_come_between(bus: Bus) -> None:
    clock, first, second = SystemClock(), Log(), Log()
    a, b = owner_of(bus, "a", clock, first), owner_of(bus, "b", clock, second)
    await a.look()
    await beats(bus, clock, a=a, b=b)
    await with_heir(b, a.drain())
    assert a.held == {}
    assert all(b.held[epoch.shard].epoch > epoch.epoch for epoch in first.gained)
    assert len(first.finished) == len(first.lost) == SHARDS
    await owner_of(bus, "c", clock, third := Log()).look()
    assert third.gained == []


async def test_an_heir_that_never_answers_is_not_waited_for(bus: Bus) -> None:
    clock = SystemClock()
    a = owner_of(bus, "a", clock, Log())
    await a.look()
    await beats(bus, clock, a=a, dead=owner_of(bus, "dead", clock, Log()))
    await a.drain()
    assert a.held == {}
    await owner_of(bus, "c", clock, third := Log()).look()
    assert len(third.gained) > 0
    assert await bus.redis.hlen(OFFERS + "brain") == 0


async def test_who_leaves_is_nobodys_heir(bus: Bus) -> None:
    clock = SystemClock()
    a, b = owner_of(bus, "a", clock, Log()), owner_of(bus, "b", clock, Log())
    await a.look()
    b.is_leaving = True
    await beats(bus, clock, a=a, b=b)
    await a.look()
    assert a._moving is None
    await Offers(bus.redis, "brain").put({3: Offer(heir="b", by="a", at=clock.now_ms())})
    await b.look()
    assert not (await Offers(bus.redis, "brain").all(clock.now_ms()))[3].is_accepted


async def test_an_owner_that_lost_its_shard_while_handing_over_hands_over_nothing(bus: Bus) -> None:
    clock, log = SystemClock(), Log()
    a, b = owner_of(bus, "a", clock, log), owner_of(bus, "b", clock, Log())
    await a.look()
    await expire_leases(bus)
    await owner_of(bus, "thief", clock, stolen := Log()).look()
    await beats(bus, clock, a=a, b=b)
    await with_heir(b, a.drain())
    assert b.held == {}
    assert len(stolen.gained) == SHARDS


async def test_old_offers_are_nobodys(bus: Bus, clock: ManualClock) -> None:
    offers = Offers(bus.redis, "brain")
    await offers.put({1: Offer(heir="b", by="a", at=clock.now_ms() - 16_000)})
    assert await offers.all(clock.now_ms()) == {}


async def test_a_takeover_has_a_higher_epoch_and_the_zombie_learns_it(bus: Bus, clock: ManualClock) -> None:
    first, second = Log(), Log()
    zombie, heir = owner_of(bus, "a", clock, first), owner_of(bus, "b", clock, second)
    await zombie.look()
    await expire_leases(bus)
    await heir.look()
    clock.advance(RENEW_EVERY_MS)
    await zombie.look()
    assert zombie.held == {}
    assert len(first.lost) == SHARDS
    assert all(heir.held[epoch.shard].epoch > epoch.epoch for epoch in first.gained)


async def test_an_expired_lease_that_nobody_took_is_kept(bus: Bus, clock: ManualClock) -> None:
    log = Log()
    owner = owner_of(bus, "a", clock, log)
    await owner.look()
    await expire_leases(bus)
    clock.advance(RENEW_EVERY_MS)
    await owner.look()
    assert log.lost == []
    assert await bus.redis.pttl(ShardKeys(5).lease("brain")) > LEASE_MS - 1000


async def test_after_an_interruption_leases_are_renewed_soon(bus: Bus, clock: ManualClock) -> None:
    owner = owner_of(bus, "a", clock, Log())
    await owner.look()
    await owner.look()
    clock.advance(RENEW_EVERY_MS)
    leases, owner._leases = owner._leases, Away()
    running = asyncio.create_task(owner.run())
    await eventually(lambda: clock._sleepers)
    await expire_leases(bus)
    owner._leases = leases
    clock.advance(round(SEEK_EVERY_MS * 1.15) + 1)
    await eventually(lambda: bus.redis.exists(ShardKeys(5).lease("brain")))
    await end(running)


class Away:
    """Leases of a Redis that does not answer."""

    async def look(self, *_: object) -> None:
        raise redis.exceptions.ConnectionError


async def test_what_is_given_back_can_be_taken_at_once(bus: Bus, clock: ManualClock) -> None:
    log = Log()
    owner = owner_of(bus, "a", clock, log)
    await owner.look()
    await owner.give_back_all()
    await owner_of(bus, "b", clock, heir := Log()).look()
    assert len(heir.gained) == SHARDS


async def test_leases_are_renewed_after_the_server_forgot_its_scripts(bus: Bus, clock: ManualClock) -> None:
    log = Log()
    owner = owner_of(bus, "a", clock, log)
    await owner.look()
    await bus.redis.script_flush()
    clock.advance(RENEW_EVERY_MS)
    await owner.look()
    assert log.lost == []


async def test_a_write_with_an_old_epoch_changes_nothing(bus: Bus, clock: ManualClock) -> None:
    meeting_id = await new_meeting(bus, shard=3)
    owner = owner_of(bus, "a", clock, Log())
    await owner.look()
    stale = owner.held[3]
    await expire_leases(bus)
    await owner_of(bus, "b", clock, Log()).look()
    before = await facts_of(bus, meeting_id)
    with pytest.raises(FencedError):
        await bus.write(meeting_id, Write(facts=(hushed(meeting_id),), state={"x": "1"}), owner=stale)
    assert await facts_of(bus, meeting_id) == before
    assert "x" not in await bus.state(meeting_id)


async def test_a_write_to_an_erased_meeting_makes_no_key(bus: Bus) -> None:
    meeting_id = "m-03-" + "a" * 20
    with pytest.raises(MeetingGoneError):
        await bus.write(meeting_id, Write(facts=(hushed(meeting_id),)))
    assert await bus.redis.dbsize() == 0


async def test_a_commit_that_is_not_ahead_changes_nothing(bus: Bus) -> None:
    meeting_id = await new_meeting(bus)
    write = Write(facts=(hushed(meeting_id),), guard=Guard("committed:mixed", 5000, -1))
    assert len(await bus.write(meeting_id, write)) == 1
    assert await bus.write(meeting_id, write) == []
    assert len(await facts_of(bus, meeting_id)) == 2


async def test_a_commit_on_a_redis_that_forgot_the_last_one_changes_nothing(bus: Bus) -> None:
    meeting_id = await new_meeting(bus)
    await bus.write(meeting_id, Write(guard=Guard("committed:mixed", 4000, -1)))
    with pytest.raises(ForgottenError):
        await bus.write(meeting_id, Write(facts=(hushed(meeting_id),), guard=Guard("committed:mixed", 9000, 5000)))
    assert (await bus.state(meeting_id))["committed:mixed"] == "4000"
    assert len(await facts_of(bus, meeting_id)) == 1


async def test_a_write_may_trim_the_audio_it_commits(bus: Bus) -> None:
    meeting_id = await new_meeting(bus)
    await bus.open_track(meeting_id, "mixed")
    audio = f"{{s0003}}:m:{meeting_id}:audio:mixed"
    for ms in range(0, 1000, 100):
        await bus.redis.xadd(audio, {"pcm": b"x"}, id=f"{ms}-1")
    await bus.write(meeting_id, Write(guard=Guard("committed:mixed", 800, -1), trim=("mixed", "500-1")))
    (first, _), *_ = await bus.redis.xrange(audio)
    assert first == b"500-1"


def hushed(meeting_id: str) -> Hushed:
    return Hushed(id="h", meeting_id=meeting_id, at=1, by="Ann")


async def expire_leases(bus: Bus) -> None:
    for shard in range(SHARDS):
        await bus.redis.delete(ShardKeys(shard).lease("brain"))
