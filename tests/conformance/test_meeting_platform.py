"""What every meeting platform does, whoever runs it. A new one is one more Subject."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

import pytest
from ears import MEETING_URL, Ear, listening
from microphones import address_of, microphone, room_path
from support import new_meeting

from ingest.adapters.recall import RecallPlatform
from ingest.adapters.room import ABANDONED_MS, RoomPlatform
from ingest.config import IngestSettings
from ingest.doors import Doors
from ingest.ports import BotRequest, MeetingPlatform
from ingest.producer import Producer
from ingest.sockets import SocketServer
from rehearsal.recall.options import Delays, Options
from rehearsal.recall.server import RecallServer
from shared.bus import Bus, connect
from shared.clock import ManualClock, SystemClock
from shared.config import Secret
from shared.errors import Category, MeetingError
from shared.events import Settings
from shared.meetings import Status, status_of_code
from shared.recall_api import RecallApi
from shared.streams import ROOM_OPENED
from shared.waiting import end


@dataclass
class Subject:
    """A platform whose bots find a meeting that goes on until `end`."""

    platform: MeetingPlatform
    bots: Callable[[], Awaitable[int]]
    """How many there are."""
    in_lobby: Callable[[str], Awaitable[object]]
    in_call: Callable[[str], Awaitable[object]]
    """Admits the bot and returns when it hears."""
    end: Callable[[str], Awaitable[object]]
    """Ends the call and returns when the platform is done with the bot."""
    meetings: tuple[str, str] = ("m-1", "m-2")
    meeting_url: str = MEETING_URL


class RecallMeeting:
    """The stand-in's side of a Subject."""

    def __init__(self, recall: RecallServer) -> None:
        self._recall = recall

    async def count(self) -> int:
        return len(self._recall.bots)

    async def in_lobby(self, bot_id: str) -> None:
        async with asyncio.timeout(5):
            while self._recall.bots[bot_id].status != "in_waiting_room":
                await asyncio.sleep(0)

    async def in_call(self, bot_id: str) -> None:
        await self.in_lobby(bot_id)
        self._recall.bots[bot_id].admitted.set()
        await self._recall.bots[bot_id].reached["in_call_recording"].wait()

    async def end(self, bot_id: str) -> None:
        self._recall.end_call()
        await self._recall.bots[bot_id].reached["done"].wait()


@contextlib.asynccontextmanager
async def recall(audio: str) -> AsyncIterator[Subject]:
    delays = Delays(dispatch_s=0, join_s=0, lobby_s=3600, consent_s=0, upload_s=0)
    async with RecallServer(Options(delays=delays)) as server:
        api = RecallApi(server.url, Secret("key"), MeetingError)
        platform, meeting = RecallPlatform(api, IngestSettings(recall_audio=audio)), RecallMeeting(server)
        yield Subject(platform, meeting.count, meeting.in_lobby, meeting.in_call, meeting.end)
        await platform.close()


@contextlib.asynccontextmanager
async def recall_mixed(_: str) -> AsyncIterator[Subject]:
    async with recall("mixed") as subject:
        yield subject


@contextlib.asynccontextmanager
async def recall_separate(_: str) -> AsyncIterator[Subject]:
    async with recall("separate") as subject:
        yield subject


class RoomMeeting:
    """People's side of a Subject."""

    def __init__(self, bus: Bus, clock: ManualClock, address: str) -> None:
        self._bus, self._clock, self._address = bus, clock, address
        self.meetings: tuple[str, ...] = ()

    async def count(self) -> int:
        states = [await self._bus.state(meeting_id) for meeting_id in self.meetings]
        return sum(field.startswith(ROOM_OPENED) for state in states for field in state)

    async def in_lobby(self, bot_id: str) -> None:
        """A room is open as soon as it was asked for."""

    async def in_call(self, bot_id: str) -> None:
        self._clock.advance(1000)
        async with microphone(self._address + room_path(bot_id.split("/")[1])) as ann:
            await ann.say_chunks(0)
            await ann.until_landed(100)

    async def end(self, bot_id: str) -> None:
        """Everybody went away long ago."""
        self._clock.advance(ABANDONED_MS + 1000)


