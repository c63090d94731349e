"""Microphones of a room on a real server: who is let in, what is kept, and what a broken socket or ingest loses."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator

import pytest
from microphones import ANN, BEN, address_of, microphone, room_path
from support import eventually, facts_of, new_meeting
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from ingest import room_sockets
from ingest.doors import Doors
from ingest.producer import Producer
from ingest.sockets import SocketServer
from shared.bus import Bus
from shared.clock import SystemClock
from shared.events import (
    MeetingStateChanged,
    ParticipantJoined,
    ParticipantLeft,
    SpeakingStarted,
    SpeakingStopped,
)
from shared.socket_tokens import new_token
from shared.streams import CHUNK_BYTES, MIXED, ORIGIN, PCM, STATUS, MeetingKeys, source_ms_of

SECOND = tuple(range(10))


@contextlib.asynccontextmanager
async def ingest_on(bus: Bus) -> AsyncIterator[str]:
    """An ingest of its own; gives its address."""
    producer = Producer(bus, SystemClock())
    server = await SocketServer(Doors(bus, SystemClock()), producer, SystemClock()).start("127.0.0.1", 0)
    running = asyncio.create_task(producer.run())
    yield address_of(server)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    server.close()
    await server.wait_closed()


@pytest.fixture
async def ingest(bus: Bus) -> AsyncIterator[str]:
    async with ingest_on(bus) as address:
        yield address


async def chunks_of(bus: Bus, meeting_id: str, track: str = ANN) -> dict[int, bytes]:
    found = await bus.redis.xrange(MeetingKeys(meeting_id).audio(track))
    return {source_ms_of(entry_id): fields[PCM] for entry_id, fields in found}


async def people_in(bus: Bus, meeting_id: str, kind: type) -> list[str]:
    return [fact.name for fact in await facts_of(bus, meeting_id) if isinstance(fact, kind)]


async def test_what_is_said_is_on_the_participants_track_and_its_owner_is_told_that_it_is_safe(
    bus: Bus, ingest: str
) -> None:
    meeting_id = await new_meeting(bus)
    async with microphone(ingest + room_path(meeting_id)) as ann:
        await ann.say_chunks(*SECOND)
        await ann.until_landed(1000)
    assert await chunks_of(bus, meeting_id) == {n * 100: bytes([n]) * CHUNK_BYTES for n in SECOND}


async def test_the_first_sound_begins_the_meeting_and_people_come_and_go(bus: Bus, ingest: str) -> None:
    meeting_id = await new_meeting(bus)
    async with microphone(ingest + room_path(meeting_id), name=" Ann\u202e\n Lee ") as ann:
        await ann.say_chunks(0)
        await ann.until_landed(100)
        assert (await bus.state(meeting_id))[STATUS] == "listening"
        assert await people_in(bus, meeting_id, ParticipantJoined) == ["Ann Lee"]
        assert await people_in(bus, meeting_id, ParticipantLeft) == []
    await eventually(lambda: people_in(bus, meeting_id, ParticipantLeft))
    states = [fact.status for fact in await facts_of(bus, meeting_id) if isinstance(fact, MeetingStateChanged)]
    assert states == ["listening"]


async def test_who_comes_back_into_a_room_that_all_had_left_makes_it_heard_again(bus: Bus, ingest: str) -> None:
    meeting_id = await new_meeting(bus)
    for status in ("requested", "deaf"):
        await bus.redis.hset(MeetingKeys(meeting_id).state, STATUS, status)
        async with microphone(ingest + room_path(meeting_id)) as ann:
            await ann.say_chunks(0, 1)
            await ann.until_landed(100)
            await eventually(lambda: is_listening(bus, meeting_id))
    heard = [fact for fact in await facts_of(bus, meeting_id) if isinstance(fact, MeetingStateChanged)]
    assert len({fact.id for fact in heard}) == 2


async def is_listening(bus: Bus, meeting_id: str) -> bool:
    return (await bus.state(meeting_id))[STATUS] == "listening"


async def test_a_broken_socket_loses_nothing_and_nobody_leaves(bus: Bus, ingest: str) -> None:
    meeting_id = await new_meeting(bus)
    url = ingest + room_path(meeting_id)
    async with microphone(url) as ann:
        await ann.say_chunks(0, 1, 2)
        await ann.until_landed(300)
        await ann.say(300, bytes([3]) * (CHUNK_BYTES // 2))
        ann.socket.transport.abort()
        started_at = ann.started_at
    async with microphone(url, started_at=started_at) as again:
        assert again.started_at == started_at
        await again.say_chunks(2, 3, 4)
        await again.until_landed(500)
        assert await people_in(bus, meeting_id, ParticipantLeft) == []
    assert await chunks_of(bus, meeting_id) == {n * 100: bytes([n]) * CHUNK_BYTES for n in range(5)}


async def test_an_ingest_that_dies_loses_nothing_that_is_sent_again_to_another(bus: Bus) -> None:
    meeting_id = await new_meeting(bus)
    async with ingest_on(bus) as first, microphone(first + room_path(meeting_id)) as ann:
        await ann.say_chunks(0, 1)
        await ann.until_landed(200)
        started_at = ann.started_at
    async with ingest_on(bus) as second, microphone(second + room_path(meeting_id), started_at=started_at) as again:
        await again.say_chunks(*range(1, 6))
        await again.until_landed(600)
    assert await chunks_of(bus, meeting_id) == {n * 100: bytes([n]) * CHUNK_BYTES for n in range(6)}


async def test_a_socket_that_closes_without_a_farewell_is_a_broken_one(bus: Bus, ingest: str) -> None:
    meeting_id = await new_meeting(bus)
    url = ingest + room_path(meeting_id)
    async with microphone(url) as ann:
        await ann.say_chunks(0)
        await ann.say(100, bytes([1]) * (CHUNK_BYTES // 2))
        await ann.until_landed(100)
        await ann.socket.close(4000)
    async with microphone(url, started_at=ann.started_at) as again:
        await again.say_chunks(1, 2)
        await again.until_landed(300)
    assert (await chunks_of(bus, meeting_id))[100] == bytes([1]) * CHUNK_BYTES


async def test_people_have_tracks_of_their_own_on_one_clock(bus: Bus, ingest: str) -> None:
    meeting_id = await new_meeting(bus)
    async with microphone(ingest + room_path(meeting_id)) as ann:
        await ann.say_chunks(0)
        await ann.until_landed(100)
        await asyncio.to_thread(time.sleep, 0.25)
        async with microphone(ingest + room_path(meeting_id, BEN), name="Ben") as ben:
            await ben.say_chunks(0, 1)
            await eventually(lambda: chunks_of(bus, meeting_id, BEN))
    later_ms = ben.started_at - ann.started_at
    assert later_ms >= 250
    assert min(await chunks_of(bus, meeting_id, BEN)) == later_ms // 100 * 100
    assert int((await bus.state(meeting_id))[ORIGIN]) == ann.started_at


async def test_a_table_is_one_mixed_track(bus: Bus, ingest: str) -> None:
    meeting_id = await new_meeting(bus)
    async with microphone(ingest + room_path(meeting_id), is_table=True) as table:
        await table.tell(type="voice", at_ms=10, is_on=True)
        await table.say_chunks(0)
        await table.until_landed(100)
    assert await chunks_of(bus, meeting_id, MIXED)
    assert await people_in(bus, meeting_id, SpeakingStarted) == []


async def test_the_page_tells_who_talks(bus: Bus, ingest: str) -> None:
    meeting_id = await new_meeting(bus)
    async with microphone(ingest + room_path(meeting_id)) as ann:
        await ann.tell(type="voice", at_ms=20, is_on=True)
        await ann.tell(type="voice", at_ms=80.5, is_on=False)
        await ann.say_chunks(0)
        await ann.until_landed(100)
    started, stopped = [f for f in await facts_of(bus, meeting_id) if isinstance(f, SpeakingStarted | SpeakingStopped)]
    assert (started.participant_id, started.source_ms, stopped.source_ms) == (ANN, 20, 80)


async def test_a_microphone_that_is_switched_off_leaves_its_last_piece_filled_up(bus: Bus, ingest: str) -> None:
    meeting_id = await new_meeting(bus)
    async with microphone(ingest + room_path(meeting_id)) as ann:
        await ann.say(0, bytes([7]) * 100)
    await eventually(lambda: chunks_of(bus, meeting_id))
    assert (await chunks_of(bus, meeting_id))[0] == bytes([7]) * 100 + bytes(CHUNK_BYTES - 100)


async def test_a_meeting_that_ends_ends_its_sockets(bus: Bus, ingest: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room_sockets, "LOOK_S", 0.1)
    meeting_id = await new_meeting(bus)
    async with microphone(ingest + room_path(meeting_id)) as ann:
        await ann.say_chunks(0)
        await ann.until_landed(100)
        await bus.redis.hset(MeetingKeys(meeting_id).state, STATUS, "ended")
        with pytest.raises(ConnectionClosed):
            await ann.until_landed(10_000)
        assert ann.socket.close_code == 1000


@pytest.mark.parametrize("at_ms", [-1.0, float("nan"), float("inf"), 3_600_000.0])
async def test_sound_of_an_impossible_time_is_passed_over(bus: Bus, ingest: str, at_ms: float) -> None:
    meeting_id = await new_meeting(bus)
    async with microphone(ingest + room_path(meeting_id)) as ann:
        await ann.say(at_ms, bytes(CHUNK_BYTES))
        await ann.socket.send("{")
        await ann.socket.send(b"x")
        await ann.say_chunks(0)
        await ann.until_landed(100)
    assert list(await chunks_of(bus, meeting_id)) == [0]


async def test_who_talks_nothing_but_nonsense_is_cut_off(bus: Bus, ingest: str) -> None:
    meeting_id = await new_meeting(bus)
    async with microphone(ingest + room_path(meeting_id)) as ann:
        with contextlib.suppress(ConnectionClosed):
            for _ in range(200):
                await ann.socket.send("{")
        await ann.socket.wait_closed()
    assert ann.socket.close_code == 1008


@pytest.mark.parametrize("wrong", ["no hello", "long name", "binary"])
async def test_who_does_not_say_hello_is_sent_away(bus: Bus, ingest: str, wrong: str) -> None:
    meeting_id = await new_meeting(bus)
    first = {
        "no hello": '{"type":"voice","at_ms":0,"is_on":true}',
        "long name": f'{{"type":"hello","name":"{"x" * 61}"}}',
        "binary": bytes(8),
    }
    async with connect(ingest + room_path(meeting_id), compression=None) as socket:
        await socket.send(first[wrong])
        await socket.wait_closed()
    assert socket.close_code == 1013
    assert ORIGIN not in await bus.state(meeting_id)


@pytest.mark.parametrize("wrong", ["no token", "another's", "a bot's", "other meeting", "nobody", "over"])
async def test_strangers_are_refused_before_the_handshake_ends(bus: Bus, ingest: str, wrong: str) -> None:
    meeting_id, other = await new_meeting(bus), await new_meeting(bus)
    good = room_path(meeting_id)
    paths = {
        "no token": good.partition("&")[0],
        "another's": good.replace(ANN, BEN),
        "a bot's": f"/room/{meeting_id}/?participant={ANN}&token={new_token('secret', meeting_id, time.time())}",
        "other meeting": good.replace(meeting_id, other),
        "nobody": good.replace(f"participant={ANN}&", ""),
        "over": good,
    }
    if wrong == "over":
        await bus.redis.hset(MeetingKeys(meeting_id).state, STATUS, "ended")
    with pytest.raises(InvalidStatus) as refused:
        async with connect(ingest + paths[wrong]):
            pass
    assert refused.value.response.status_code == 403


async def test_a_microphones_token_opens_no_bots_door(bus: Bus, ingest: str) -> None:
    meeting_id = await new_meeting(bus)
    with pytest.raises(InvalidStatus):
        async with connect(ingest + room_path(meeting_id).replace("/room/", "/recall/")):
            pass
