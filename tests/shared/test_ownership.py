"""Leases and epochs: the rules without Redis, the scripts against a real server."""

import random

import pytest
from support import facts_of, new_meeting

from shared.bus import Bus, Epoch, Guard, Write
from shared.clock import ManualClock
from shared.errors import FencedError, ForgottenError, MeetingGoneError
from shared.events import Hushed
from shared.heartbeat import Heartbeat, beat
from shared.ownership import LEASE_MS, Ownership, limit_of, to_give_back, to_take
from shared.streams import SHARDS, ShardKeys


class Log:
    """Remembers what was gained and lost."""

    def __init__(self) -> None:
        self.gained: list[Epoch] = []
        self.lost: list[Epoch] = []

    async def gain(self, epoch: Epoch) -> None:
        self.gained.append(epoch)

    async def lose(self, epoch: Epoch) -> None:
        self.lost.append(epoch)


def owner_of(bus: Bus, worker: str, clock: ManualClock, log: Log) -> Ownership:
    return Ownership(bus, "brain", worker, clock=clock, gained=log.gain, lost=log.lose, load=lambda shard: 0)


@pytest.mark.parametrize(("workers", "limit"), [(0, 65), (1, 65), (2, 33), (3, 23), (64, 2), (1000, 2)])
def test_the_limit_is_a_fair_share_and_one(workers: int, limit: int) -> None:
    assert limit_of(workers) == limit


def test_no_more_shards_are_tried_than_the_limit_leaves() -> None:
    assert len(to_take({1, 2}, range(10), 5, random.Random(1))) == 3


def test_shards_that_are_held_are_not_tried() -> None:
    assert set(to_take({0, 1}, {0, 1, 2}, 64, random.Random(1))) == {2}


def test_nothing_is_tried_at_the_limit() -> None:
    assert to_take({0, 1}, {2, 3}, 2, random.Random(1)) == []


def test_idle_shards_are_given_back_first() -> None:
    assert to_give_back({1: 5, 2: 0, 3: 1}, 1) == [2, 3]


def test_nothing_is_given_back_below_the_limit() -> None:
    assert to_give_back({1: 5}, 3) == []


async def test_one_worker_takes_every_shard(bus: Bus, clock: ManualClock) -> None:
    log = Log()
    await owner_of(bus, "a", clock, log).balance()
    assert {epoch.shard for epoch in log.gained} == set(range(SHARDS))


async def test_a_shard_has_one_owner(bus: Bus, clock: ManualClock) -> None:
    first, second = Log(), Log()
    await owner_of(bus, "a", clock, first).balance()
    await owner_of(bus, "b", clock, second).balance()
    assert second.gained == []


async def test_two_workers_share_after_one_gave_back(bus: Bus, clock: ManualClock) -> None:
    first, second = Log(), Log()
    a, b = owner_of(bus, "a", clock, first), owner_of(bus, "b", clock, second)
    await a.balance()
    for name in ("a", "b"):
        await beat(bus.redis, "brain", name, Heartbeat(at=clock.now_ms(), ready=True))
    await a.balance()
    await b.balance()
    assert len(a.held) == 33
    assert len(b.held) == 31
    assert not set(a.held) & set(b.held)


async def test_a_takeover_has_a_higher_epoch_and_the_zombie_learns_it(bus: Bus, clock: ManualClock) -> None:
    first, second = Log(), Log()
    zombie, heir = owner_of(bus, "a", clock, first), owner_of(bus, "b", clock, second)
    await zombie.balance()
    await expire_leases(bus)
    await heir.balance()
    await zombie.renew()
    assert zombie.held == {}
    assert len(first.lost) == SHARDS
    assert all(heir.held[epoch.shard].epoch > epoch.epoch for epoch in first.gained)


async def test_an_expired_lease_that_nobody_took_is_kept(bus: Bus, clock: ManualClock) -> None:
    log = Log()
    owner = owner_of(bus, "a", clock, log)
    await owner.balance()
    await expire_leases(bus)
    await owner.renew()
    assert log.lost == []
    assert await bus.redis.pttl(ShardKeys(5).lease("brain")) > LEASE_MS - 1000


async def test_what_is_given_back_can_be_taken_at_once(bus: Bus, clock: ManualClock) -> None:
    log = Log()
    owner = owner_of(bus, "a", clock, log)
    await owner.balance()
    await owner.give_back_all()
    await owner_of(bus, "b", clock, heir := Log()).balance()
    assert len(heir.gained) == SHARDS


async def test_leases_are_renewed_after_the_server_forgot_its_scripts(bus: Bus, clock: ManualClock) -> None:
    log = Log()
    owner = owner_of(bus, "a", clock, log)
    await owner.balance()
    await bus.redis.script_flush()
    await owner.renew()
    assert log.lost == []


async def test_a_write_with_an_old_epoch_changes_nothing(bus: Bus, clock: ManualClock) -> None:
    meeting_id = await new_meeting(bus, shard=3)
    owner = owner_of(bus, "a", clock, Log())
    await owner.balance()
    stale = owner.held[3]
    await expire_leases(bus)
    await owner_of(bus, "b", clock, Log()).balance()
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
