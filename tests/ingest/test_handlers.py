"""What ingest does with each command, on a real server with a scripted platform."""

import msgspec
import pytest
from support import facts_of, new_meeting

from ingest.config import IngestSettings
from ingest.handlers import on_join_meeting, on_leave_meeting, on_report_bot_status
from ingest.ports import BotChange, BotRequest
from ingest.resources import Ingest
from shared.bus import Bus
from shared.errors import Category, MeetingError
from shared.events import (
    AudioEnded,
    BotJoined,
    BotLeft,
    Event,
    JoinMeeting,
    JoinRefused,
    LeaveMeeting,
    LeaveRefused,
    MeetingStateChanged,
    ReportBotStatus,
    Settings,
)
from shared.meetings import write_of
from shared.socket_tokens import is_good
from shared.streams import MIXED, STATUS, MeetingKeys, audio_id


class ScriptedPlatform:
    """Does what it is told, or fails."""

    def __init__(self, failure: MeetingError | None = None, *, gone: bool = False) -> None:
        self.failure, self.gone = failure, gone
        self.sent: list[BotRequest] = []
        self.calls: list[str] = []

    async def send_bot(self, request: BotRequest) -> str:
        self.sent.append(request)
        return self.done("bot-1")

    async def changes(self, bot_id: str) -> tuple[BotChange, ...]:
        return self.done(())

    async def leave(self, bot_id: str) -> bool:
        self.calls.append(f"leave {bot_id}")
        return self.done(not self.gone)

    async def bots_of(self, meeting_id: str) -> tuple[str, ...]:
        return self.done(())

    async def erase_media(self, bot_id: str) -> bool:
        return self.done(True)

    def done(self, result):
        if self.failure:
            raise self.failure
        return result


class InstantClock:
    """Waiting takes no time."""

    def now_ms(self) -> int:
        return 7

    async def sleep(self, seconds: float) -> None:
        """Returns at once."""


AWAY = MeetingError("Recall is away; try again.", category=Category.UNAVAILABLE)


def ingest(bus: Bus, platform: ScriptedPlatform) -> Ingest:
    return Ingest(bus, platform, IngestSettings(websocket_domain="ears.example.org"), InstantClock())


async def carried_out(bus: Bus, handler, command: Event, platform: ScriptedPlatform) -> list[Event]:
    """What the handler yields, written as the loop writes it."""
    effects = []
    async for effect in handler(command, ingest(bus, platform)):
        await bus.write(effect.meeting_id, write_of(effect))
        effects.append(effect)
    return effects


async def joined_meeting(bus: Bus) -> str:
    meeting_id = await new_meeting(bus)
    await bus.write(meeting_id, write_of(BotJoined(id="j", meeting_id=meeting_id, at=1, bot_id="bot-1")))
    return meeting_id


def join(meeting_id: str) -> JoinMeeting:
    url = "https://meet.google.com/abc-defg-hij"
    return JoinMeeting(id="c", meeting_id=meeting_id, at=1, meeting_url=url, settings=Settings())


def report(meeting_id: str, code: str, sub_code: str = "") -> ReportBotStatus:
    return ReportBotStatus(
        id=f"w-{code}", meeting_id=meeting_id, at=1, bot_id="bot-1", code=code, sub_code=sub_code, updated_at_ms=1
    )


async def test_a_bot_is_sent_with_the_socket_that_only_it_knows(bus: Bus) -> None:
    meeting_id, platform = await new_meeting(bus), ScriptedPlatform()
    joined, joining = await carried_out(bus, on_join_meeting, join(meeting_id), platform)
    assert isinstance(joined, BotJoined)
    assert joining.status == "joining"
    first, second = platform.sent[0].socket_urls
    assert first.startswith(f"wss://ears.example.org/recall/{meeting_id}/?token=")
    assert first.removesuffix("1") == second.removesuffix("2")
    token = first.partition("token=")[2].partition("&")[0]
    assert is_good(token, "secret", meeting_id, 7)
    state = await bus.state(meeting_id)
    assert (state["bot_id"], state[STATUS]) == ("bot-1", "joining")


async def test_a_platform_that_refuses_ends_the_meeting_with_its_reason(bus: Bus) -> None:
    meeting_id = await new_meeting(bus)
    (refused,) = await carried_out(bus, on_join_meeting, join(meeting_id), ScriptedPlatform(AWAY))
    assert isinstance(refused, JoinRefused)
    assert (refused.reason, refused.category) == ("Recall is away; try again.", "unavailable")
    assert (await bus.state(meeting_id))[STATUS] == "failed"
    assert meeting_id not in await bus.active(3)


