"""What a configured Redis must be, and what a write does on it."""

import contextlib

import pytest
from redis.exceptions import AuthenticationError
from support import facts_of, new_meeting

from shared.bus import LOST, Bus, Write, check_redis, new_bus, open_bus
from shared.errors import BusError, MeetingGoneError
from shared.events import CaptionChanged, Hushed
from shared.ports import free_port
from shared.streams import MeetingKeys, ShardKeys


class OldRedis:
    """Answers INFO as it is told."""

    def __init__(self, **info: str) -> None:
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


async def test_a_command_can_be_acknowledged_in_the_write_that_answers_it(bus: Bus) -> None:
    meeting_id = await new_meeting(bus)
    stream = ShardKeys(3).commands("brain")
    await bus.redis.xgroup_create(stream, "brain", "0", mkstream=True)
    entry_id = await bus.redis.xadd(stream, {"a": 1})
    await bus.redis.xreadgroup("brain", "me", {stream: ">"})
    await bus.write(meeting_id, Write(ack=("brain", entry_id)))
    assert (await bus.redis.xpending(stream, "brain"))["pending"] == 0


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
        assert 8_990_000 < await bus.redis.pttl(key) <= 9_000_000
    assert not await bus.redis.exists(keys.audio("mixed"))
    with pytest.raises(MeetingGoneError):
        await bus.open_track(meeting_id, "mixed")
