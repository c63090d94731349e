"""The socket server with a real client on a real server: who gets in, and what nonsense does."""

import asyncio
import base64
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from support import eventually, facts_of, new_meeting
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from ingest.doors import Doors
from ingest.producer import Producer
from ingest.sockets import REST_S, SocketServer
from ingest.worker import see_out
from rehearsal.made_meetings import socket_path
from rehearsal.recall.frames import Origin, audio
from rehearsal.recall.webhooks import signed_headers
from shared.bus import Bus
from shared.clock import SystemClock
from shared.events import MeetingStateChanged
from shared.ports import free_port
from shared.streams import CHUNK_BYTES, MIXED, PCM, STATUS, MeetingKeys, source_ms_of
from shared.streams import ORIGIN as ORIGIN_FIELD

PORT = free_port()
URL = f"ws://127.0.0.1:{PORT}"
ORIGIN = Origin(bot_id="b", recording_id="r", endpoint_id="e", started_at=datetime.now(UTC))


@pytest.fixture
async def producer(bus: Bus) -> AsyncIterator[Producer]:
    """A running server; gives its producer."""
    producer = Producer(bus, SystemClock())
    server = await SocketServer(Doors(bus, SystemClock()), producer, SystemClock()).start("127.0.0.1", PORT)
    running = asyncio.create_task(producer.run())
    yield producer
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    server.close()
    await server.wait_closed()


def dial(meeting_id: str) -> connect:
    return connect(URL + socket_path(meeting_id), compression=None)


async def refusal(url: str) -> int:
    with pytest.raises(InvalidStatus) as refused:
        async with connect(url):
            pass
    return refused.value.response.status_code


async def chunks_of(bus: Bus, meeting_id: str) -> dict[int, bytes]:
    found = await bus.redis.xrange(MeetingKeys(meeting_id).audio(MIXED))
    return {source_ms_of(entry_id): fields[PCM] for entry_id, fields in found}


async def say(socket: ClientConnection, first: int, count: int) -> None:
    for n in range(first, first + count):
        await socket.send(audio(ORIGIN, bytes([n % 256]) * CHUNK_BYTES, n * 100))


async def talk_nonsense(socket: ClientConnection) -> None:
    for _ in range(500):
        await socket.send("{")
        await asyncio.sleep(0)
    await socket.recv()


async def talk_on(socket: ClientConnection) -> None:
    for n in range(2, 200):
        await say(socket, n, 1)
        await asyncio.sleep(0.01)


async def has_chunks(bus: Bus, meeting_id: str, count: int) -> bool:
    return len(await chunks_of(bus, meeting_id)) == count


async def test_a_bot_with_its_token_is_heard(bus: Bus, producer: Producer) -> None:
    meeting_id = await new_meeting(bus)
    async with dial(meeting_id) as socket:
        await say(socket, 0, 5)
        await eventually(lambda: has_chunks(bus, meeting_id, 5))
    assert (await chunks_of(bus, meeting_id))[300] == bytes([3]) * CHUNK_BYTES


async def test_the_first_sound_says_that_the_bot_listens(bus: Bus, producer: Producer) -> None:
    meeting_id = await new_meeting(bus)
    async with dial(meeting_id) as socket:
        await say(socket, 0, 1)
        await eventually(lambda: has_chunks(bus, meeting_id, 1))
    assert [f.status for f in await facts_of(bus, meeting_id) if isinstance(f, MeetingStateChanged)] == ["listening"]
    assert (await bus.state(meeting_id))[STATUS] == "listening"


async def test_strangers_are_refused_before_the_handshake_ends(bus: Bus, producer: Producer) -> None:
    meeting_id = await new_meeting(bus)
    other = await new_meeting(bus)
    unknown = "m-03-" + "a" * 20
    assert await refusal(f"{URL}/recall/{meeting_id}/?token=wrong") == 403
    assert await refusal(f"{URL}/recall/{meeting_id}/") == 403
    assert await refusal(URL + socket_path(other).replace(other, meeting_id)) == 403
    assert await refusal(URL + socket_path(unknown)) == 403
    assert await refusal(URL + socket_path("nonsense")) == 403
    assert await refusal(f"{URL}/elsewhere") == 404


