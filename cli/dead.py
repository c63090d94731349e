"""`chimein dead`: what was given up on, for those who run the system. It talks to Redis, not to the gateway."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Annotated, TypeVar

import msgspec
import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from cli.embedded_redis import running_url
from cli.settings import environment
from cli.up import DATA
from shared.config import Settings, load
from shared.dead_letters import DeadLetter, DeadLetters
from shared.redis_checks import open_bus

app = typer.Typer(help="Commands that were given up on: list, show, requeue.", no_args_is_help=True)
console = Console()
Result = TypeVar("Result")
Id = Annotated[str, typer.Argument(help="As `chimein dead list` prints it.")]


@app.command("list")
def list_letters() -> None:
    """What was given up on, and why."""
    letters = run(collected)
    if not letters:
        console.print("There are no dead letters.")
        return
    table = Table(Column("id", no_wrap=True), "when", Column("type", no_wrap=True), "from", Column("reason", ratio=1))
    for letter in letters:
        when = datetime.fromtimestamp(letter.at / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")
        table.add_row(letter.id, when, *map(escape, (letter.type, letter.source, letter.reason)))
    console.print(table)


@app.command()
def show(letter_id: Id) -> None:
    """Everything about one of them. What people said may be in it."""
    letter = run(lambda letters: found(letters, letter_id))
    console.print_json(msgspec.json.encode(letter).decode())


@app.command()
def requeue(letter_id: Annotated[str, typer.Argument(help="One id, or `all`.")]) -> None:
    """Send it again, when what it died of is mended."""
    count = run(lambda letters: requeued(letters, letter_id))
    console.print(f"{count} sent again")


async def collected(letters: DeadLetters) -> list[DeadLetter]:
    return [letter async for letter in letters.all()]


async def found(letters: DeadLetters, letter_id: str) -> DeadLetter:
    letter = await letters.get(letter_id)
    if letter is None:
        raise typer.BadParameter(f"there is no dead letter {letter_id}: `chimein dead list` prints them")
    return letter


async def requeued(letters: DeadLetters, letter_id: str) -> int:
    wanted = [letter for letter in await collected(letters) if letter.is_whole]
    if letter_id != "all":
        wanted = [await found(letters, letter_id)]
        if not wanted[0].is_whole:
            raise typer.BadParameter(f"{letter_id} was too large to be kept whole: it cannot be sent again")
    return sum([await letters.requeue(letter) for letter in wanted])


def run(step: Callable[[DeadLetters], Awaitable[Result]]) -> Result:
    return asyncio.run(with_redis(step))


async def with_redis(step: Callable[[DeadLetters], Awaitable[Result]]) -> Result:
    """Raises BusError."""
    bus = await open_bus(redis_url())
    try:
        return await step(DeadLetters(bus))
    finally:
        await bus.close()


def redis_url() -> str:
    """The configured one, else that which `chimein up` runs here."""
    configured = load(Settings, environment())
    if configured.redis_url or configured.redis_host:
        return configured.bus_url
    return running_url(DATA) or configured.bus_url
