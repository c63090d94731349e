"""Workers that answer every command at once and rightly, for rigs that look at the gateway alone."""

import asyncio
from collections.abc import Iterator
from types import TracebackType
from typing import Self

import structlog

from shared.bus import Bus, decoded
from shared.clock import SystemClock
from shared.connections import close, connect
from shared.errors import MeetingGoneError
from shared.events import (
    CODEC,
    AskQuestion,
    BotJoined,
    BotLeft,
    Brief,
    BriefWritten,
    EraseMeeting,
    Event,
    JoinMeeting,
    LeaveMeeting,
    MeetingErased,
    QuestionAnswered,
    SayText,
    SentenceComposed,
    WriteBrief,
    effect,
)
from shared.heartbeat import Heartbeat, beat
from shared.meetings import write_of
from shared.streams import BRAIN, INGEST, SHARDS, SPEAKER, TENANT, TRANSCRIBER, MeetingKeys, ShardKeys
from shared.tail import Follower, Tail

CLOCK = SystemClock()
SHOWN_MS = 3000
ANSWER = "Nobody has said so yet."
BRIEF = Brief(
    title="Rehearsal",
    summary="Nothing was said.",
    key_points=[],
    decisions=[],
    action_items=[],
    open_questions=[],
    made_by="rehearsal",
)
log = structlog.get_logger()


class InstantWorkers:
    """`async with InstantWorkers(bus, redis_url):` plays ingest and brain for every meeting."""

    def __init__(self, bus: Bus, redis_url: str) -> None:
        self._bus, self._client = bus, connect(redis_url)
        self._tail = Tail(self._client)
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        after = str(CLOCK.now_ms())
        self._tasks = [asyncio.create_task(self._tail.run(), name="tail")]
        self._tasks.append(asyncio.create_task(self._beat(), name="heartbeats"))
        for role in (INGEST, BRAIN):
            for shard in range(SHARDS):
                commands = self._tail.follow(ShardKeys(shard).commands(role), after)
                self._tasks.append(asyncio.create_task(self._work(commands), name=f"{role}-{shard}"))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await close(self._client)

    async def _beat(self) -> None:
        while True:
            for role in (INGEST, TRANSCRIBER, BRAIN, SPEAKER):
                await beat(self._bus.redis, role, "instant", Heartbeat(at=CLOCK.now_ms(), ready=True))
            await asyncio.sleep(1.0)

    async def _work(self, commands: Follower) -> None:
        async for entry in commands:
            if (command := decoded(entry)) is None:
                continue
            try:
                await self._carry_out(command)
            except MeetingGoneError:
                log.debug("meeting.gone", meeting_id=command.meeting_id)

    async def _carry_out(self, command: Event) -> None:
        if isinstance(command, EraseMeeting):
            await self._erase(command)
        for fact in effects_of(command):
            await self._bus.write(fact.meeting_id, write_of(fact))

    async def _erase(self, command: EraseMeeting) -> None:
        keys = MeetingKeys(command.meeting_id)
        state = await self._bus.state(command.meeting_id)
        stores = {"state": len(state)}
        erased = effect(MeetingErased, command, "erased", CLOCK, stores=stores, tenant=state.get(TENANT, ""))
        shard, now_ms = keys.shard, CLOCK.now_ms()
        names = [shard.meetings, shard.active, shard.due, shard.vendor_erasures, shard.erased, shard.dead]
        names += [shard.commands(INGEST), shard.commands(BRAIN), *keys.all(())]
        nothing_left: list[str | bytes | int] = ["", 0, now_ms, 0, 0, 0]
        await self._bus.erase_script(
            keys=names, args=[command.meeting_id, *CODEC.encode(erased), SHOWN_MS, *nothing_left]
        )


def effects_of(command: Event) -> Iterator[Event]:
    match command:
        case JoinMeeting():
            yield effect(BotJoined, command, "joined", CLOCK, bot_id=f"bot-{command.meeting_id}")
        case LeaveMeeting():
            yield effect(BotLeft, command, "left", CLOCK)
        case SayText():
            yield effect(SentenceComposed, command, 0, CLOCK, n=0, text=command.text, speak=True, is_last=True)
        case AskQuestion():
            told = {"question": command.question, "asked_by": command.asked_by, "answer": ANSWER}
            yield effect(QuestionAnswered, command, "answered", CLOCK, cites=[], spoken=False, **told)
        case WriteBrief():
            yield effect(BriefWritten, command, "written", CLOCK, brief=BRIEF)
