"""What an empty system costs: twenty processes that keep their leases, and have nothing to do.

    python -m bench.idle

Writes bench-output/idle.json.
"""

import asyncio
import json
import os
from contextlib import AsyncExitStack

from redis.asyncio import Redis

from bench import meter
from bench.system import OUTPUT, SCRIPTED
from cli.embedded_redis import EmbeddedRedis
from rehearsal.supervisor import Supervisor
from shared.connections import connect
from shared.heartbeat import heartbeats

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
    report(cores)


async def are_there(client: Redis) -> bool:
    now = await now_ms(client)
    return all([len(await heartbeats(client, role, now)) >= EACH for role in ROLES])


async def now_ms(client: Redis) -> int:
    seconds, micros = await client.time()
    return int(seconds) * 1000 + int(micros) // 1000


def report(cores: dict[str, float]) -> None:
    figures = {
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
