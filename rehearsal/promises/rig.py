"""What every promise's run needs: processes on one Redis, meetings with numbered audio, and a verdict in figures."""

import asyncio
import contextlib
import os
import random
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Protocol, TypeVar

import msgspec

from rehearsal.ledger import Verdict, check
from rehearsal.made_meetings import new_meeting, socket_path
from rehearsal.redis_servers import RedisCluster
from rehearsal.supervisor import Child, Supervisor
from shared.bus import Bus
from shared.connections import LOST
from shared.errors import DecodeError
from shared.events import CODEC, AnyEvent, AudioEnded, GapFound, LineHeard, TranscriptCompleted, new_id
from shared.meetings import INSIDE
from shared.streams import SHARDS, STATUS, ShardKeys

COMPLETE_WITHIN_S = 120.0
ALWAYS_ROOM = "1000"
"""A rig breaks things on a machine that may be busy with it: what is refused for want of room is promise 15's."""
TRIES = 25

Found = TypeVar("Found")


class Outcome(msgspec.Struct, frozen=True):
    """What one promise's run showed."""

    promise: int
    name: str
    figures: dict[str, float | int | str]
    failures: list[str]
    """Empty: the promise was kept."""


class Load(msgspec.Struct, frozen=True, kw_only=True):
    """How much, how long, and the seed that repeats it."""

    meetings: int = 20
    seconds: float = 600.0
    kills: int = 30
    seed: int = 1


class RedisServer(Protocol):
    """The server under a rig, to be killed. It is started again by itself."""

    before_start: Callable[[Path], None] | None
    """Called with its folder before it is started again."""

    @property
    def pid(self) -> int:
        """Of the process that serves now."""


class Promise(msgspec.Struct, frozen=True, kw_only=True):
    """How one of them is put to the test."""

    run: "Callable[[Rig], Awaitable[Outcome]]"
    full: Load
    """Its full form."""
    seeds: int = 1
    """Runs of the full form, each with a seed of its own."""
    on_cluster: bool = False
    """It needs a Redis cluster with replicas."""


