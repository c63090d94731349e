"""The gateway under test: the real application on a real Valkey, and somebody who plays the workers."""

import asyncio
import contextlib
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
import redis
from aiohttp import web
from aiohttp.test_utils import TestClient
from fakeredis import FakeAsyncRedis, FakeServer
from served import Served
from support import valkey_binary

from gateway.app import build_app
from gateway.config import GatewaySettings
from shared.bus import Bus
from shared.clock import SystemClock
from shared.connections import close, connect
from shared.events import CODEC, Event, MeetingRequested, Settings
from shared.heartbeat import Heartbeat, beat
from shared.meetings import write_of
from shared.ports import free_port
from shared.streams import (
    CREATED_AT,
    DEFAULT_TENANT,
    PLATFORM,
    SETTINGS,
    STATUS,
    TENANT,
    WORKERS,
    MeetingKeys,
    ShardKeys,
    new_meeting_id,
)
from shared.tail import Tail

CLOCK = SystemClock()
SHARD = 7


class ValkeyProcess:
    """A server that can be stopped and started again."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        options = ["--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self.folder)]
        quiet = ["--save", "", "--appendonly", "no", "--loglevel", "warning"]
        self.process = subprocess.Popen([valkey_binary(), *options, *quiet], stdout=subprocess.DEVNULL)
        client = redis.Redis(port=self.port)
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            with contextlib.suppress(redis.exceptions.ConnectionError):
                client.ping()
                client.close()
                return
        raise RuntimeError("valkey did not start")

    def stop(self) -> None:
        if self.process:
            self.process.kill()
            self.process.wait()


@pytest.fixture
def mortal_valkey(tmp_path: Path) -> Iterator[ValkeyProcess]:
    """A server of the test's own, to be killed."""
    server = ValkeyProcess(tmp_path)
    server.start()
    yield server
    server.stop()


Script = Callable[[Event], list[Event]]


class Workers:
    """Plays ingest and brain: answers each command of its meetings with the facts that `script` gives."""

    def __init__(self, bus: Bus) -> None:
        self.bus, self.commands = bus, list[Event]()
        self.arrived = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    def play(self, role: str, shards: range, script: Script, tail: Tail) -> None:
        for shard in shards:
            stream = tail.follow(ShardKeys(shard).commands(role), f"{CLOCK.now_ms()}")
            self._tasks.append(asyncio.create_task(self._answer(stream, script)))

    async def _answer(self, stream, script: Script) -> None:
        async for entry in stream:
            command = CODEC.decode(entry.fields)
            self.commands.append(command)
            self.arrived.set()
            for fact in script(command):
                await self.bus.write(fact.meeting_id, write_of(fact))

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


class Rig:
    """An application with its client, a bus of the test's own, and the workers' player."""

    def __init__(self, client: TestClient, bus: Bus, tail: Tail) -> None:
        self.client, self.bus, self.tail, self.workers = client, bus, tail, Workers(bus)

    def play(self, role: str, script: Script, *, shards: range = range(SHARD, SHARD + 1)) -> None:
        self.workers.play(role, shards, script, self.tail)

    async def meeting(self, *facts: Callable[[str], Event], **state: str) -> str:
        """A meeting with these on its timeline."""
        meeting_id = new_meeting_id(SHARD)
        await make_meeting(self.bus, meeting_id, **state)
        for fact in facts:
            event = fact(meeting_id)
            await self.bus.write(meeting_id, write_of(event))
        return meeting_id

    async def add(self, *events: Event) -> list[bytes]:
        ids = []
        for event in events:
            ids += await self.bus.write(event.meeting_id, write_of(event))
        return ids


async def make_meeting(bus: Bus, meeting_id: str, **state: str) -> None:
    keys, now = MeetingKeys(meeting_id), CLOCK.now_ms()
    first = {STATUS: "listening", PLATFORM: "google_meet", SETTINGS: "{}", CREATED_AT: str(now), **state}
    await bus.redis.hset(keys.state, mapping=first)
    await bus.redis.zadd(keys.shard.meetings, {meeting_id: now})
    await bus.redis.zadd(keys.shard.listing(state.get(TENANT, DEFAULT_TENANT)), {meeting_id: now})
    requested = MeetingRequested(
        id="requested", meeting_id=meeting_id, at=now, platform="google_meet", settings=Settings()
    )
    await bus.append(meeting_id, requested)


@contextlib.asynccontextmanager
async def rig_on(url: str, settings: GatewaySettings) -> AsyncIterator[Rig]:
    async with contextlib.AsyncExitStack() as stack:
        clients = [connect(url) for _ in range(4)]
        for client in clients:
            stack.push_async_callback(client.aclose)
        app = build_app(settings, Bus(clients[0]), clients[1])
        http = await stack.enter_async_context(TestClient(Served(app)))
        tail = Tail(clients[3])
        running = asyncio.create_task(tail.run())
        await clients[2].flushall()
        rig = Rig(http, Bus(clients[2]), tail)
        try:
            yield rig
        finally:
            await rig.workers.stop()
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)


@pytest.fixture
async def rig(redis_url: str) -> AsyncIterator[Rig]:
    async with rig_on(redis_url, settings_of()) as made:
        yield made


@pytest.fixture
def rig_with(redis_url: str) -> Callable[..., contextlib.AbstractAsyncContextManager[Rig]]:
    """For tests that need settings of their own."""
    return lambda **fields: rig_on(redis_url, settings_of(**fields))


@pytest.fixture
def rig_on_url() -> Callable[[str], contextlib.AbstractAsyncContextManager[Rig]]:
    """For tests that bring a server of their own."""
    return lambda url: rig_on(url, settings_of())


@pytest.fixture
def rig_with_url() -> Callable[..., contextlib.AbstractAsyncContextManager[Rig]]:
    """For tests that bring both."""
    return lambda url, **fields: rig_on(url, settings_of(**fields))


@pytest.fixture
async def fake_app() -> AsyncIterator[web.Application]:
    client = FakeAsyncRedis()
    yield build_app(settings_of(), Bus(client), client)
    await close(client)


@pytest.fixture
async def fake_rig() -> AsyncIterator[Rig]:
    """On fakeredis: for what only writes and looks up."""
    server = FakeServer(version=(7, 0))
    clients = [FakeAsyncRedis(server=server, legacy_responses=False) for _ in range(3)]
    app = build_app(settings_of(), Bus(clients[0]), clients[1])
    async with TestClient(Served(app)) as http:
        yield Rig(http, Bus(clients[2]), Tail(clients[2]))
    for client in clients:
        await close(client)


def settings_of(**fields: object) -> GatewaySettings:
    quick = {"join_wait_s": 2.0, "ask_wait_s": 2.0, "brief_wait_s": 2.0, "erase_wait_s": 2.0, "send_wait_s": 2.0}
    return GatewaySettings(**{**quick, **fields})


async def all_alive(bus: Bus, *roles: str) -> None:
    for role in roles:
        await beat(bus.redis, role, "one", Heartbeat(at=CLOCK.now_ms(), ready=True))


async def none_alive(bus: Bus, *roles: str) -> None:
    await bus.redis.delete(*(WORKERS + role for role in roles))
