"""Meetings whose time is over, and vendors that have not confirmed yet, on a real server."""

import pytest
from support import facts_of, new_meeting

from ingest.config import IngestSettings
from ingest.keeping import Keeper
from ingest.resources import Ingest
from ingest.vendor_erasures import VendorErasure
from shared.audit import AuditLog
from shared.bus import Bus, Write
from shared.clock import ManualClock
from shared.dead_letters import KEPT_MS
from shared.errors import Category, MeetingError
from shared.events import BotJoined, Settings
from shared.meetings import write_of
from shared.streams import TENANT, MeetingKeys, ShardKeys

SHARD = ShardKeys(3)
AWAY = MeetingError("Recall is away; try again.", category=Category.UNAVAILABLE)


class StubbornPlatform:
    """Fails first."""

    def __init__(self, *answers: bool | MeetingError) -> None:
        self.answers, self.asked = list(answers), list[str]()

    async def leave(self, bot_id: str) -> bool:
        return False

    async def bots_of(self, meeting_id: str) -> tuple[str, ...]:
        return (f"bot of {meeting_id}",)

    async def erase_media(self, bot_id: str) -> bool:
        self.asked.append(bot_id)
        answer = self.answers.pop(0)
        if isinstance(answer, MeetingError):
            raise answer
        return answer


class Keeping:
    """A keeper whose clock is moved by hand."""

    def __init__(self, bus: Bus, *answers: bool | MeetingError) -> None:
        self.bus, self.clock, self.platform = bus, ManualClock(), StubbornPlatform(*answers)
        self.keeper = Keeper(Ingest(bus, self.platform, IngestSettings(), self.clock))

    async def meeting(self, due_in_ms: int) -> str:
        meeting_id = await new_meeting(self.bus)
        joined = BotJoined(id="j", meeting_id=meeting_id, at=1, bot_id="bot-1")
        await self.bus.write(meeting_id, write_of(joined))
        await self.bus.redis.hset(MeetingKeys(meeting_id).state, TENANT, "acme")
        await self.bus.redis.zadd(SHARD.due, {meeting_id: self.clock.now_ms() + due_in_ms})
        return meeting_id

    async def after(self, ms: int) -> None:
        self.clock.advance(ms)
        await self.keeper.look()

    async def deeds(self) -> list[str]:
        return [record.deed for record in await AuditLog(self.bus, self.clock).newest("acme", 10)]

    async def open_erasures(self) -> int:
        return await self.bus.redis.zcard(SHARD.vendor_erasures)


async def test_a_meeting_is_erased_when_it_is_due_and_not_before(bus: Bus) -> None:
    keeping = Keeping(bus, True)
    meeting_id = await keeping.meeting(due_in_ms=10_000)
    await keeping.after(9_999)
    assert len(await facts_of(bus, meeting_id)) == 2
    await keeping.after(1)
    assert [type(fact).__name__ for fact in await facts_of(bus, meeting_id)] == ["MeetingErased"]
    assert await keeping.deeds() == ["vendor_erasure", "expiry"]
    assert await bus.redis.zcard(SHARD.due) == 0


@pytest.mark.parametrize(("hours", "kept_ms"), [(0, 60_000), (2.5, 9_000_000)])
async def test_a_meeting_that_ended_is_due_by_its_own_settings(bus: Bus, hours: float, kept_ms: int) -> None:
    """Without any retention there is a minute in which the last briefing can be fetched."""
    meeting_id = await new_meeting(bus, settings=Settings(retention_hours=hours))
    seconds, micros = await bus.redis.time()
    await bus.write(meeting_id, Write(retire=True))
    due_in_ms = await bus.redis.zscore(SHARD.due, meeting_id) - seconds * 1000 - micros // 1000
    assert kept_ms <= due_in_ms < kept_ms + 1_000


async def test_a_vendor_is_asked_until_it_confirms(bus: Bus) -> None:
    keeping = Keeping(bus, AWAY, False, AWAY, True)
    await keeping.meeting(due_in_ms=0)
    await keeping.after(0)
    assert await keeping.open_erasures() == 1
    while await keeping.open_erasures():
        await keeping.after(1_000)
    assert keeping.platform.asked == ["bot-1"] * 4
    assert await keeping.deeds() == ["vendor_erasure", "expiry"]


async def test_the_list_outlives_the_process_that_began_it(bus: Bus) -> None:
    first = Keeping(bus, AWAY)
    await first.meeting(due_in_ms=0)
    await first.after(0)
    second = Keeping(bus, True)
    await second.after(5_000)
    assert (second.platform.asked, await second.open_erasures()) == (["bot-1"], 0)


async def test_two_ingests_do_not_ask_at_once(bus: Bus) -> None:
    first, second = Keeping(bus, AWAY), Keeping(bus)
    await first.meeting(due_in_ms=0)
    await first.after(0)
    await second.after(0)
    assert second.platform.asked == []


async def test_what_redis_let_go_of_by_itself_is_still_asked_for_at_the_vendor(bus: Bus) -> None:
    keeping = Keeping(bus, True)
    meeting_id = await keeping.meeting(due_in_ms=0)
    await bus.redis.delete(MeetingKeys(meeting_id).state)
    await keeping.after(0)
    await keeping.after(5_000)
    assert keeping.platform.asked == [f"bot of {meeting_id}"]
    assert await bus.redis.zcard(SHARD.meetings) == 0


def test_a_vendor_is_asked_less_and_less_often() -> None:
    erasure = VendorErasure(meeting_id="m-03-a", bot_id="room/m-03-a/1", since_ms=1_000, tenant="a|b")
    assert VendorErasure.of(erasure.member.encode()) == erasure
    assert [erasure.next_at(1_000 + age) - age - 1_000 for age in (0, 60_000, 86_400_000)] == [2_000, 60_000, 3_600_000]


async def test_dead_letters_are_kept_for_a_week(bus: Bus) -> None:
    keeping = Keeping(bus)
    now_ms = keeping.clock.now_ms()
    for at_ms in (now_ms - KEPT_MS - 1, now_ms - KEPT_MS + 1):
        await bus.redis.xadd(SHARD.dead, {"reason": "x"}, id=f"{at_ms}-0")
    await keeping.after(0)
    assert await bus.redis.xlen(SHARD.dead) == 1
