"""Commands to the workers, and reading back what became of a meeting."""

from collections.abc import AsyncIterator, Mapping
from typing import Any, cast

from redis.asyncio import Redis

from shared.bus import Bus, Entry, Write, decoded, entries_of
from shared.clock import Clock
from shared.errors import MeetingGoneError
from shared.events import CODEC, Event
from shared.heartbeat import heartbeats
from shared.streams import BOT_ID, SHARDS, MeetingKeys, ShardKeys
from shared.view import MeetingView

PAGE = 500


async def send(
    bus: Bus, role: str, command: Event, *facts: Event, state: Mapping[str, str | int] | None = None
) -> bytes:
    """Sends a command, appends facts and sets fields of the state, all or nothing. Returns where the timeline ended
    before.

    Raises MeetingGoneError.
    """
    return await bus.send(command.meeting_id, Write(facts=facts, state=state or {}, send=(role, command)))


async def view_of(bus: Bus, meeting_id: str) -> MeetingView:
    """The meeting so far. The loop gets its turn between pages: a long meeting has thousands of entries."""
    return (await view_until(bus, meeting_id))[0]


async def view_until(bus: Bus, meeting_id: str) -> tuple[MeetingView, str]:
    """The meeting so far, and the timeline ID of the last entry in it."""
    view, cursor = MeetingView(), b"0-0"
    async for entry in pages(bus.redis, MeetingKeys(meeting_id).timeline):
        cursor = entry.id
        if event := decoded(entry):
            view.apply(event)
    return view, cursor.decode()


async def pages(redis: Redis, stream: str) -> AsyncIterator[Entry]:
    """A whole stream, a page at a time."""
    start = "-"
    while entries := entries_of(await redis.xrange(stream, start, "+", count=PAGE)):
        for entry in entries:
            yield entry
        start = f"({entries[-1].id.decode()}"


async def latest(redis: Redis, stream: str, tag: str) -> Entry | None:
    """The last entry of a type."""
    end = "+"
    while entries := entries_of(await redis.xrevrange(stream, end, "-", count=PAGE)):
        for entry in entries:
            if entry.fields.get(CODEC.TYPE) == tag.encode():
                return entry
        end = f"({entries[-1].id.decode()}"
    return None


async def meeting_with(bus: Bus, bot_id: str) -> str | None:
    """The active meeting that a bot is in."""
    pipe = bus.redis.pipeline(transaction=False)
    for shard in range(SHARDS):
        pipe.smembers(ShardKeys(shard).active)
    found = cast("list[set[bytes]]", await pipe.execute())
    active = [meeting_id.decode() for members in found for meeting_id in members]
    for meeting_id in active:
        pipe.hget(MeetingKeys(meeting_id).state, BOT_ID)
    bots = cast("list[bytes | None]", await pipe.execute())
    return next((one for one, bot in zip(active, bots, strict=True) if bot == bot_id.encode()), None)


async def ensure_kept(bus: Bus, meeting_id: str) -> None:
    """Raises MeetingGoneError."""
    if not await cast("Any", bus.redis.exists(MeetingKeys(meeting_id).state)):
        raise MeetingGoneError(meeting_id)


async def absence_of(bus: Bus, clock: Clock, role: str) -> str:
    """A sentence about the role's workers, for a caller who waited in vain."""
    beats = await heartbeats(bus.redis, role, clock.now_ms())
    if not beats:
        return f"no {role} worker is running: start one with `python -m {role}`"
    problems = [problem for beat in beats.values() for problem in beat.problems]
    return (
        f"{role} is running, but: {'; '.join(problems)}" if problems else f"{role} is running, but has not replied yet"
    )
