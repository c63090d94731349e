"""`chimein promises`: the reliability promises, one after the other, each with its figures and its verdict."""

import asyncio
import shutil
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec
from rich.console import Console
from rich.markup import escape

from cli.embedded_redis import EmbeddedRedis
from rehearsal.promises import deaths, deploys, doors, ingest, models, redis_dies, repeats, speech, words, zombies
from rehearsal.promises.rig import Load, Outcome, Rig
from shared.redis_checks import open_bus

PROMISES: dict[int, Callable[[Rig], Awaitable[Outcome]]] = {
    1: deaths.run,
    2: zombies.run,
    3: redis_dies.dies,
    4: redis_dies.is_gone,
    6: speech.run,
    7: models.run,
    8: ingest.run,
    9: deploys.run,
    11: repeats.run,
    16: doors.run,
    19: words.run,
}
SHOWN = 5
"""Failures of one promise that are printed; all are in the file."""


async def prove(numbers: list[int], load: Load, out: Path, console: Console) -> int:
    """Returns 0 when all of them were kept."""
    outcomes = []
    for number in numbers or sorted(PROMISES):
        console.print(f"promise {number}, seed {load.seed} …", style="dim")
        outcomes.append(await prove_one(number, load, out / f"promise-{number}"))
        show(outcomes[-1], console)
    await asyncio.to_thread(write, out, outcomes)
    return int(any(outcome.failures for outcome in outcomes))


async def prove_one(number: int, load: Load, logs: Path) -> Outcome:
    """On a Redis of its own, with everything ended afterwards. What processes logged is kept where it was broken."""
    with tempfile.TemporaryDirectory(prefix="chimein-promise-") as folder:
        async with EmbeddedRedis(Path(folder) / "redis", deaths_allowed=100) as redis:
            bus = await open_bus(redis.url)
            rig = Rig(bus, redis.url, load, Path(folder), redis)
            try:
                outcome = await PROMISES[number](rig)
            finally:
                await rig.stop()
                await bus.close()
        if outcome.failures:
            await asyncio.to_thread(keep, Path(folder), logs)
    return outcome


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
