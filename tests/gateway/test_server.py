"""The real process: it says where it listens, ends in time with streams open, and refuses what cannot work."""

import asyncio
import json
import os
import signal
import socket
import sys
from pathlib import Path

import aiohttp
import pytest
from support import new_meeting

from shared.ports import free_port

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.process


async def start(**environ: str) -> asyncio.subprocess.Process:
    clean = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    environment = {**clean, "PYTHONPATH": str(ROOT), "LOG_FORMAT": "json", **environ}
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "gateway", cwd=ROOT, env=environment, stderr=asyncio.subprocess.PIPE
    )


async def listening(process: asyncio.subprocess.Process) -> int:
    """The port that the process says it listens on."""
    async for row in process.stderr:
        if row.startswith(b"{") and (entry := json.loads(row)).get("event") == "gateway.listening":
            return int(entry["port"])
    raise AssertionError("it never listened")


async def test_sigterm_ends_it_in_time_with_a_stream_and_a_socket_open(redis_url, bus):
    meeting_id = await new_meeting(bus)
    process = await start(REDIS_URL=redis_url, GATEWAY_PORT="0")
    base = f"http://127.0.0.1:{await listening(process)}"
    async with aiohttp.ClientSession() as session:
        events = await session.get(f"{base}/meetings/{meeting_id}/events")
        live = await session.ws_connect(f"{base}/meetings/{meeting_id}/live")
        await events.content.readline()
        await live.receive_json()
        begun = asyncio.get_running_loop().time()
        process.send_signal(signal.SIGTERM)
        assert (await live.receive()).data == aiohttp.WSCloseCode.GOING_AWAY
        await events.content.read()
        await process.communicate()
        took_s = asyncio.get_running_loop().time() - begun
    assert process.returncode == 0
    assert took_s < 4


async def test_open_address_without_keys_ends_with_the_remedy_and_binds_nothing(redis_url, bus):
    process = await start(REDIS_URL=redis_url, BIND_HOST="0.0.0.0", GATEWAY_PORT=str(free_port()))
    _, text = await process.communicate()
    assert process.returncode == 2
    assert b"CHIMEIN_API_KEYS is empty: set a key" in text


async def test_taken_port_ends_with_the_remedy(redis_url):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        process = await start(REDIS_URL=redis_url, GATEWAY_PORT=port)
        _, text = await process.communicate()
    assert process.returncode == 2
    assert f"GATEWAY_PORT={port}".encode() in text


async def test_sigterm_while_redis_is_awaited_ends_it_quietly():
    process = await start(REDIS_URL=f"redis://127.0.0.1:{free_port()}/0", GATEWAY_PORT="0")
    async for row in process.stderr:
        if b"redis.awaited" in row:
            break
    process.send_signal(signal.SIGTERM)
    await process.communicate()
    assert process.returncode == 0


async def test_help_is_shown_without_any_settings():
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "gateway", "--help", cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    text, _ = await process.communicate()
    assert (process.returncode, b"Serves the HTTP API" in text) == (0, True)


async def test_a_request_that_is_no_http_is_answered_and_its_bytes_are_not_logged(redis_url, bus):
    process = await start(REDIS_URL=redis_url, GATEWAY_PORT="0")
    reader, writer = await asyncio.open_connection("127.0.0.1", await listening(process))
    writer.write(b"GET / HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer canary-\x00\r\n\r\n")
    assert (await reader.readline()).startswith(b"HTTP/1.0 400")
    writer.close()
    process.send_signal(signal.SIGTERM)
    _, text = await process.communicate()
    assert b"canary" not in text