async def test_a_meeting_that_is_over_is_not_heard_again(bus: Bus, producer: Producer) -> None:
    meeting_id = await new_meeting(bus)
    await bus.redis.hset(MeetingKeys(meeting_id).state, STATUS, "ended")
    assert await refusal(URL + socket_path(meeting_id)) == 403


@pytest.mark.parametrize(
    "nonsense",
    ["{", b"\0\1\2", "[]", '{"event":"from.the.future","data":{"data":{}}}', '{"event":"audio_mixed_raw.data"}', "\0"],
)
async def test_nonsense_is_passed_over_and_what_follows_is_heard(bus: Bus, producer: Producer, nonsense: str) -> None:
    meeting_id = await new_meeting(bus)
    async with dial(meeting_id) as socket:
        await socket.send(nonsense)
        await say(socket, 0, 2)
        await eventually(lambda: has_chunks(bus, meeting_id, 2))


async def test_somebody_who_sends_only_nonsense_is_cut(bus: Bus, producer: Producer) -> None:
    meeting_id = await new_meeting(bus)
    async with dial(meeting_id) as socket:
        with pytest.raises(ConnectionClosed) as closed:
            await talk_nonsense(socket)
    assert closed.value.rcvd.code == 1008


async def test_two_sockets_of_one_bot_append_every_chunk_once(bus: Bus, producer: Producer) -> None:
    meeting_id = await new_meeting(bus)
    async with dial(meeting_id) as first, dial(meeting_id) as second:
        for n in range(20):
            await say(first, n, 1)
            await say(second, n, 1)
        await eventually(lambda: has_chunks(bus, meeting_id, 20))


async def test_small_frames_of_two_sockets_are_not_doubled(bus: Bus, producer: Producer) -> None:
    meeting_id = await new_meeting(bus)
    async with dial(meeting_id) as first, dial(meeting_id) as second:
        for n in range(50):
            for socket in (first, second):
                await socket.send(audio(ORIGIN, bytes([n]) * 640, n * 20))
        await eventually(lambda: has_chunks(bus, meeting_id, 10))
    heard = await chunks_of(bus, meeting_id)
    assert b"".join(heard[ms] for ms in sorted(heard)) == b"".join(bytes([n]) * 640 for n in range(50))


async def test_a_socket_that_dies_within_a_chunk_leaves_it_to_the_other(bus: Bus, producer: Producer) -> None:
    meeting_id = await new_meeting(bus)
    async with dial(meeting_id) as second:
        async with dial(meeting_id) as first:
            await first.send(audio(ORIGIN, b"\7" * 640, 0))
            first.transport.abort()
        await say(second, 0, 2)
        await eventually(lambda: has_chunks(bus, meeting_id, 2))
        await asyncio.sleep(REST_S + 0.2)
    assert (await chunks_of(bus, meeting_id))[0] == bytes(CHUNK_BYTES)


async def test_what_an_only_socket_had_said_when_it_died_is_kept(bus: Bus, producer: Producer) -> None:
    meeting_id = await new_meeting(bus)
    async with dial(meeting_id) as socket:
        await socket.send(audio(ORIGIN, b"\7" * 640, 0))
        await (await socket.ping())
        socket.transport.abort()
    await eventually(lambda: has_chunks(bus, meeting_id, 1), within_s=5)
    assert (await chunks_of(bus, meeting_id))[0] == b"\7" * 640 + bytes(CHUNK_BYTES - 640)


async def test_a_goodbye_brings_the_last_partial_chunk(bus: Bus, producer: Producer) -> None:
    meeting_id = await new_meeting(bus)
    async with dial(meeting_id) as socket:
        await socket.send(audio(ORIGIN, b"\1" * 640, 0))
    await eventually(lambda: has_chunks(bus, meeting_id, 1))
    assert (await chunks_of(bus, meeting_id))[0] == b"\1" * 640 + bytes(CHUNK_BYTES - 640)


