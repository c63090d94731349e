"""Workers say that they are alive, and how they are; whoever asks `/ready` reads it."""

from collections.abc import Mapping
from typing import Any, cast

import msgspec
from redis.asyncio import Redis

from shared.streams import WORKERS

ALIVE_MS = 3000
FORGOTTEN_MS = 60_000


class Heartbeat(msgspec.Struct, frozen=True, kw_only=True):
    """One worker's word about itself."""

    at: int
    """Unix ms."""
    ready: bool
    problems: list[str] = []
    engine: str = ""
    pid: int = 0
    shards: int = 0
    load: int = 0
    """Meetings that it works for."""
    most: int = 0
    """Meetings that it may work for; 0: as many as it can."""
    is_full: bool = False
    """It has as much to do as it can do in time."""
    is_leaving: bool = False


DECODER = msgspec.json.Decoder(Heartbeat)


async def beat(redis: Redis, role: str, worker: str, heartbeat: Heartbeat) -> None:
    await cast("Any", redis.hset(WORKERS + role, worker, msgspec.json.encode(heartbeat)))


async def stop_beating(redis: Redis, role: str, worker: str) -> None:
    await cast("Any", redis.hdel(WORKERS + role, worker))


async def heartbeats(redis: Redis, role: str, now_ms: int) -> dict[str, Heartbeat]:
    """The live workers of a role."""
    return live(await known(redis, role, now_ms), now_ms)


async def known(redis: Redis, role: str, now_ms: int) -> dict[str, Heartbeat]:
    """Also those that have fallen silent; forgets those that are long dead."""
    beats = beats_in(await cast("Any", redis.hgetall(WORKERS + role)))
    forgotten = [name for name, last in beats.items() if now_ms - last.at > FORGOTTEN_MS]
    if forgotten:
        await cast("Any", redis.hdel(WORKERS + role, *forgotten))
    return {name: last for name, last in beats.items() if name not in forgotten}


def beats_in(found: Mapping[bytes, bytes]) -> dict[str, Heartbeat]:
    """What Redis keeps of a role's workers."""
    return {name.decode(): DECODER.decode(value) for name, value in found.items()}


def live(beats: Mapping[str, Heartbeat], now_ms: int) -> dict[str, Heartbeat]:
    return {name: last for name, last in beats.items() if now_ms - last.at <= ALIVE_MS}
