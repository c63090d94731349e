"""`chimein keys`: who may call the gateway. It talks to Redis, so that the first key needs no other."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Annotated, TypeVar

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from cli.dead import redis_url
from shared.api_keys import ApiKey, ApiKeys, KnownKey, Scope
from shared.clock import SystemClock
from shared.config import Secret
from shared.redis_checks import open_bus
from shared.streams import DEFAULT_TENANT

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
USUAL = [Scope.READ, Scope.ASK, Scope.MANAGE]

app = typer.Typer(help="Keys of the gateway: create, list, rotate, revoke.", no_args_is_help=True)
console = Console()
Result = TypeVar("Result")
Id = Annotated[str, typer.Argument(help="As `chimein keys list` prints it.")]


@app.command()
def create(
    tenant: Annotated[str, typer.Option(help="Whose meetings it opens; others do not exist for it.")] = DEFAULT_TENANT,
    name: Annotated[str, typer.Option(help="Who or what uses it.")] = "",
    scope: Annotated[list[Scope] | None, typer.Option(help="May be repeated; read, ask and manage without it.")] = None,
    days: Annotated[float, typer.Option(min=0, help="After which it ends; 0: never.")] = 0,
) -> None:
    """Make a key, and print it: this once."""
    ends_at = SystemClock().now_ms() + round(days * DAY_MS) if days else 0
    show_new(*run(lambda keys: keys.issue(tenant, name, scope or USUAL, ends_at=ends_at)))


@app.command("list")
def list_keys() -> None:
    """All keys, those that have ended too; none of them is shown."""
    found = run(lambda keys: keys.all())
    if not found:
        console.print("There are no keys but those of CHIMEIN_API_KEYS.")
        return
    table = Table(Column("id", no_wrap=True), "tenant", "name", "may", "made", "ends", "last used")
    for one in found:
        may = ", ".join(sorted(one.key.scopes))
        times = day_of(one.key.created_at), end_of(one), moment_of(one.used_at)
        table.add_row(one.key.id, one.key.tenant, escape(one.key.name), may, *times)
    console.print(table)


@app.command()
def rotate(
    key_id: Id,
    overlap_hours: Annotated[float, typer.Option(min=0, help="How long the old one still works.")] = 24.0,
) -> None:
    """Make a key in the place of another, which goes on working for a while."""
    ends_at = SystemClock().now_ms() + round(overlap_hours * HOUR_MS)
    show_new(*run(lambda keys: keys.rotate(key_id, old_ends_at=ends_at)))
    console.print(f"{key_id} works until {moment_of(ends_at)}, or until it was to end anyway.")


@app.command()
def revoke(key_id: Id) -> None:
    """End a key, and the browser sessions begun with it: within 5 seconds, streams that are open included."""
    run(lambda keys: keys.revoke(key_id))
    console.print(f"{key_id} has ended.")


def show_new(key: ApiKey, text: Secret) -> None:
    may = ", ".join(sorted(key.scopes))
    console.print(f"Key {key.id} of tenant {key.tenant} may {may}. Keep it now, it is not shown again:", soft_wrap=True)
    console.print(text.reveal(), highlight=False, soft_wrap=True)


def end_of(one: KnownKey) -> str:
    if not one.ends_at:
        return "never"
    return moment_of(one.ends_at) if one.is_live(SystemClock().now_ms()) else "has ended"


def day_of(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%d")


def moment_of(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC") if at_ms else "never"


def run(step: Callable[[ApiKeys], Awaitable[Result]]) -> Result:
    return asyncio.run(with_keys(step))


async def with_keys(step: Callable[[ApiKeys], Awaitable[Result]]) -> Result:
    """Raises BusError, ApiKeyError."""
    bus = await open_bus(redis_url())
    try:
        return await step(ApiKeys(bus.redis, SystemClock()))
    finally:
        await bus.close()