@contextlib.asynccontextmanager
async def room(redis_url: str) -> AsyncIterator[Subject]:
    bus, clock = Bus(connect(redis_url)), ManualClock(SystemClock().now_ms())
    producer = Producer(bus, clock)
    running = asyncio.create_task(producer.run())
    async with await SocketServer(Doors(bus, clock), producer, clock).start("127.0.0.1", 0) as server:
        meeting = RoomMeeting(bus, clock, address_of(server))
        meeting.meetings = (await new_meeting(bus), await new_meeting(bus))
        platform = RoomPlatform(bus, clock)
        yield Subject(
            platform, meeting.count, meeting.in_lobby, meeting.in_call, meeting.end, meeting.meetings, "room:"
        )
    await end(running)
    await bus.close()


CALLS, ROOMS = [recall_mixed, recall_separate], [room]


@pytest.fixture(params=[*CALLS, *ROOMS])
async def subject(request: pytest.FixtureRequest, redis_url: str) -> AsyncIterator[Subject]:
    async with request.param(redis_url) as subject:
        yield subject


@pytest.fixture(params=CALLS)
async def dialling(request: pytest.FixtureRequest, redis_url: str) -> AsyncIterator[Subject]:
    """Only where a bot dials: into a room people do."""
    async with request.param(redis_url) as subject:
        yield subject


@pytest.fixture
async def ear() -> AsyncIterator[Ear]:
    async with listening() as ear:
        yield ear


def bot_request(subject: Subject, ear: Ear, *, meeting: int = 0, meeting_url: str = "", attempt: int = 1) -> BotRequest:
    return BotRequest(
        meeting_id=subject.meetings[meeting],
        meeting_url=meeting_url or subject.meeting_url,
        settings=Settings(),
        socket_urls=(f"{ear.url}&socket=1", f"{ear.url}&socket=2"),
        attempt=attempt,
    )


async def statuses_of(subject: Subject, bot_id: str) -> list[Status | None]:
    """Of every change that means something to us."""
    changes = await subject.platform.changes(bot_id)
    found = [status_of_code(change.code) for change in changes]
    return [status for status in found if status]


# -- sending -----------------------------------------------------------------------------------------------------------


async def test_a_bot_in_the_call_dials_every_socket_exactly_as_it_was_given(dialling: Subject, ear: Ear) -> None:
    await dialling.in_call(await dialling.platform.send_bot(bot_request(dialling, ear)))
    await ear.wait_until(lambda: len(ear.handshakes) == 2)
    assert {path for path, _ in ear.handshakes} == {f"/recall/m-1/?token=secret&socket={number}" for number in (1, 2)}


async def test_the_same_meeting_and_attempt_never_make_two_bots(subject: Subject, ear: Ear) -> None:
    first = await subject.platform.send_bot(bot_request(subject, ear))
    assert await subject.platform.send_bot(bot_request(subject, ear)) == first
    assert await subject.bots() == 1


async def test_the_same_meeting_and_attempt_at_the_same_time_make_one_bot(subject: Subject, ear: Ear) -> None:
    sent = await asyncio.gather(*(subject.platform.send_bot(bot_request(subject, ear)) for _ in range(3)))
    assert len(set(sent)) == await subject.bots() == 1


async def test_another_attempt_or_meeting_makes_another_bot(subject: Subject, ear: Ear) -> None:
    requests = [bot_request(subject, ear), bot_request(subject, ear, attempt=2), bot_request(subject, ear, meeting=1)]
    assert len({await subject.platform.send_bot(request) for request in requests}) == 3


async def test_a_link_to_no_meeting_is_refused_for_good_with_a_reason(subject: Subject, ear: Ear) -> None:
    with pytest.raises(MeetingError) as raised:
        await subject.platform.send_bot(bot_request(subject, ear, meeting_url="https://example.org/"))
    assert raised.value.category is Category.INVALID
    assert raised.value.is_permanent
    assert raised.value.reason
    assert await subject.bots() == 0


# -- looking -----------------------------------------------------------------------------------------------------------


async def test_changes_tell_the_bots_way_in_order(subject: Subject, ear: Ear) -> None:
    bot_id = await subject.platform.send_bot(bot_request(subject, ear))
    await subject.in_lobby(bot_id)
    assert await statuses_of(subject, bot_id) == [Status.JOINING, Status.WAITING_ROOM]
    await subject.in_call(bot_id)
    assert (await statuses_of(subject, bot_id))[-1] is Status.LISTENING
    await subject.end(bot_id)
    assert (await statuses_of(subject, bot_id))[-1] is Status.ENDED