async def test_a_join_that_is_delivered_twice_asks_for_the_same_bot(bus: Bus) -> None:
    meeting_id, platform = await new_meeting(bus), ScriptedPlatform()
    first = await carried_out(bus, on_join_meeting, join(meeting_id), platform)
    assert await carried_out(bus, on_join_meeting, join(meeting_id), platform) == first[:1]
    assert platform.sent[0] == platform.sent[1]


async def test_a_bot_that_was_quicker_than_its_platforms_answer_does_not_go_back(bus: Bus) -> None:
    meeting_id = await new_meeting(bus)
    await carried_out(bus, on_report_bot_status, report(meeting_id, "in_call_recording"), ScriptedPlatform())
    await carried_out(bus, on_join_meeting, join(meeting_id), ScriptedPlatform())
    assert (await bus.state(meeting_id))[STATUS] == "listening"


async def test_a_report_about_another_bot_means_nothing(bus: Bus) -> None:
    meeting_id = await joined_meeting(bus)
    stranger = msgspec.structs.replace(report(meeting_id, "fatal"), bot_id="bot-0")
    assert await carried_out(bus, on_report_bot_status, stranger, ScriptedPlatform()) == []


async def test_leaving_ends_the_audio_where_it_ended(bus: Bus) -> None:
    meeting_id = await joined_meeting(bus)
    await bus.open_track(meeting_id, MIXED)
    await bus.redis.xadd(MeetingKeys(meeting_id).audio(MIXED), {"pcm": b"x"}, id=audio_id(4_900))
    effects = await carried_out(
        bus, on_leave_meeting, LeaveMeeting(id="l", meeting_id=meeting_id, at=1), ScriptedPlatform()
    )
    assert [type(effect) for effect in effects] == [BotLeft, MeetingStateChanged, AudioEnded]
    assert effects[-1].heard_ms == 5_000
    assert (await bus.state(meeting_id))[STATUS] == "ended"


@pytest.mark.parametrize("status", ["ended", "failed"])
async def test_leaving_what_is_over_says_so_and_asks_nobody(bus: Bus, status: str) -> None:
    meeting_id, platform = await joined_meeting(bus), ScriptedPlatform()
    await bus.redis.hset(MeetingKeys(meeting_id).state, STATUS, status)
    (left,) = await carried_out(bus, on_leave_meeting, LeaveMeeting(id="l", meeting_id=meeting_id, at=1), platform)
    assert left.already
    assert platform.calls == []


async def test_a_platform_that_does_not_let_go_is_told(bus: Bus) -> None:
    meeting_id = await joined_meeting(bus)
    command = LeaveMeeting(id="l", meeting_id=meeting_id, at=1)
    (refused,) = await carried_out(bus, on_leave_meeting, command, ScriptedPlatform(AWAY))
    assert isinstance(refused, LeaveRefused)
    assert (await bus.state(meeting_id))[STATUS] == "requested"


async def test_states_come_from_the_platform_and_say_what_to_do(bus: Bus) -> None:
    meeting_id = await joined_meeting(bus)
    (waiting,) = await carried_out(bus, on_report_bot_status, report(meeting_id, "in_waiting_room"), ScriptedPlatform())
    assert waiting.status == "waiting_room"
    assert "admit" in waiting.explanation


@pytest.mark.parametrize("code", ["joining_call", "in_waiting_room", "from_the_future"])
async def test_a_late_or_unknown_report_changes_nothing(bus: Bus, code: str) -> None:
    meeting_id = await joined_meeting(bus)
    await bus.redis.hset(MeetingKeys(meeting_id).state, STATUS, "listening")
    assert await carried_out(bus, on_report_bot_status, report(meeting_id, code), ScriptedPlatform()) == []


async def test_nothing_comes_after_the_end(bus: Bus) -> None:
    meeting_id = await joined_meeting(bus)
    await carried_out(bus, on_report_bot_status, report(meeting_id, "call_ended"), ScriptedPlatform())
    assert (
        await carried_out(bus, on_report_bot_status, report(meeting_id, "in_call_recording"), ScriptedPlatform()) == []
    )


async def test_a_meeting_that_is_reported_over_twice_ends_once(bus: Bus) -> None:
    meeting_id = await joined_meeting(bus)
    await carried_out(bus, on_report_bot_status, report(meeting_id, "call_ended"), ScriptedPlatform())
    await carried_out(bus, on_report_bot_status, report(meeting_id, "done"), ScriptedPlatform())
    assert sum(isinstance(fact, AudioEnded) for fact in await facts_of(bus, meeting_id)) == 1


async def test_a_fatal_end_names_its_cause_in_plain_words(bus: Bus) -> None:
    meeting_id = await joined_meeting(bus)
    failed, _ = await carried_out(
        bus, on_report_bot_status, report(meeting_id, "fatal", "meeting_not_found"), ScriptedPlatform()
    )
    assert (failed.status, failed.sub_code) == ("failed", "meeting_not_found")
    assert "check the link" in failed.explanation
