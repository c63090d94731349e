"""What no hop can do without: one entry from XADD to a blocked XREAD by redis-py, one message over a WebSocket.

Each is taken twice: with both ends in one process, which nothing has to wake, and with the far end in a process of its
own, as every hop has it. Processes of one machine share the clock of `time.perf_counter`.
"""

import asyncio
import contextlib
import struct
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import partial

from redis.asyncio import Redis
from websockets.asyncio.client import connect
from websockets.asyncio.server import Server, ServerConnection, serve

from shared.connections import connect as connect_redis

ROUNDS = 300
PAUSE_S = 0.004
STREAM, MESSAGE = "floor", "x" * 4_700
"""A message of a frame's size."""
dial = partial(connect, compression=None, proxy=None)
TIME = struct.Struct("d")


@dataclass(frozen=True)
class Far:
    """The other process: when it got what, and where its WebSocket is."""

    told: asyncio.StreamReader
    port: int

    async def got_at(self) -> float:
        async with asyncio.timeout(5):
            (at,) = TIME.unpack(await self.told.readexactly(TIME.size))
        return float(at)


async def stream_here(redis: Redis) -> list[float]:
    """One entry at a time."""
    took = []
    for n in range(ROUNDS):
        read = asyncio.create_task(redis.xread({STREAM: "$"}, block=1000))
        await asyncio.sleep(PAUSE_S)
        began = time.perf_counter()
        await redis.xadd(STREAM, {"pcm": bytes(3200), "n": n})
        await read
        took.append((time.perf_counter() - began) * 1000)
    return took


async def stream_there(redis: Redis, far: Far) -> list[float]:
    took = []
    for n in range(ROUNDS):
        await asyncio.sleep(PAUSE_S)
        began = time.perf_counter()
        await redis.xadd(STREAM, {"pcm": bytes(3200), "n": n})
        took.append((await far.got_at() - began) * 1000)
    return took


async def socket_here() -> list[float]:
    came: asyncio.Queue[float] = asyncio.Queue()

    async def hear(connection: ServerConnection) -> None:
        async for _ in connection:
            came.put_nowait(time.perf_counter())

    took = []
    async with serve(hear, "127.0.0.1", 0, compression=None) as server, dial(address(server)) as socket:
        for _ in range(ROUNDS):
            await asyncio.sleep(PAUSE_S)
            began = time.perf_counter()
            await socket.send(MESSAGE)
            took.append((await came.get() - began) * 1000)
    return took


async def socket_there(far: Far) -> list[float]:
    took = []
    async with dial(f"ws://127.0.0.1:{far.port}") as socket:
        for _ in range(ROUNDS):
            await asyncio.sleep(PAUSE_S)
            began = time.perf_counter()
            await socket.send(MESSAGE)
            took.append((await far.got_at() - began) * 1000)
    return took


def address(server: Server) -> str:
    return f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"


# -- the other process -------------------------------------------------------------------------------------------------


@contextlib.asynccontextmanager
async def far_end(redis_url: str) -> AsyncIterator[Far]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.floors", redis_url, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout
    try:
        yield Far(process.stdout, int(await process.stdout.readline()))
    finally:
        process.terminate()
        await process.wait()


async def be_far(redis_url: str) -> None:
    """Says where its WebSocket is, then when each entry and each message came."""

    async def hear(connection: ServerConnection) -> None:
        async for _ in connection:
            tell(TIME.pack(time.perf_counter()))

    redis = connect_redis(redis_url)
    last = (await redis.xrevrange(STREAM, count=1))[0][0]
    async with serve(hear, "127.0.0.1", 0, compression=None) as server:
        tell(b"%d\n" % server.sockets[0].getsockname()[1])
        while True:
            found = await redis.xread({STREAM: last}, block=1000)
            if found:
                tell(TIME.pack(time.perf_counter()))
                last = found[STREAM.encode()][-1][0]


def tell(what: bytes) -> None:
    sys.stdout.buffer.write(what)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    asyncio.run(be_far(sys.argv[1]))