@dataclass
class Rig:
    """One run; `async with Supervisor(...)` around it ends every process."""

    bus: Bus
    redis_url: str
    load: Load
    logs: Path
    redis: RedisServer | None = None
    """The server, where it is one that is started again by itself."""
    cluster: RedisCluster | None = None
    chance: random.Random = field(init=False)
    supervisors: dict[str, Supervisor] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.load.seed)  # noqa: S311  # a fault that replays from its seed

    def environment(self, **settings: str) -> dict[str, str]:
        ports = {f"{role}_STATUS_PORT": "0" for role in ("INGEST", "TRANSCRIBER", "BRAIN", "SPEAKER")}
        scripted = {"TRANSCRIBER_ENGINE": "scripted", "SPEAKER_VOICE": "scripted"}
        common = {"REDIS_URL": self.redis_url, "LOG_FORMAT": "json", "MAX_MEETINGS": ALWAYS_ROOM, **scripted}
        kept = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
        return {
            **kept,
            "PYTHONPATH": os.pathsep.join(sys.path),
            **common,
            **ports,
            "SPEAKER_VOICE": "scripted",
            **settings,
        }

    async def start(self, role: str, name: str, **settings: str) -> Child:
        """A process of its own environment, under a name that is free again once it has ended."""
        supervisor = self.supervisors.get(name)
        if supervisor is None:
            supervisor = self.supervisors[name] = Supervisor(self.environment(**settings), self.logs)
        return await supervisor.start_worker(role, name)

    async def kill_and_start(self, role: str, name: str) -> None:
        supervisor = self.supervisors[name]
        supervisor.kill(name)
        await supervisor.wait_exit(name)
        await supervisor.start_worker(role, name)

    async def stop(self) -> None:
        await asyncio.gather(*(supervisor.stop_all() for supervisor in self.supervisors.values()))

    async def count_of(self, name: str, event: str) -> int:
        """How often the processes of that name have logged an event."""
        path = self.logs / f"{name}.log"
        text = await asyncio.to_thread(path.read_text) if path.exists() else ""
        return text.count(f'"event": "{event}"') + text.count(f'"event":"{event}"')

    async def fenced(self, *roles: str) -> int:
        """How many commits of these roles Redis has refused, because somebody else owned the shard."""
        pipe = self.bus.redis.pipeline(transaction=False)
        for role in roles:
            for shard in range(SHARDS):
                pipe.hget(ShardKeys(shard).own(role), "fenced")
        return sum(int(one or 0) for one in await pipe.execute())

    # -- meetings ------------------------------------------------------------------------------------------------------

    async def new_meetings(self, count: int) -> list[str]:
        return [await new_meeting(self.bus, shard=(7 * n) % 64) for n in range(count)]

    async def are_inside(self, meetings: list[str]) -> bool:
        """The bots of all of them are in their calls."""
        states = [await self.bus.state(meeting) for meeting in meetings]
        return all(state.get(STATUS) in INSIDE for state in states)

    async def facts(self, meeting_id: str) -> list[AnyEvent]:
        found = []
        for entry in await persistently(partial(self.bus.timeline, meeting_id)):
            try:
                found.append(CODEC.decode(entry.fields))
            except DecodeError:
                continue
        return found

    async def end(self, meetings: list[str]) -> None:
        """The audio of each has come to its end; returns when every transcript is complete."""
        heard_ms = round(self.load.seconds * 1000)
        for meeting in meetings:
            ended = AudioEnded(id=new_id(), meeting_id=meeting, at=1, heard_ms=heard_ms)
            await persistently(partial(self.bus.append, meeting, ended))
        for meeting in meetings:
            await until(partial(self.is_complete, meeting), COMPLETE_WITHIN_S)

    async def is_complete(self, meeting_id: str) -> bool:
        return any(isinstance(fact, TranscriptCompleted) for fact in await self.facts(meeting_id))

    async def check(self, meeting_id: str, unheard: list[range] | None = None, seconds: float | None = None) -> Verdict:
        """`unheard` are ms that never arrived; `seconds` were sent, if not as many as the load says."""
        facts = await self.facts(meeting_id)
        lines = [fact.line for fact in facts if isinstance(fact, LineHeard)]
        return check(lines, round((seconds or self.load.seconds) * 1000), unheard or [])

    async def gaps(self, meeting_id: str) -> list[range]:
        """As the transcript tells them."""
        told = {fact.id: fact for fact in await self.facts(meeting_id) if isinstance(fact, GapFound)}
        return sorted((range(gap.from_ms, gap.to_ms) for gap in told.values()), key=first_of_range)


def pids_of(rig: Rig) -> dict[str, int]:
    """Of the processes that run."""
    return {
        name: supervisor.children[name].process.pid if supervisor.children[name].process.returncode is None else 0
        for name, supervisor in rig.supervisors.items()
    }


def first_of_range(found: range) -> int:
    return found.start


async def persistently(work: Callable[[], Awaitable[Found]]) -> Found:
    """A rig breaks Redis itself: its own connections are among the broken ones. Raises what LOST names, in the end."""
    for _ in range(TRIES):
        with contextlib.suppress(*LOST):
            return await work()
        await asyncio.sleep(0.2)
    return await work()


def socket_url(port: int, meeting_id: str) -> str:
    return f"ws://127.0.0.1:{port}{socket_path(meeting_id)}"


async def is_open(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True


async def until(is_true: Callable[[], Awaitable[bool]], within_s: float) -> None:
    """Raises TimeoutError."""
    async with asyncio.timeout(within_s):
        while not await is_true():  # noqa: ASYNC110  # what is waited for happens in other processes
            await asyncio.sleep(0.1)
