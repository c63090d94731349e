"""What a configured Redis must be, and what a write does on it."""

import asyncio
import contextlib
import time

import pytest
from redis.exceptions import AuthenticationError
from support import eventually, facts_of, new_meeting

from shared.bus import Bus, Epoch, Write, new_bus
from shared.clock import SystemClock
from shared.connections import LOST
from shared.errors import BusError, MeetingGoneError
from shared.events import CODEC, CaptionChanged, Hushed, LeaveMeeting
from shared.ports import free_port
from shared.redis_checks import check_redis, open_bus
from shared.restoring import keep_writes
from shared.streams import MeetingKeys, ShardKeys
from shared.waiting import end


class OldRedis:
    """Answers INFO as it is told."""

    def __init__(self, **info: str | int) -> None:
        self._info = info

    async def info(self) -> dict[str, str]:
        if "refuses" in self._info:
            raise AuthenticationError("WRONGPASS")
        return self._info


async def complaint(client: object) -> str:
    with pytest.raises(BusError) as wrong:
        await check_redis(client, "redis://user:password@redis.example.org:6379/0")
    return str(wrong.value)


async def test_an_absent_redis_is_named_with_the_remedy() -> None:
    with pytest.raises(BusError, match="start it, correct REDIS_URL or REDIS_HOST"):
        await open_bus(f"redis://127.0.0.1:{free_port()}/0")


async def test_an_old_redis_is_refused() -> None:
    text = await complaint(OldRedis(redis_version="6.2.14", maxmemory_policy="noeviction"))
    assert "6.2.14" in text
    assert "7.0" in text


async def test_a_redis_that_evicts_is_refused_with_the_command_that_mends_it() -> None:
    text = await complaint(OldRedis(redis_version="7.0.15", maxmemory_policy="allkeys-lru"))
    assert "CONFIG SET maxmemory-policy noeviction" in text


async def test_a_wrong_password_is_told_and_never_shown() -> None:
    text = await complaint(OldRedis(refuses="yes"))
    assert "refused the password" in text
    assert "password@" not in text


async def test_one_server_of_a_cluster_is_told_to_be_written_as_a_cluster() -> None:
    text = await complaint(OldRedis(redis_version="7.2.4", cluster_enabled=1))
    assert "redis+cluster://redis.example.org:6379" in text


@pytest.mark.one_server
async def test_a_real_server_that_evicts_is_noticed(bus: Bus, redis_url: str) -> None:
    await bus.redis.config_set("maxmemory-policy", "allkeys-lru")
    try:
        with pytest.raises(BusError, match="evicts"):
            await open_bus(redis_url)
    finally:
        await bus.redis.config_set("maxmemory-policy", "noeviction")


async def test_a_good_server_is_taken(bus: Bus, redis_url: str) -> None:
    opened = await open_bus(redis_url)
    assert await opened.redis.ping()
    await opened.close()


@pytest.mark.one_server
async def test_every_new_connection_is_counted(bus: Bus, redis_url: str) -> None:
    mine = new_bus(redis_url)
    await mine.redis.ping()
    before = mine.connects.count
    for client in await bus.redis.client_list():
        if client["cmd"] == "ping":
            await bus.redis.client_kill(client["addr"])
    with contextlib.suppress(*LOST):
        await mine.redis.ping()
    await mine.redis.ping()
    assert mine.connects.count == before + 1
    await mine.close()


async def test_captions_are_short_lived_and_never_on_the_timeline(bus: Bus) -> None:
    meeting_id = await new_meeting(bus)
    keys = MeetingKeys(meeting_id)
    for n in range(20):
        caption = CaptionChanged(
            id=str(n), meeting_id=meeting_id, at=n, track="mixed", speaker="A", start_ms=0, end_ms=n, text="x"
        )
        await bus.write(meeting_id, Write(captions=(caption,)))
    assert await bus.redis.xlen(keys.live) == 4
    assert 9_000 < await bus.redis.pttl(keys.live) <= 10_000
    assert len(await facts_of(bus, meeting_id)) == 1


async def test_a_write_changes_state_timeline_and_roster_together(bus: Bus) -> None:
    meeting_id = await new_meeting(bus)
    fact = Hushed(id="h", meeting_id=meeting_id, at=1, by="A")
    ids = await bus.write(meeting_id, Write(facts=(fact, fact), state={"a": "1", "b": 2}, retire=True))
    state = await bus.state(meeting_id)
    assert len(ids) == 2
    assert (state["a"], state["b"]) == ("1", "2")
    assert await bus.active(3) == set()


async def test_a_command_goes_out_with_the_facts_or_not_at_all(bus: Bus) -> None:
    meeting_id, gone = await new_meeting(bus), "m-03-" + "a" * 20
    (before, *_) = [entry.id for entry in await bus.timeline(meeting_id)][-1:]
    assert await bus.send(meeting_id, asked(meeting_id)) == before
    with pytest.raises(MeetingGoneError):
        await bus.send(gone, asked(gone))
    assert await bus.redis.xlen(COMMANDS) == 1
    assert (await facts_of(bus, meeting_id))[-1].id == "h"


