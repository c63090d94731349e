"""A minute of workers that come, go, stall and are cut off, in made-up time on a real Redis.

What may a draw of faults do to meetings? The ownership, the scripts and the commits are the real ones; only time and
the workers' loops are played.
"""

import asyncio
import random
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any, Protocol, cast

import redis.exceptions

from shared.bus import Bus, Epoch, Guard, Write
from shared.clock import ManualClock
from shared.connections import LOST
from shared.errors import FencedError, ForgottenError, MeetingGoneError
from shared.events import CODEC, Line, LineHeard
from shared.heartbeat import Heartbeat
from shared.leases import LEASE_MS
from shared.ownership import Hooks, Ownership
from shared.streams import COMMITTED, MIXED, TRANSCRIBER, MeetingKeys, ShardKeys, new_meeting_id

STEP_MS = 300
TICK_MS = 100
LASTS_MS = 60_000
CALM_MS = 15_000
"""At the end, without faults: whoever is left brings everything to its end."""
MEETINGS = 6
FIRST_WORKERS = 2
MOST_WORKERS = 4
FAULT_CHANCE = 0.25
"""Of one in a step."""
IO_S = 0.001
"""Real time in which what was woken gets to its next wait."""


class Random(Protocol):
    """What a draw needs."""

    def choice(self, found: Any) -> Any: ...
    def uniform(self, low: float, high: float) -> float: ...
    def random(self) -> float: ...


@dataclass
class Imagined:
    """One worker: its ownership, and how far it has got with each meeting."""

    name: str
    ownership: Ownership
    reached: dict[str, int] = field(default_factory=dict)
    stalled_until_ms: int = 0
    late: list[tuple[str, Write, Epoch]] = field(default_factory=list)
    """Commits that were on their way when it stalled."""
    last: tuple[str, Write, Epoch] | None = None
    renewed_ms: int = 0
    is_leaving: bool = False


