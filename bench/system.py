"""The whole system as real processes on one machine, with engines that take no time."""

import asyncio
import os
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from cli.embedded_redis import EmbeddedRedis, free_port
from rehearsal.supervisor import Supervisor
from shared.bus import Bus
from shared.connections import connect
from shared.events import CODEC, Event
from shared.tail import Follower, Tail

OUTPUT = Path("bench-output")
ROLES = ("gateway", "ingest", "transcriber", "brain", "speaker")
SCRIPTED = {
    "TRANSCRIBER_ENGINE": "scripted",
    "SPEAKER_VOICE": "scripted",
    "LOG_FORMAT": "json",
}


@dataclass(frozen=True)
class System:
    """What a measurement needs of it."""

    bus: Bus
    tail: Tail
    ports: Mapping[str, str]
    pids: Mapping[str, int]
    """By role, and of `redis`."""
    url: str
    """Of Redis."""


@asynccontextmanager
async def running(environ: Mapping[str, str], roles: Sequence[str] = ROLES) -> AsyncIterator[System]:
    """Ready; its logs are in bench-output."""
    await asyncio.to_thread(OUTPUT.mkdir, exist_ok=True)
    names = ["GATEWAY_PORT", "INGEST_PORT", *(f"{role.upper()}_STATUS_PORT" for role in ROLES if role != "gateway")]
    ports = {name: str(free_port()) for name in names}
    async with AsyncExitStack() as stack:
        redis = await stack.enter_async_context(EmbeddedRedis(OUTPUT / "redis"))
        bus = Bus(connect(redis.url))
        stack.push_async_callback(bus.close)
        await bus.redis.flushall()
        settings = {**os.environ, **SCRIPTED, **environ, **ports, "REDIS_URL": redis.url}
        supervisor = await stack.enter_async_context(Supervisor(settings, OUTPUT))
        pids = {role: (await supervisor.start_worker(role)).process.pid for role in roles}
        await asyncio.gather(*(ready(metrics_port(ports, role)) for role in roles))
        tail = await stack.enter_async_context(following(redis.url))
        yield System(bus, tail, ports, {**pids, "redis": redis.pid}, redis.url)


def metrics_port(ports: Mapping[str, str], role: str) -> str:
    return ports["GATEWAY_PORT" if role == "gateway" else f"{role.upper()}_STATUS_PORT"]


async def ready(port: str) -> None:
    url = f"http://127.0.0.1:{port}/ready"
    async with aiohttp.ClientSession() as session:
        for _ in range(200):
            try:
                async with session.get(url) as answer:
                    if answer.status == 200:
                        return
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(0.1)
    raise SystemExit("the system did not become ready; see bench-output/*.log")


@asynccontextmanager
async def following(url: str) -> AsyncIterator[Tail]:
    client = connect(url)
    tail = Tail(client)
    task = asyncio.create_task(tail.run())
    try:
        yield tail
    finally:
        task.cancel()
        await asyncio.wait({task})
        await client.aclose()


async def first(follower: Follower, kind: type[Event]) -> Event:
    async with asyncio.timeout(10):
        async for entry in follower:
            fact = CODEC.decode(entry.fields)
            if isinstance(fact, kind):
                return fact
    raise AssertionError