async def test_a_restart_leaves_the_chunk_in_hand_to_the_other_socket(bus: Bus) -> None:
    """Filled up with silence it would keep the other ingest's whole one out."""
    meeting_id, port, clock = await new_meeting(bus), free_port(), SystemClock()
    producer = Producer(bus, clock)
    server = await SocketServer(Doors(bus, clock), producer, clock, rest_s=0).start("127.0.0.1", port)
    async with connect(f"ws://127.0.0.1:{port}" + socket_path(meeting_id), compression=None) as socket:
        await say(socket, 0, 2)
        await socket.send(audio(ORIGIN, b"\1" * 640, 200))
        await (await socket.ping())
        server.close(code=1001, reason="restarting")
        await server.wait_closed()
    await producer.flush()
    assert list(await chunks_of(bus, meeting_id)) == [0, 100]


async def test_an_ingest_that_stops_keeps_its_sockets_and_takes_no_new_ones(bus: Bus) -> None:
    meeting_id, port, clock = await new_meeting(bus), free_port(), SystemClock()
    producer = Producer(bus, clock)
    server = await SocketServer(Doors(bus, clock), producer, clock, rest_s=0).start("127.0.0.1", port)
    url = f"ws://127.0.0.1:{port}" + socket_path(meeting_id)
    running = asyncio.create_task(producer.run())
    async with server, connect(url, compression=None) as socket:
        leaving = asyncio.create_task(see_out(server, producer))
        await asyncio.sleep(0.1)
        with pytest.raises(ConnectionRefusedError):
            await connect(url)
        await say(socket, 0, 3)
        await eventually(lambda: has_chunks(bus, meeting_id, 3))
        assert not leaving.done()
        await socket.close()
        await asyncio.wait_for(leaving, 2)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_an_erased_meeting_is_hung_up_on_and_leaves_no_key(bus: Bus, producer: Producer) -> None:
    meeting_id = await new_meeting(bus)
    keys = MeetingKeys(meeting_id)
    async with dial(meeting_id) as socket:
        await say(socket, 0, 2)
        await eventually(lambda: has_chunks(bus, meeting_id, 2))
        await bus.redis.unlink(keys.state, keys.timeline, keys.audio(MIXED))
        with pytest.raises(ConnectionClosed) as closed:
            await talk_on(socket)
    assert closed.value.rcvd.code == 1008
    assert [key async for key in bus.redis.scan_iter(f"*{meeting_id}*")] == []


async def test_what_redis_forgot_is_appended_again(bus: Bus, producer: Producer) -> None:
    meeting_id = await new_meeting(bus)
    async with dial(meeting_id) as socket:
        await say(socket, 0, 10)
        await eventually(lambda: has_chunks(bus, meeting_id, 10))
        await bus.redis.delete(MeetingKeys(meeting_id).audio(MIXED))
        await say(socket, 10, 1)
        await eventually(lambda: has_chunks(bus, meeting_id, 11))


async def test_a_socket_that_comes_within_a_chunk_leaves_its_beginning_to_the_other(
    bus: Bus, producer: Producer
) -> None:
    meeting_id = await new_meeting(bus)
    async with dial(meeting_id) as first, dial(meeting_id) as second:
        await say(first, 0, 2)
        for n in range(11, 100):
            await second.send(audio(ORIGIN, bytes([9]) * 640, n * 20))
        await asyncio.sleep(0.2)
        await say(first, 2, 18)
        await eventually(lambda: has_chunks(bus, meeting_id, 20))
    heard = await chunks_of(bus, meeting_id)
    assert all(heard[n * 100] == bytes([n]) * CHUNK_BYTES for n in range(20))


