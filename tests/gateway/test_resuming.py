"""A watcher that is killed and comes back, again and again, while a meeting goes on: each event once, in order."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import msgspec
import pytest
from processes import system
from support import facts_of, new_meeting

from shared.bus import Bus
from shared.events import Hushed

KILLS = 50
pytestmark = pytest.mark.process


class Writer:
    """Writes numbered events, a few at a time, until it is told to stop."""

    def __init__(self, bus: Bus, meeting_id: str) -> None:
        self.bus, self.meeting_id, self.ids = bus, meeting_id, list[str]()
        self.is_done = False

    async def run(self) -> None:
        chance = random.Random(7)
        while not self.is_done:
            batch = [f"n-{len(self.ids) + n}" for n in range(chance.randint(1, 5))]
            facts = [Hushed(id=name, meeting_id=self.meeting_id, at=1, by="Ada") for name in batch]
            await self.bus.append(self.meeting_id, *facts)
            self.ids += batch
            await asyncio.sleep(0.002)


class Watcher:
    """Takes some frames, then has its connection cut without a word, wherever it is."""

    def __init__(self, base: str, meeting_id: str) -> None:
        self.url = f"{base}/meetings/{meeting_id}"
        self.cursor, self.ids, self.connections = "", list[str](), 0
        self.chance = random.Random(11)

    async def watch(self, transport: str, session: aiohttp.ClientSession, frames: int) -> None:
        self.connections += 1
        source = self.socket(session) if transport == "websocket" else self.events(session)
        async with contextlib.aclosing(source) as arriving:
            async for cursor, name in arriving:
                self.cursor = cursor
                self.ids.append(name)
                frames -= 1
                if not frames:
                    break

    async def socket(self, session: aiohttp.ClientSession) -> AsyncIterator[tuple[str, str]]:
        async with session.ws_connect(f"{self.url}/live?after={self.cursor}") as socket:
            try:
                while True:
                    frame = msgspec.json.decode((await socket.receive()).data)
                    if frame["id"]:
                        yield frame["id"], frame["data"]["id"]
            finally:
                socket._response.connection.transport.abort()

    async def events(self, session: aiohttp.ClientSession) -> AsyncIterator[tuple[str, str]]:
        async with session.get(f"{self.url}/events", headers={"Last-Event-ID": self.cursor}) as response:
            try:
                cursor = ""
                async for row in response.content:
                    if row.startswith(b"id: "):
                        cursor = row[4:].strip().decode()
                    elif row.startswith(b"data: ") and cursor:
                        yield cursor, msgspec.json.decode(row[6:])["id"]
                        cursor = ""
            finally:
                response.connection.transport.abort()


@pytest.mark.parametrize("transport", ["websocket", "events"])
async def test_killed_and_resumed_50_times_it_sees_each_event_once_in_order(
    redis_url: str, bus: Bus, tmp_path: Path, transport: str
):
    meeting_id = await new_meeting(bus)
    before = await ids_of(bus, meeting_id)
    with system(redis_url, tmp_path) as running:
        process = running.start("gateway")
        await until_listening(running.gateway_port)
        writer = Writer(bus, meeting_id)
        writing = asyncio.create_task(writer.run())
        watcher = Watcher(f"http://127.0.0.1:{running.gateway_port}", meeting_id)
        async with aiohttp.ClientSession() as session:
            for _ in range(KILLS):
                await watcher.watch(transport, session, watcher.chance.randint(1, 25))
            writer.is_done = True
            await writing
            total = len(await bus.timeline(meeting_id))
            if total > len(watcher.ids):
                await watcher.watch(transport, session, total - len(watcher.ids))
        assert process.poll() is None
    assert watcher.ids[len(before) :] == writer.ids
    assert len(set(watcher.ids)) == len(watcher.ids) == total
    assert watcher.connections >= KILLS


async def test_it_can_change_transports_and_gateways_on_the_way(redis_url: str, bus: Bus, tmp_path: Path):
    meeting_id = await new_meeting(bus)
    facts = [Hushed(id=f"n-{n}", meeting_id=meeting_id, at=1, by="Ada") for n in range(90)]
    await bus.append(meeting_id, *facts)
    total = len(await bus.timeline(meeting_id))
    (other_logs := tmp_path / "other").mkdir()
    with system(redis_url, tmp_path) as one, system(redis_url, other_logs) as other:
        for running in (one, other):
            running.start("gateway")
        for running in (one, other):
            await until_listening(running.gateway_port)
        watcher = Watcher("", meeting_id)
        async with aiohttp.ClientSession() as session:
            for n in range(10):
                running, transport = (one, other)[n % 2], ("websocket", "events")[n // 2 % 2]
                watcher.url = f"http://127.0.0.1:{running.gateway_port}/meetings/{meeting_id}"
                await watcher.watch(transport, session, total // 10 if n < 9 else total - 9 * (total // 10))
    assert watcher.ids == await ids_of(bus, meeting_id)


async def ids_of(bus: Bus, meeting_id: str) -> list[str]:
    return [fact.id for fact in await facts_of(bus, meeting_id)]


async def until_listening(port: int) -> None:
    async with aiohttp.ClientSession() as session:
        while True:
            with contextlib.suppress(aiohttp.ClientError):
                async with session.get(f"http://127.0.0.1:{port}/health") as answer:
                    if answer.status == 200:
                        return
            await asyncio.sleep(0.02)