class World:
    """Everything of one seed. `run` returns what was broken."""

    def __init__(self, bus: Bus, seed: int) -> None:
        self._bus, self._clock = bus, ManualClock()
        self._chance: Random = random.Random(seed)  # noqa: S311  # a history that replays from its seed
        self._workers: dict[str, Imagined] = {}
        self._meetings = [new_meeting_id((n * 11) % 64) for n in range(MEETINGS)]
        self._turning: Imagined | None = None
        self._heard_ms = 0
        self._began = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._stale: list[str] = []
        self.refused = 0
        self.faults = 0

    async def run(self) -> list[str]:
        await self._bus.redis.flushall()
        for meeting in self._meetings:
            keys = MeetingKeys(meeting)
            await cast("Any", self._bus.redis.hset(keys.state, COMMITTED + MIXED, "0"))
            await cast("Any", self._bus.redis.sadd(keys.shard.active, meeting))
        for _ in range(FIRST_WORKERS):
            self._start()
        for now_ms in range(0, LASTS_MS + CALM_MS, STEP_MS):
            self._heard_ms += STEP_MS if now_ms < LASTS_MS else 0
            if now_ms < LASTS_MS and self._chance.random() < FAULT_CHANCE:
                await self._fault()
            await self._step()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        return self._stale + [broken for meeting in self._meetings for broken in await self._broken(meeting)]

    # -- one step ------------------------------------------------------------------------------------------------------

    async def _step(self) -> None:
        for worker in list(self._workers.values()):
            if worker.stalled_until_ms <= self._clock.now_ms():
                await self._turn(worker)
        for _ in range(STEP_MS // TICK_MS):
            self._clock.advance(TICK_MS)
            await asyncio.sleep(IO_S)
        await self._expire()

    async def _turn(self, worker: Imagined) -> None:
        """What its loop does once: late commits go out, leases are renewed, shards taken, words committed."""
        for late in worker.late:
            await self._commit(worker, *late)
        worker.late.clear()
        self._turning = worker
        await worker.ownership.look()
        for meeting in self._meetings:
            epoch = worker.ownership.held.get(MeetingKeys(meeting).shard.shard)
            if epoch:
                await self._work(worker, meeting, epoch)

    async def _work(self, worker: Imagined, meeting: str, epoch: Epoch) -> None:
        if meeting not in worker.reached:
            state = await self._bus.state(meeting)
            worker.reached[meeting] = int(state[COMMITTED + MIXED])
        begin_ms = worker.reached[meeting]
        end_ms = min(self._heard_ms, begin_ms + round(self._chance.uniform(1, 6)) * STEP_MS)
        if end_ms > begin_ms:
            await self._commit(worker, meeting, line_of(meeting, begin_ms, end_ms, epoch), epoch)

    async def _commit(self, worker: Imagined, meeting: str, write: Write, epoch: Epoch) -> None:
        assert write.guard
        try:
            await self._bus.write(meeting, write, owner=epoch)
            if await self._owner_epoch(meeting) != epoch.epoch:
                self._stale.append(f"{meeting}: a commit under epoch {epoch.epoch} was taken after its time")
            worker.reached[meeting] = write.guard.value
            worker.last = (meeting, write, epoch)
        except FencedError:
            self.refused += 1
            worker.reached.pop(meeting, None)
        except (ForgottenError, MeetingGoneError):
            worker.reached.pop(meeting, None)

    async def _owner_epoch(self, meeting: str) -> int:
        own = MeetingKeys(meeting).shard.own(TRANSCRIBER)
        return int(await cast("Any", self._bus.redis.hget(own, "epoch")) or 0)

    async def _expire(self) -> None:
        """Leases run out in made-up time: Redis would count real time."""
        for shard in {MeetingKeys(meeting).shard.shard for meeting in self._meetings} | set(range(0, 64, 7)):
            key = ShardKeys(shard).lease(TRANSCRIBER)
            holder = cast("bytes | None", await self._bus.redis.get(key))
            name = holder.decode().rpartition(":")[0] if holder else ""
            worker = self._workers.get(name)
            if name and (worker is None or self._clock.now_ms() - worker.renewed_ms > LEASE_MS):
                await self._bus.redis.delete(key)

    # -- faults --------------------------------------------------------------------------------------------------------

    async def _fault(self) -> None:
        self.faults += 1
        faults = (self._kill, self._stall, self._repeat, self._scale_up, self._scale_down, self._forget)
        await self._chance.choice(faults)()

    async def _kill(self) -> None:
        if len(self._workers) > 1:
            del self._workers[self._chance.choice(sorted(self._workers))]
        self._start()

    async def _stall(self) -> None:
        """Stopped, or cut off: what it is about to commit arrives when it wakes."""
        worker = self._workers[self._chance.choice(sorted(self._workers))]
        worker.stalled_until_ms = self._clock.now_ms() + round(self._chance.uniform(200, 4 * LEASE_MS))
        for meeting in self._meetings:
            epoch = worker.ownership.held.get(MeetingKeys(meeting).shard.shard)
            begin_ms = worker.reached.get(meeting, -1)
            if epoch and 0 <= begin_ms < self._heard_ms:
                worker.late.append((meeting, line_of(meeting, begin_ms, self._heard_ms, epoch), epoch))

    async def _repeat(self) -> None:
        """A commit comes twice: its reply was lost."""
        worker = self._workers[self._chance.choice(sorted(self._workers))]
        if worker.last:
            await self._commit(worker, *worker.last)

    async def _scale_up(self) -> None:
        if len(self._workers) < MOST_WORKERS:
            self._start()

    async def _scale_down(self) -> None:
        staying = sorted(name for name, worker in self._workers.items() if not worker.is_leaving)
        if len(staying) > 1:
            name = self._chance.choice(staying)
            self._workers[name].is_leaving = True
            self._play(self._leave(name))

    async def _leave(self, name: str) -> None:
        await self._workers[name].ownership.drain()
        self._workers.pop(name, None)

    async def _forget(self) -> None:
        """Redis comes back without the last commits of a meeting; who wrote them looks for them, as after every new
        connection (shared/restoring.py)."""
        meeting = self._chance.choice(self._meetings)
        keys = MeetingKeys(meeting)
        kept = {key: await self._bus.redis.dump(key) for key in (keys.state, keys.timeline)}
        for _ in range(2):
            self._heard_ms += STEP_MS
            await self._step()
        for key, value in kept.items():
            await self._bus.redis.delete(key)
            if value is not None:
                await self._bus.redis.restore(key, 0, value)
        await self._bus.restore()

    # -- workers -------------------------------------------------------------------------------------------------------

    def _start(self) -> None:
        self._began += 1
        name = f"worker-{self._began}"
        reached: dict[str, int] = {}
        hooks = Hooks(gained=nothing, finish=nothing, lost=forgets(reached), load=self._load, word=self._word)
        ownership = Ownership(self._bus, TRANSCRIBER, name, clock=self._clock, hooks=hooks)
        self._workers[name] = Imagined(name, ownership, reached, renewed_ms=self._clock.now_ms())

    def _word(self) -> Heartbeat:
        """Of the one whose turn it is, said while it renews its leases."""
        worker = self._turning
        assert worker
        worker.renewed_ms = self._clock.now_ms()
        return Heartbeat(
            at=worker.renewed_ms, ready=True, shards=len(worker.ownership.held), is_leaving=worker.is_leaving
        )

    def _load(self, shard: int) -> int:
        return sum(MeetingKeys(meeting).shard.shard == shard for meeting in self._meetings)

    def _play(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # -- what must hold ------------------------------------------------------------------------------------------------

    async def _broken(self, meeting: str) -> list[str]:
        """I1: every moment has its line; I2: lines are unique and in order; I4: epochs never go back."""
        lines = [cast("LineHeard", CODEC.decode(entry.fields)).line for entry in await self._bus.timeline(meeting)]
        broken, at_ms, epoch = list[str](), 0, 0
        for line in lines:
            if line.start_ms != at_ms:
                broken.append(f"{meeting}: after {at_ms} ms comes {line.start_ms}")
            if int(line.text) < epoch:
                broken.append(f"{meeting}: epoch {line.text} after {epoch}")
            at_ms, epoch = line.end_ms, int(line.text)
        if at_ms != self._heard_ms:
            broken.append(f"{meeting}: {self._heard_ms - at_ms} ms have no words")
        if len({line.id for line in lines}) != len(lines):
            broken.append(f"{meeting}: a line came twice")
        return broken


def line_of(meeting: str, begin_ms: int, end_ms: int, epoch: Epoch) -> Write:
    """Its text is the epoch that wrote it."""
    line = Line(id=f"{begin_ms}", track=MIXED, speaker="A", start_ms=begin_ms, end_ms=end_ms, text=str(epoch.epoch))
    fact = LineHeard(id=f"{meeting}/{begin_ms}/{end_ms}", meeting_id=meeting, at=1, line=line)
    return Write(facts=(fact,), guard=Guard(COMMITTED + MIXED, end_ms, expected=begin_ms))


async def nothing(_: Epoch) -> None:
    """Played workers hold nothing but how far they got."""


def forgets(reached: dict[str, int]) -> Any:
    async def lost(epoch: Epoch) -> None:
        for meeting in [one for one in reached if MeetingKeys(one).shard.shard == epoch.shard]:
            del reached[meeting]

    return lost


async def histories(bus: Bus, seeds: range) -> tuple[list[str], dict[str, int]]:
    """What was broken, by seed, and how much was tried."""
    failures, faults, refused = list[str](), 0, 0
    for seed in seeds:
        world = World(bus, seed)
        try:
            failures += [f"seed {seed}: {broken}" for broken in await world.run()]
        except (*LOST, redis.exceptions.ResponseError) as error:
            failures.append(f"seed {seed}: {type(error).__name__}: {error}")
        faults, refused = faults + world.faults, refused + world.refused
    return failures, {"histories": len(seeds), "faults": faults, "commits_refused": refused}
