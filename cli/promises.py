"""`chimein promises`: the reliability promises, one after the other, each with its figures and its verdict."""

import asyncio
import contextlib
import shutil
import tempfile
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import msgspec
from rich.console import Console
from rich.markup import escape

from cli.embedded_redis import EmbeddedRedis, server_binary
from rehearsal.promises import (
    api,
    backlog,
    deaths,
    deploys,
    doors,
    failover,
    history,
    ingest,
    load,
    models,
    poison,
    redis_dies,
    repeats,
    secrets,
    silence,
    speech,
    tenants,
    words,
    zombies,
)
from rehearsal.promises.rig import Load, Outcome, Promise, Rig
from rehearsal.redis_servers import RedisCluster
from shared.redis_checks import open_bus

PROMISES = {
    1: Promise(run=deaths.run, full=Load(kills=50), seeds=3),
    2: Promise(run=zombies.run, full=Load(seconds=300, kills=50)),
    3: Promise(run=redis_dies.dies, full=Load(seconds=240, kills=20)),
    4: Promise(run=redis_dies.is_gone, full=Load(seconds=240)),
    5: Promise(run=failover.run, full=Load(seconds=300, kills=10), on_cluster=True),
    6: Promise(run=speech.run, full=Load()),
    7: Promise(run=models.run, full=Load(seconds=180)),
    8: Promise(run=ingest.run, full=Load(seconds=300)),
    9: Promise(run=deploys.run, full=Load(kills=20)),
    10: Promise(run=poison.run, full=Load(seconds=120)),
    11: Promise(run=repeats.run, full=Load(seconds=180)),
    12: Promise(run=backlog.run, full=Load()),
    13: Promise(run=silence.run, full=Load(seconds=120)),
    14: Promise(run=history.run, full=Load(seconds=60, kills=200), on_cluster=True),
    15: Promise(run=load.run, full=Load(meetings=100, seconds=1800)),
    16: Promise(run=doors.run, full=Load()),
    17: Promise(run=api.run, full=Load()),
    18: Promise(run=tenants.run, full=Load(seconds=60)),
    19: Promise(run=words.run, full=Load()),
    20: Promise(run=secrets.run, full=Load(seconds=60)),
}
SHOWN = 5
"""Failures of one promise that are printed; all are in the file."""


async def prove(numbers: list[int], wanted: Mapping[str, float | None], out: Path, console: Console) -> int:
    """`wanted` has what differs from the full form, by the names of Load. Returns 0 when all of them were kept."""
    outcomes = []
    for number in numbers or sorted(PROMISES):
        for given in loads_of(PROMISES[number], wanted):
            console.print(f"promise {number}, seed {given.seed} …", style="dim")
            outcomes.append(await prove_one(number, given, out / f"promise-{number}"))
            show(outcomes[-1], console)
            await asyncio.to_thread(write, out, outcomes)
    return int(any(outcome.failures for outcome in outcomes))


def loads_of(promise: Promise, wanted: Mapping[str, float | None]) -> list[Load]:
    """One for each seed; a seed that is asked for is the only one."""
    changes = {name: value for name, value in wanted.items() if value is not None}
    load = msgspec.structs.replace(promise.full, **changes)
    if "seed" in changes:
        return [load]
    return [msgspec.structs.replace(load, seed=load.seed + n) for n in range(promise.seeds)]


async def prove_one(number: int, load: Load, logs: Path) -> Outcome:
    """On a Redis of its own, with everything ended afterwards. What processes logged is kept where it was broken."""
    promise = PROMISES[number]
    with tempfile.TemporaryDirectory(prefix="chimein-promise-") as folder:
        outcome = None
        try:
            async with (rig_on_cluster if promise.on_cluster else rig_on_server)(load, Path(folder)) as rig:
                outcome = await promise.run(rig)
        finally:
            if outcome is None or outcome.failures:
                await asyncio.to_thread(keep, Path(folder), logs)
    return outcome


@contextlib.asynccontextmanager
async def rig_on_server(load: Load, folder: Path) -> AsyncIterator[Rig]:
    async with EmbeddedRedis(folder / "redis", deaths_allowed=100) as redis:
        bus = await open_bus(redis.url)
        async with ended(Rig(bus, redis.url, load, folder, redis=redis)) as rig:
            yield rig


@contextlib.asynccontextmanager
async def rig_on_cluster(load: Load, folder: Path) -> AsyncIterator[Rig]:
    async with RedisCluster(folder / "redis", server_binary()) as cluster:
        bus = await open_bus(cluster.url)
        async with ended(Rig(bus, cluster.url, load, folder, cluster=cluster)) as rig:
            yield rig


@contextlib.asynccontextmanager
async def ended(rig: Rig) -> AsyncIterator[Rig]:
    try:
        yield rig
    finally:
        await rig.stop()
        await rig.bus.close()


def keep(folder: Path, logs: Path) -> None:
    logs.mkdir(parents=True, exist_ok=True)
    for log in folder.glob("*.log"):
        shutil.copy(log, logs)


def show(outcome: Outcome, console: Console) -> None:
    figures = ", ".join(f"{name} {value}" for name, value in outcome.figures.items())
    verdict = "[red]BROKEN[/red]" if outcome.failures else "[green]kept[/green]"
    console.print(f"{outcome.promise:>3} {outcome.name}: {escape(figures)}: {verdict}", highlight=False, soft_wrap=True)
    for failure in outcome.failures[:SHOWN]:
        console.print(f"    {escape(failure)}", style="red", highlight=False, soft_wrap=True)


def write(out: Path, outcomes: list[Outcome]) -> None:
    out.mkdir(parents=True, exist_ok=True)
    (out / "promises.json").write_bytes(msgspec.json.format(msgspec.json.encode(outcomes), indent=1))
