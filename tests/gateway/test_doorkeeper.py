"""Connections that only hold a place are ended, and nobody else is."""

import asyncio
import contextlib
import socket
import zlib

import aiohttp
import pytest
from support import eventually, new_meeting

from gateway.app import build_app
from gateway.config import GatewaySettings
from gateway.metrics import connections, connections_cut
from gateway.server import listen, runner_of
from shared.bus import Bus, connect
from shared.events import LineHeard
from shared.view import Line

WAIT_S = 0.3
HOST = b"Host: localhost\r\n"
OPENING = {
    "nothing at all": b"",
    "half a line": b"GET /hea",
    "headers without an end": b"GET /health HTTP/1.1\r\n" + HOST,
}


@pytest.fixture
async def port(redis_url, bus):
    """Of the application behind its doorkeeper."""
    clients = [connect(redis_url) for _ in range(2)]
    settings = GatewaySettings(
        gateway_port=0, header_wait_s=WAIT_S, read_wait_s=WAIT_S, send_wait_s=WAIT_S, quiet_s=0.05
    )
    runner = runner_of(build_app(settings, Bus(clients[0]), clients[1]))
    await runner.setup()
    server = await listen(runner, settings)
    yield server.sockets[0].getsockname()[1]
    server.close()
    await runner.cleanup()
    for client in clients:
        await client.aclose()


async def seconds_until_cut(reader: asyncio.StreamReader) -> float:
    begun = asyncio.get_running_loop().time()
    with contextlib.suppress(ConnectionError):
        while await reader.read(65536):
            pass
    return asyncio.get_running_loop().time() - begun


@pytest.mark.parametrize("how", ["nothing at all", "half a line", "headers without an end"])
async def test_headers_that_do_not_come_end_the_connection(port, how):
    before = connections_cut.labels("headers")._value.get()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(OPENING[how])
    assert WAIT_S * 0.8 < await seconds_until_cut(reader) < WAIT_S + 1
    assert connections_cut.labels("headers")._value.get() == before + 1
    writer.close()


async def test_headers_that_come_a_byte_at_a_time_win_no_time(port):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    trickle = asyncio.create_task(drip(writer, b"GET /health HTTP/1.1\r\n" + HOST + b"X-Slow: " + b"a" * 500))
    assert await seconds_until_cut(reader) < WAIT_S + 1
    trickle.cancel()
    writer.close()


async def drip(writer: asyncio.StreamWriter, text: bytes) -> None:
    for byte in text:
        writer.write(bytes([byte]))
        await asyncio.sleep(0.02)


async def test_on_a_connection_that_was_used_before_they_win_no_time_either(port):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET /health HTTP/1.1\r\n" + HOST + b"\r\n")
    assert (await reader.readuntil(b"}")).startswith(b"HTTP/1.1 200")
    writer.write(b"GET /hea")
    assert await seconds_until_cut(reader) < WAIT_S + 1
    writer.close()


async def test_a_connection_that_is_kept_between_requests_is_left_alone(port):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for _ in range(2):
        writer.write(b"GET /health HTTP/1.1\r\n" + HOST + b"\r\n")
        assert (await reader.readuntil(b"}")).startswith(b"HTTP/1.1 200")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(WAIT_S * 1.5):
                await reader.read(1)
    writer.close()


async def test_a_body_that_does_not_come_is_answered_and_ended(port):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    head = b"POST /meetings/join HTTP/1.1\r\n" + HOST + b"Content-Type: application/json\r\nContent-Length: 50\r\n\r\n{"
    writer.write(head)
    assert (await reader.readline()).startswith(b"HTTP/1.1 408")
    assert await seconds_until_cut(reader) < 2
    writer.close()


async def test_a_stream_that_is_read_stays_longer_than_any_wait(port, bus):
    meeting_id = await new_meeting(bus)
    async with (
        aiohttp.ClientSession() as http,
        http.get(f"http://127.0.0.1:{port}/meetings/{meeting_id}/events") as feed,
    ):
        begun = asyncio.get_running_loop().time()
        async for _ in feed.content:
            if asyncio.get_running_loop().time() - begun > WAIT_S * 2:
                break
        assert feed.connection is not None


@pytest.mark.parametrize("what", ["transcript", "events"])
async def test_who_asks_for_much_and_reads_nothing_is_cut(port, bus, what):
    meeting_id = await long_meeting(bus)
    before = connections_cut.labels("reading")._value.get()
    with socket.socket() as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf.connect(("127.0.0.1", port))
        deaf.sendall(f"GET /meetings/{meeting_id}/{what} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        await eventually(lambda: connections_cut.labels("reading")._value.get() == before + 1)


async def long_meeting(bus: Bus) -> str:
    """With more words than the buffers of a connection hold."""
    meeting_id, words = await new_meeting(bus), "word " * 2_000
    for n in range(1_000):
        line = Line(id=f"l{n}", track="mixed", speaker="Ann", text=words, start_ms=n, end_ms=n + 1)
        await bus.append(meeting_id, LineHeard(id=f"l{n}", meeting_id=meeting_id, at=1, line=line))
    return meeting_id


async def test_a_bomb_is_refused_before_it_is_unpacked(port):
    bomb = zlib.compress(b"0" * 50_000_000)
    async with aiohttp.ClientSession() as http:
        headers = {"Content-Type": "application/json", "Content-Encoding": "deflate"}
        async with http.post(f"http://127.0.0.1:{port}/meetings/join", data=bomb, headers=headers) as answer:
            assert answer.status == 415


async def test_connections_that_ended_are_counted_no_more(port):
    before = connections._value.get()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    await eventually(lambda: connections._value.get() == before + 1)
    writer.close()
    await eventually(lambda: connections._value.get() == before)
    assert await reader.read() == b""
