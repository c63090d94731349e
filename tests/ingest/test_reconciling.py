"""Everything works when nobody ever set up a webhook; and a meeting that goes deaf says so."""

import pytest
from support import facts_of, new_meeting

from ingest.config import IngestSettings
from ingest.ports import BotChange
from ingest.producer import Producer
from ingest.reconciling import ARRIVING_MS, DEAF_MS, STAYING_MS, Reconciler, hearing_now, pause_ms
from ingest.resources import Ingest
from shared.bus import Bus
from shared.errors import Category, MeetingError
from shared.events import AudioEnded, BotJoined, MeetingStateChanged
from shared.meetings import write_of
from shared.streams import HEARD_AT, LINKED_AT, STATUS, WEBHOOK_AT, MeetingKeys

NOW = 1_750_000_000_000


class WatchedPlatform:
    """Tells its bot's life, and counts how often it is asked."""

    def __init__(self, *changes: tuple[str, int], failure: MeetingError | None = None) -> None:
        self.life = [BotChange(code=code, at_ms=at_ms) for code, at_ms in changes]
        self.failure, self.asked = failure, 0

    async def changes(self, bot_id: str) -> tuple[BotChange, ...]:
        self.asked += 1
        if self.failure:
            raise self.failure
        return tuple(self.life)


class HandClock:
    """Moved by hand; waiting takes no time."""

    def __init__(self) -> None:
        self.at_ms = NOW

    def now_ms(self) -> int:
        return self.at_ms

    async def sleep(self, seconds: float) -> None:
        """Returns at once."""


class Rig:
    """One meeting whose bot was sent, and somebody who looks after it."""

    def __init__(self, bus: Bus, meeting_id: str, platform: WatchedPlatform) -> None:
        self.bus, self.meeting_id, self.platform = bus, meeting_id, platform
        self.clock = HandClock()
        ingest = Ingest(bus, platform, IngestSettings(), self.clock)
        self.reconciler = Reconciler(ingest, Producer(bus, self.clock))

    async def look(self, after_ms: int = ARRIVING_MS) -> str:
        """Returns the status afterwards."""
        self.clock.at_ms += after_ms
        await self.reconciler.look()
        return (await self.bus.state(self.meeting_id))[STATUS]

    async def note(self, **state: int | str) -> None:
        await self.bus.redis.hset(MeetingKeys(self.meeting_id).state, mapping=state)

    async def states(self) -> list[MeetingStateChanged]:
        return [fact for fact in await facts_of(self.bus, self.meeting_id) if isinstance(fact, MeetingStateChanged)]


async def rig(bus: Bus, platform: WatchedPlatform) -> Rig:
    meeting_id = await new_meeting(bus)
    await bus.write(meeting_id, write_of(BotJoined(id="j", meeting_id=meeting_id, at=1, bot_id="bot-1")))
    return Rig(bus, meeting_id, platform)


async def test_without_webhooks_every_state_is_seen(bus: Bus) -> None:
    platform = WatchedPlatform(("joining_call", NOW))
    look = await rig(bus, platform)
    assert await look.look() == "joining"
    platform.life.append(BotChange(code="in_waiting_room", at_ms=NOW + 1))
    assert await look.look() == "waiting_room"
    platform.life.append(BotChange(code="in_call_not_recording", at_ms=NOW + 2))
    platform.life.append(BotChange(code="recording_permission_denied", sub_code="zoom_host_not_present", at_ms=NOW + 3))
    assert await look.look() == "recording_denied"
    assert "host" in (await look.states())[-1].explanation


async def test_nothing_new_writes_nothing(bus: Bus) -> None:
    look = await rig(bus, WatchedPlatform(("joining_call", NOW), ("in_call_not_recording", NOW + 1)))
    await look.look()
    before = await look.states()
    await look.look()
    assert await look.states() == before


async def test_a_meeting_that_ended_unseen_ends_here_too(bus: Bus) -> None:
    look = await rig(bus, WatchedPlatform(("call_ended", NOW), ("done", NOW + 1)))
    assert await look.look() == "ended"
    assert sum(isinstance(fact, AudioEnded) for fact in await facts_of(bus, look.meeting_id)) == 1


async def test_a_bot_that_the_platform_forgot_is_gone(bus: Bus) -> None:
    unknown = MeetingError("no such bot", category=Category.NOT_FOUND)
    look = await rig(bus, WatchedPlatform(failure=unknown))
    assert await look.look() == "ended"


async def test_a_platform_that_is_away_changes_nothing(bus: Bus) -> None:
    away = MeetingError("away", category=Category.UNAVAILABLE)
    look = await rig(bus, WatchedPlatform(failure=away))
    await look.note(status="in_call")
    assert await look.look() == "in_call"


async def test_of_many_who_look_one_asks(bus: Bus) -> None:
    platform = WatchedPlatform(("joining_call", NOW))
    first = await rig(bus, platform)
    second = Rig(bus, first.meeting_id, platform)
    await first.look()
    await second.look()
    assert platform.asked == 1


async def test_a_meeting_that_is_over_is_not_asked_about(bus: Bus) -> None:
    platform = WatchedPlatform(("done", NOW))
    look = await rig(bus, platform)
    await look.note(status="ended")
    await look.look()
    assert platform.asked == 0


async def test_deaf_is_a_state_of_its_own_and_passes(bus: Bus) -> None:
    look = await rig(bus, WatchedPlatform())
    await look.note(status="listening", status_at=NOW, heard_at=NOW, linked_at=NOW)
    assert await look.look(DEAF_MS) == "listening"
    assert await look.look(5000) == "deaf"
    assert "WEBSOCKET_DOMAIN" in (await look.states())[-1].explanation
    await look.note(heard_at=look.clock.now_ms() + 1)
    assert await look.look(5000) == "listening"


@pytest.mark.parametrize(
    ("status", "heard_ago", "linked_ago", "is_mixed", "then"),
    [
        ("listening", 31_000, 0, True, "deaf"),
        ("listening", 29_000, 0, True, None),
        ("listening", 31_000, 0, False, None),
        ("listening", 31_000, 31_000, False, "deaf"),
        ("in_call", 31_000, 31_000, True, None),
        ("deaf", 1_000, 0, True, "listening"),
        ("deaf", 500_000, 0, True, None),
    ],
)
def test_when_a_meeting_is_deaf(status: str, heard_ago: int, linked_ago: int, is_mixed: bool, then: str | None):
    state = {STATUS: status, HEARD_AT: str(NOW - heard_ago), LINKED_AT: str(NOW - linked_ago), "status_at": "0"}
    if status == "deaf":
        state["status_at"] = str(NOW - 60_000)
    found = hearing_now(state, NOW, is_mixed=is_mixed)
    assert (found[0] if found else None) == then


def test_who_is_told_by_webhook_asks_rarely():
    assert pause_ms({STATUS: "listening"}) == STAYING_MS
    assert pause_ms({STATUS: "joining"}) == ARRIVING_MS
    assert pause_ms({STATUS: "joining", WEBHOOK_AT: "1"}) > ARRIVING_MS
    assert pause_ms({STATUS: "listening", WEBHOOK_AT: "1"}) > STAYING_MS
