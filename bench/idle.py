"""What an empty system costs: twenty processes that have nothing to do; and of that, their leases alone.

    python -m bench.idle

Writes bench-output/idle.json.
"""

import asyncio
import json
import os
import time
from contextlib import AsyncExitStack

from redis.asyncio import Redis

from bench import meter
from bench.system import OUTPUT, SCRIPTED
from cli.embedded_redis import EmbeddedRedis
from rehearsal.supervisor import Supervisor
from shared.bus import Bus, Epoch, new_bus
from shared.clock import SystemClock
from shared.connections import connect
from shared.heartbeat import Heartbeat, heartbeats
from shared.ownership import Hooks, Ownership
from shared.tail import Tail
from shared.waiting import end
from shared.worker import Worker, heartbeat_of

ROLES = ("transcriber", "brain", "speaker", "ingest")
EACH = 5
SETTLE_S, MEASURE_S = 6.0, 15.0


async def main() -> None:
    await asyncio.to_thread(OUTPUT.mkdir, exist_ok=True)
    async with AsyncExitStack() as stack:
        redis = await stack.enter_async_context(EmbeddedRedis(OUTPUT / "redis"))
        client = connect(redis.url)
        stack.push_async_callback(client.aclose)
        await client.flushall()
        ports = {"INGEST_PORT": "0", **{f"{role.upper()}_STATUS_PORT": "0" for role in ROLES}}
        supervisor = await stack.enter_async_context(
            Supervisor({**os.environ, **SCRIPTED, **ports, "REDIS_URL": redis.url}, OUTPUT)
        )
        names = [f"{role}-{n}" for role in ROLES for n in range(EACH)]
        pids = {name: (await supervisor.start_worker(name[:-2], name)).process.pid for name in names}
        while not await are_there(client):  # noqa: ASYNC110  # other processes come
            await asyncio.sleep(0.2)
        await asyncio.sleep(SETTLE_S)
        first = meter.read({**pids, "redis": redis.pid})
        await asyncio.sleep(MEASURE_S)
        cores = meter.read({**pids, "redis": redis.pid}).cores_since(first)
        await supervisor.stop_all()
        leases = await leases_alone(redis.url)
    report(cores, leases)


async def leases_alone(url: str) -> float:
    """Of a core, that twenty keepers of leases use; they share one loop, and nothing else is on it."""
    bus = new_bus(url)
    await bus.redis.flushall()
    async with AsyncExitStack() as stack:
        stack.push_async_callback(bus.close)
        keepers = [Keeper(bus, f"worker-{n}") for n in range(len(ROLES) * EACH)]
        tasks = [asyncio.create_task(keeper.run()) for keeper in keepers]
        stack.push_async_callback(end, *tasks)
        await asyncio.sleep(SETTLE_S)
        used_s, began_s = time.process_time(), time.perf_counter()
        await asyncio.sleep(MEASURE_S)
        return (time.process_time() - used_s) / (time.perf_counter() - began_s)


class Keeper:
    """One worker's leases, and its heartbeat, by which the others know of it."""

    def __init__(self, bus: Bus, name: str) -> None:
        self._worker = Worker("bench", bus, Tail(bus.redis), SystemClock())
        hooks = Hooks(nothing, nothing, nothing, none_of, word=self._word)
        self._ownership = Ownership(bus, "bench", name, clock=SystemClock(), hooks=hooks)

    async def run(self) -> None:
        await self._ownership.run()

    def _word(self) -> Heartbeat:
        self._worker.shards = len(self._ownership.held)
        return heartbeat_of(self._worker)


async def nothing(_: Epoch) -> None:
    """There is no work to begin or to stop."""


def none_of(_: int) -> int:
    return 0


async def are_there(client: Redis) -> bool:
    now = await now_ms(client)
    return all([len(await heartbeats(client, role, now)) >= EACH for role in ROLES])


async def now_ms(client: Redis) -> int:
    seconds, micros = await client.time()
    return int(seconds) * 1000 + int(micros) // 1000


def report(cores: dict[str, float], leases: float) -> None:
    figures = {
        "leases_percent_of_a_core": round(100 * leases, 2),
        "idle_processes": len(cores) - 1,
        "idle_percent_of_a_core": round(100 * sum(used for name, used in cores.items() if name != "redis"), 2),
        "idle_percent_of_a_core_redis": round(100 * cores["redis"], 2),
        **{
            f"idle_percent_of_one_{role}": round(100 * sum(cores[f"{role}-{n}"] for n in range(EACH)) / EACH, 3)
            for role in ROLES
        },
    }
    print(json.dumps(figures, indent=1))
    (OUTPUT / "idle.json").write_text(json.dumps(figures, indent=1))


if __name__ == "__main__":
    asyncio.run(main())