async def test_what_redis_forgot_is_written_again_once(bus: Bus) -> None:
    meeting_id = await new_meeting(bus)
    keys = MeetingKeys(meeting_id)
    first, second = hushed(meeting_id, "1"), hushed(meeting_id, "2")
    await bus.append(meeting_id, first)
    (lost,) = await bus.append(meeting_id, second, state={"a": "b"})
    await bus.redis.xdel(keys.timeline, lost)
    await bus.redis.hdel(keys.state, "a")
    assert await bus.restore() == 1
    assert await bus.restore() == 0
    assert (await facts_of(bus, meeting_id))[1:] == [first, second]
    assert (await bus.state(meeting_id))["a"] == "b"


async def test_a_command_that_redis_forgot_is_sent_again(bus: Bus) -> None:
    meeting_id = await new_meeting(bus)
    command = LeaveMeeting(id="l", meeting_id=meeting_id, at=1)
    await bus.send(meeting_id, Write(send=("brain", command)))
    await bus.redis.delete(COMMANDS)
    assert await bus.restore() == 1
    ((_, fields),) = await bus.redis.xrange(COMMANDS)
    assert CODEC.decode(fields) == command


async def test_an_entry_of_somebody_else_at_the_same_place_is_not_taken_for_ours(bus: Bus) -> None:
    meeting_id = await new_meeting(bus)
    keys = MeetingKeys(meeting_id)
    (mine,) = await bus.append(meeting_id, hushed(meeting_id, "1"))
    await bus.redis.delete(keys.timeline)
    await bus.redis.xadd(keys.timeline, {"type": "speech.hushed", "body": b"other"}, id=mine)
    await bus.restore()
    assert (await bus.timeline(meeting_id))[-1].fields[b"body"] != b"other"


async def test_what_another_owner_may_write_by_now_is_not_written_again(bus: Bus) -> None:
    meeting_id = await new_meeting(bus)
    keys = MeetingKeys(meeting_id)
    await bus.redis.hset(keys.shard.own("brain"), "epoch", "5")
    (mine,) = await bus.write(meeting_id, Write(facts=(hushed(meeting_id, "1"),)), owner=Epoch("brain", 3, 5))
    await bus.redis.xdel(keys.timeline, mine)
    await bus.redis.hset(keys.shard.own("brain"), "epoch", "6")
    await bus.restore()
    assert not await has_fact(bus, meeting_id, "1")


@pytest.mark.one_server
async def test_writes_are_looked_for_after_every_new_connection(bus: Bus, redis_url: str) -> None:
    meeting_id = await new_meeting(bus)
    mine = new_bus(redis_url)
    keeping = asyncio.create_task(keep_writes(mine, SystemClock()))
    (lost,) = await mine.append(meeting_id, hushed(meeting_id, "1"))
    await bus.redis.xdel(MeetingKeys(meeting_id).timeline, lost)
    await mine.redis.connection_pool.disconnect()
    await eventually(lambda: has_fact(bus, meeting_id, "1"))
    await end(keeping)
    await mine.close()


async def test_a_track_may_begin_at_time_zero(bus: Bus) -> None:
    meeting_id = await new_meeting(bus)
    await bus.open_track(meeting_id, "mixed")
    assert await bus.redis.xadd(MeetingKeys(meeting_id).audio("mixed"), {"pcm": b""}, id="0-1") == b"0-1"


async def test_opening_a_track_twice_keeps_its_audio(bus: Bus) -> None:
    meeting_id = await new_meeting(bus)
    await bus.open_track(meeting_id, "mixed")
    await bus.redis.xadd(MeetingKeys(meeting_id).audio("mixed"), {"pcm": b""}, id="0-1")
    await bus.open_track(meeting_id, "mixed")
    assert await bus.redis.xlen(MeetingKeys(meeting_id).audio("mixed")) == 1


async def test_a_finished_meeting_goes_when_its_retention_is_over_and_its_audio_at_once(bus: Bus) -> None:
    meeting_id = await new_meeting(bus)
    keys = MeetingKeys(meeting_id)
    await bus.redis.hset(keys.state, "settings", '{"retention_hours":2.5}')
    await bus.open_track(meeting_id, "mixed")
    assert await bus.redis.pttl(keys.timeline) == -1
    done = Hushed(id="h", meeting_id=meeting_id, at=1, by="A")
    await bus.write(meeting_id, Write(facts=(done,), retire=True))
    for key in (keys.timeline, keys.state):
        assert 12_590_000 < await bus.redis.pttl(key) <= 12_600_000
    due_in_ms = await bus.redis.zscore(keys.shard.due, meeting_id) - time.time() * 1000
    assert 8_990_000 < due_in_ms <= 9_000_000
    assert not await bus.redis.exists(keys.audio("mixed"))
    with pytest.raises(MeetingGoneError):
        await bus.open_track(meeting_id, "mixed")


COMMANDS = ShardKeys(3).commands("brain")


def hushed(meeting_id: str, event_id: str = "h") -> Hushed:
    return Hushed(id=event_id, meeting_id=meeting_id, at=1, by="A")


def asked(meeting_id: str) -> Write:
    command = LeaveMeeting(id="l", meeting_id=meeting_id, at=1)
    return Write(facts=(hushed(meeting_id),), send=("brain", command))


async def has_fact(bus: Bus, meeting_id: str, event_id: str) -> bool:
    return any(fact.id == event_id for fact in await facts_of(bus, meeting_id))