async def test_changes_are_dated_in_unix_milliseconds_that_never_fall(subject: Subject, ear: Ear) -> None:
    bot_id = await subject.platform.send_bot(bot_request(subject, ear))
    await subject.in_call(bot_id)
    times = [change.at_ms for change in await subject.platform.changes(bot_id)]
    assert len(times) >= 3
    assert times == sorted(times)
    assert min(times) > 1_700_000_000_000


async def test_what_is_known_once_stays_known(subject: Subject, ear: Ear) -> None:
    bot_id = await subject.platform.send_bot(bot_request(subject, ear))
    await subject.in_lobby(bot_id)
    early = await subject.platform.changes(bot_id)
    await subject.in_call(bot_id)
    await subject.end(bot_id)
    late = await subject.platform.changes(bot_id)
    assert late[: len(early)] == early
    assert len(late) > len(early)


async def test_an_unknown_bot_is_told_as_not_found(subject: Subject) -> None:
    with pytest.raises(MeetingError) as raised:
        await subject.platform.changes("nobody")
    assert raised.value.category is Category.NOT_FOUND


# -- leaving -----------------------------------------------------------------------------------------------------------


async def test_a_bot_leaves_the_lobby(subject: Subject, ear: Ear) -> None:
    bot_id = await subject.platform.send_bot(bot_request(subject, ear))
    await subject.in_lobby(bot_id)
    assert await subject.platform.leave(bot_id) is True


async def test_a_bot_leaves_the_call(subject: Subject, ear: Ear) -> None:
    bot_id = await subject.platform.send_bot(bot_request(subject, ear))
    await subject.in_call(bot_id)
    assert await subject.platform.leave(bot_id) is True
    assert (await statuses_of(subject, bot_id))[-1] is Status.ENDED


async def test_the_sockets_end_with_the_call(dialling: Subject, ear: Ear) -> None:
    bot_id = await dialling.platform.send_bot(bot_request(dialling, ear))
    await dialling.in_call(bot_id)
    await ear.wait_until(lambda: len(ear.handshakes) == 2)
    assert await dialling.platform.leave(bot_id) is True
    await ear.wait_until(lambda: len(ear.close_codes) == 2)


async def test_leaving_again_finds_nothing_left(subject: Subject, ear: Ear) -> None:
    bot_id = await subject.platform.send_bot(bot_request(subject, ear))
    await subject.in_call(bot_id)
    assert [await subject.platform.leave(bot_id) for _ in range(3)] == [True, False, False]


async def test_leaving_a_call_that_is_over_finds_nothing_left(subject: Subject, ear: Ear) -> None:
    bot_id = await subject.platform.send_bot(bot_request(subject, ear))
    await subject.in_call(bot_id)
    await subject.end(bot_id)
    assert await subject.platform.leave(bot_id) is False


async def test_leaving_as_an_unknown_bot_finds_nothing_left(subject: Subject) -> None:
    assert await subject.platform.leave("nobody") is False


# -- erasing -----------------------------------------------------------------------------------------------------------


async def test_media_are_erased_as_often_as_one_likes(subject: Subject, ear: Ear) -> None:
    bot_id = await subject.platform.send_bot(bot_request(subject, ear))
    await subject.in_call(bot_id)
    await subject.end(bot_id)
    async with asyncio.timeout(10):
        while not await subject.platform.erase_media(bot_id):
            await asyncio.sleep(0.02)
    assert await subject.platform.erase_media(bot_id)


async def test_nothing_is_confirmed_while_something_may_still_be_kept(subject: Subject, ear: Ear) -> None:
    """A room keeps nothing at any time."""
    bot_id = await subject.platform.send_bot(bot_request(subject, ear))
    await subject.in_call(bot_id)
    assert await subject.platform.erase_media(bot_id) is isinstance(subject.platform, RoomPlatform)


async def test_the_bots_of_a_meeting_are_found_by_it(subject: Subject, ear: Ear) -> None:
    request = bot_request(subject, ear)
    bot_id = await subject.platform.send_bot(request)
    assert await subject.platform.bots_of(request.meeting_id) == (bot_id,)


async def test_erasing_for_an_unknown_bot_is_harmless(subject: Subject) -> None:
    assert await subject.platform.erase_media("nobody")