async def test_a_socket_that_comes_back_ahead_does_not_shut_the_other_out(bus: Bus, producer: Producer) -> None:
    meeting_id = await new_meeting(bus)
    async with dial(meeting_id) as slow:
        async with dial(meeting_id) as quick:
            await say(quick, 0, 2)
            quick.transport.abort()
        async with dial(meeting_id) as back:
            await say(back, 8, 2)
            await asyncio.sleep(0.3)
            await say(slow, 0, 10)
            await eventually(lambda: has_chunks(bus, meeting_id, 10))


async def test_a_recording_that_begins_anew_goes_on_where_the_meeting_is(bus: Bus, producer: Producer) -> None:
    meeting_id = await new_meeting(bus)
    async with dial(meeting_id) as socket:
        await say(socket, 0, 12)
        await eventually(lambda: has_chunks(bus, meeting_id, 12))
    await eventually(lambda: is_told(bus, meeting_id))
    later = Origin(bot_id="b", recording_id="r2", endpoint_id="e", started_at=ORIGIN.started_at + timedelta(seconds=60))
    async with dial(meeting_id) as socket:
        for n in range(3):
            await socket.send(audio(later, bytes([n]) * CHUNK_BYTES, n * 100))
        await socket.close()
    await eventually(lambda: is_heard_until(bus, meeting_id, 60_200))
    first_again = min(at_ms for at_ms in await chunks_of(bus, meeting_id) if at_ms > 1_100)
    assert first_again in {59_900, 60_000}


async def is_heard_until(bus: Bus, meeting_id: str, at_ms: int) -> bool:
    return max(await chunks_of(bus, meeting_id)) >= at_ms


async def is_told(bus: Bus, meeting_id: str) -> bool:
    return ORIGIN_FIELD in await bus.state(meeting_id)


async def test_a_track_per_participant_stays_apart(bus: Bus, producer: Producer) -> None:
    meeting_id = await new_meeting(bus)
    async with dial(meeting_id) as socket:
        for person in (100, 200):
            frame = msgspec.json.decode(audio(ORIGIN, bytes([person]) * CHUNK_BYTES, 0))
            frame["event"] = "audio_separate_raw.data"
            frame["data"]["data"]["participant"] = {"id": person, "name": None}
            await socket.send(msgspec.json.encode(frame).decode())
        keys = MeetingKeys(meeting_id)
        for track in ("100", "200"):
            await eventually(lambda track=track: bus.redis.xlen(keys.audio(track)))


async def test_where_a_secret_is_set_only_signed_handshakes_come_in(bus: Bus) -> None:
    meeting_id, secret, port = await new_meeting(bus), b"0123456789abcdef", free_port()
    clock = SystemClock()
    server = await SocketServer(Doors(bus, clock, [secret]), Producer(bus, clock), clock).start("127.0.0.1", port)
    url = f"ws://127.0.0.1:{port}" + socket_path(meeting_id)
    whsec = "whsec_" + base64.b64encode(secret).decode()
    async with server:
        assert await refusal(url) == 401
        async with connect(url, additional_headers=signed_headers(whsec)):
            pass
        for headers in (signed_headers("whsec_" + base64.b64encode(b"another").decode()), signed_headers(whsec, b"x")):
            with pytest.raises(InvalidStatus):
                async with connect(url, additional_headers=headers):
                    pass


async def test_what_is_said_off_the_record_never_comes_in(bus: Bus, producer: Producer) -> None:
    meeting_id = await new_meeting(bus)
    async with dial(meeting_id) as socket:
        await say(socket, 0, 20)
        await eventually(lambda: has_last(bus, meeting_id, 1_800))
        producer.intake(meeting_id).is_off_record = True
        await say(socket, 20, 20)
        pong = await socket.ping()
        await pong
        producer.intake(meeting_id).is_off_record = False
        await say(socket, 60, 30)
    await eventually(lambda: has_last(bus, meeting_id, 7_500))
    assert not [source_ms for source_ms in await chunks_of(bus, meeting_id) if 2_000 <= source_ms < 6_000]


async def has_last(bus: Bus, meeting_id: str, source_ms: int) -> bool:
    return max(await chunks_of(bus, meeting_id), default=0) >= source_ms
