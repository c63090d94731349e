"""Clerks as they work inside a gateway, and meetings for them."""

import asyncio
import contextlib
import functools
from collections.abc import AsyncIterator

import msgspec
from support import eventually

from gateway.clerk import keep, unsettled
from gateway.hooks.courier import Courier
from gateway.hooks.dispatch import Means
from gateway.search.index import told_place
from shared.bus import Bus, new_bus
from shared.clock import SystemClock
from shared.connections import close, connect
from shared.events import Line, LineHeard, MeetingRequested, MeetingStateChanged, Settings, TranscriptCompleted
from shared.meetings import write_of
from shared.sessions import Owner
from shared.streams import (
    CLERK,
    CREATED_AT,
    INDEXED,
    SETTINGS,
    STATUS,
    TENANT,
    MeetingKeys,
    new_meeting_id,
)
from shared.tail import Tail
from shared.waiting import end
from shared.worker import Worker

CLOCK = SystemClock()


@contextlib.asynccontextmanager
async def clerks(redis_url: str, **means: object) -> AsyncIterator[Worker]:
    """Ended without a word at the end, as by a crash: nothing is handed over."""
    bus, reader = new_bus(redis_url), connect(redis_url)
    courier = Courier(private_allowed=True, within_s=2.0)
    worker = Worker(CLERK, bus, Tail(reader), CLOCK)
    owner = Owner(worker, functools.partial(keep, means=Means(courier, **means)), members=unsettled)
    tasks = [asyncio.create_task(worker.tail.run()), asyncio.create_task(owner.run())]
    try:
        yield worker
    finally:
        await end(*reversed(tasks))
        await courier.close()
        await close(reader)
        await bus.close()


async def make_meeting(
    bus: Bus, *, shard: int = 7, tenant: str = "default", title: str = "", created_at: int | None = None
) -> str:
    meeting_id, now = new_meeting_id(shard), created_at or CLOCK.now_ms()
    keys = MeetingKeys(meeting_id)
    settings = msgspec.json.encode(Settings(title=title)).decode()
    state = {STATUS: "listening", TENANT: tenant, SETTINGS: settings, CREATED_AT: str(now)}
    await bus.redis.hset(keys.state, mapping=state)
    await bus.redis.zadd(keys.shard.meetings, {meeting_id: now})
    await bus.redis.sadd(keys.shard.active, meeting_id)
    await bus.append(
        meeting_id,
        MeetingRequested(id="requested", meeting_id=meeting_id, at=now, platform="zoom", settings=Settings()),
    )
    await bus.nudge(meeting_id)
    return meeting_id


def heard(meeting_id: str, n: int, text: str, speaker: str = "Ada") -> LineHeard:
    line = Line(
        id=f"mixed-{n * 1000}", track="mixed", speaker=speaker, start_ms=n * 1000, end_ms=n * 1000 + 900, text=text
    )
    return LineHeard(id=f"heard-{n}", meeting_id=meeting_id, at=CLOCK.now_ms(), line=line)


async def say(bus: Bus, meeting_id: str, *texts: str, speaker: str = "Ada", first: int = 1) -> None:
    for n, text in enumerate(texts, first):
        await bus.append(meeting_id, heard(meeting_id, n, text, speaker))


async def end_meeting(bus: Bus, meeting_id: str) -> None:
    now = CLOCK.now_ms()
    for fact in (
        MeetingStateChanged(id="ended", meeting_id=meeting_id, at=now, status="ended"),
        TranscriptCompleted(
            id="done", meeting_id=meeting_id, at=now, verdict="complete", heard_ms=9, missing_ms=0, lines=1
        ),
    ):
        await bus.write(meeting_id, write_of(fact))


async def until_indexed(bus: Bus, *meeting_ids: str) -> None:
    """Everything that is on their timelines."""
    for meeting_id in meeting_ids:
        keys = MeetingKeys(meeting_id)
        last = (await bus.timeline(meeting_id))[-1].id.decode()

        async def done(keys: MeetingKeys = keys, last: str = last) -> bool:
            return await bus.redis.hget(keys.state, INDEXED) == told_place(last).encode()

        await eventually(done)
