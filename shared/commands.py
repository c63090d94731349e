"""The loop that settles commands: decode, handle, publish, acknowledge.

Every entry ends in exactly one of: acknowledged; left pending, to come again; copied to the dead letters, then
acknowledged. Effects are published before the acknowledgement, so a handler may run twice: its effects' ids repeat.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from functools import partial
from typing import Any

import redis.exceptions
import structlog
from msgspec import structs

from shared import metrics
from shared.bus import Epoch
from shared.command_intake import CommandIntake, Delivery
from shared.connections import LOST, is_cluster
from shared.dead_letters import DeadLetters
from shared.errors import DecodeError, FencedError, MeetingGoneError
from shared.events import CODEC, AskQuestion, Event, JoinMeeting, LeaveMeeting, WriteBrief, tag_of
from shared.meetings import write_of
from shared.pulses import TURN_S
from shared.scripting import SCRIPTS
from shared.servers import Servers
from shared.streams import SETTLED_KEPT_MS, ShardKeys, shard_of
from shared.tracing import TRACING, trace_id_of
from shared.waiting import end, is_wanted, rest
from shared.worker import Worker

MAX_DELIVERIES = 10
"""Somebody who dies of a command is not followed by an eleventh. Owners that come and go quickly need some of them."""
BACKOFF_S = (0.2, 1.0, 2.0, 4.0)

HANDLED_WITHIN_S: Mapping[type[Event], float] = {
    JoinMeeting: 90.0,
    LeaveMeeting: 60.0,
    AskQuestion: 30.0,
    WriteBrief: 90.0,
}
"""What waits for a vendor has limits of its own, and may take up to these."""

log = structlog.get_logger()

Handler = Callable[[Any, Any], AsyncIterator[Event]]
"""Takes the command and the worker's dependencies; yields what it causes."""


class CommandLoop:
    """Reads the commands of some shards as one consumer of the role's group."""

    def __init__(
        self,
        worker: Worker,
        handlers: Mapping[type[Event], Handler],
        dependencies: object,
        *,
        given_up: Mapping[type[Event], Handler] | None = None,
        owner_of: Callable[[int], Epoch | None] | None = None,
        lane_of: Callable[[Event], str] = lambda command: command.meeting_id,
    ) -> None:
        self._worker, self._bus, self._role = worker, worker.bus, worker.role
        self._handlers, self._given_up, self._dependencies = handlers, given_up or {}, dependencies
        self._owner_of, self._lane_of = owner_of, lane_of
        self._servers = Servers(worker.bus.redis)
        self._dead = DeadLetters(worker.bus)
        self._settled = worker.bus.redis.register_script((SCRIPTS / "settle.lua").read_text())
        self._intakes: dict[int, CommandIntake] = {}
        self._intake_added = asyncio.Event()
        self._in_hand: set[tuple[int, bytes]] = set()
        self._lanes: dict[str, asyncio.Queue[tuple[Delivery, Event]]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    # -- which shards ----------------------------------------------------------------------------------------------

    async def add(self, shards: Iterable[int], *, claim_idle_ms: int) -> None:
        """Reads these from now on; entries left by a consumer silent for `claim_idle_ms` become ours."""
        for shard in set(shards):
            await self._intake_of(shard).add(shard, claim_idle_ms)

    def remove(self, shard: int) -> None:
        self._intake_of(shard).remove(shard)

    async def finish(self, shard: int) -> None:
        """Reads no more of it; returns when what is in hand is settled."""
        self.remove(shard)
        while any(one == shard for one, _ in self._in_hand):
            await self._worker.clock.sleep(0.02)

    def _intake_of(self, shard: int) -> CommandIntake:
        """One for all; in a cluster, which refuses a read over several shards, one for each."""
        name = shard if is_cluster(self._bus.redis) else -1
        if name not in self._intakes:
            self._intakes[name] = CommandIntake(
                self._worker, self._accept, self._in_hand, "" if name < 0 else str(name)
            )
            self._intake_added.set()
        return self._intakes[name]

    async def take_over_stale(self, idle_ms: int) -> None:
        """Takes what others left in hand for so long, again and again, until cancelled.

        They died; or they lost the shard, did not know it yet, and read on after the new owner had claimed all.
        """
        while is_wanted():
            await self._worker.clock.sleep(idle_ms / 3000)
            with contextlib.suppress(*LOST, redis.exceptions.ResponseError):
                await self._keep()
                for intake in list(self._intakes.values()):
                    await intake.claim_stale(idle_ms)

    async def _keep(self) -> None:
        """What is being worked on is not stale, however long it takes."""
        in_hand: dict[int, list[bytes]] = {}
        for shard, entry_id in self._in_hand:
            in_hand.setdefault(shard, []).append(entry_id)

        def claim(pipe: Any, shard: int) -> None:
            stream = ShardKeys(shard).commands(self._role)
            pipe.xclaim(stream, self._role, self._worker.name, 0, in_hand[shard], justid=True)

        await self._servers.ask(list(in_hand), claim)

    async def run(self) -> None:
        """Until cancelled. What is in hand then stays pending and is delivered again."""
        try:
            async with asyncio.TaskGroup() as tasks:
                running: set[int] = set()
                while is_wanted():
                    self._intake_added.clear()
                    for name in self._intakes.keys() - running:
                        tasks.create_task(self._intakes[name].run(), name=f"commands-{name}")
                        running.add(name)
                    await self._intake_added.wait()
        finally:
            await end(*self._tasks)

    # -- decode ------------------------------------------------------------------------------------------------------

    async def _accept(self, delivery: Delivery, *, is_redelivered: bool) -> None:
        key = (delivery.shard, delivery.entry.id)
        if key in self._in_hand:
            return
        if not delivery.entry.fields:
            await self._settle(delivery, "gone")
            return
        try:
            command = CODEC.decode(delivery.entry.fields)
        except DecodeError as error:
            await self._bury(delivery, error.reason)
            return
        if not belongs(command, delivery.shard):
            await self._bury(delivery, "its meeting belongs to another shard")
            return
        if is_redelivered and await self._deliveries(delivery) > MAX_DELIVERIES:
            await self._give_up(delivery, command, f"delivered more than {MAX_DELIVERIES} times")
            return
        self._in_hand.add(key)
        self._worker.backlog.begin(key, delivery.entry.written_at_ms)
        self._enqueue(delivery, command)

    async def _deliveries(self, delivery: Delivery) -> int:
        stream, entry_id = ShardKeys(delivery.shard).commands(self._role), delivery.entry.id
        found = await self._bus.redis.xpending_range(stream, self._role, entry_id, entry_id, 1)
        return int(found[0]["times_delivered"]) if found else 1

    # -- handle ------------------------------------------------------------------------------------------------------

    def _enqueue(self, delivery: Delivery, command: Event) -> None:
        """Commands of one lane are handled in order; lanes side by side."""
        lane = self._lane_of(command)
        if lane not in self._lanes:
            self._lanes[lane] = asyncio.Queue()
            task = asyncio.create_task(self._work(lane), name=f"lane-{lane}")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        self._lanes[lane].put_nowait((delivery, command))

    async def _work(self, lane: str) -> None:
        queue = self._lanes[lane]
        try:
            while not queue.empty():
                delivery, command = queue.get_nowait()
                await self._follow_up(delivery, command)
                key = (delivery.shard, delivery.entry.id)
                self._in_hand.discard(key)
                self._worker.backlog.end(key)
        finally:
            self._lanes.pop(lane, None)

    async def _follow_up(self, delivery: Delivery, command: Event) -> None:
        """With what logs and traces are followed by; its effects belong to its span."""
        name, ids = tag_of(type(command)), {"meeting_id": command.meeting_id, "event_id": command.id}
        with (
            structlog.contextvars.bound_contextvars(**ids, trace_id=trace_id_of(command.trace)),
            TRACING.span(name, command.trace, **ids) as trace,
        ):
            await self._carry_out(delivery, structs.replace(command, trace=trace) if trace else command)

    async def _carry_out(self, delivery: Delivery, command: Event) -> None:
        """Handle, publish, settle; tries again after a failure, and gives up into the dead letters."""
        for pause_s in (*BACKOFF_S, None):
            try:
                await self._attempt(delivery, command)
                return
            except MeetingGoneError:
                await self._patiently(partial(self._settle, delivery, "gone"))
                return
            except FencedError:
                metrics.fenced_writes.labels(self._role).inc()
                return
            except LOST:
                await rest(self._worker.clock, pause_s or BACKOFF_S[-1])
            except Exception as error:
                log.exception("command.failed", error=type(error).__name__)
                if pause_s is None:
                    await self._give_up(delivery, command, type(error).__name__)
                    return
                await asyncio.sleep(pause_s)
        self._intake_of(delivery.shard).look_again()

    async def _attempt(self, delivery: Delivery, command: Event) -> None:
        handler = self._handlers.get(type(command))
        if handler is None:
            await self._bury(delivery, f"{self._role} has no handler for this type")
            return
        owner, health = self._owner(delivery.shard), self._worker.health
        pulse = f"{tag_of(type(command))} of {command.meeting_id}"
        health.beat(pulse, HANDLED_WITHIN_S.get(type(command), TURN_S))
        try:
            async for effect in handler(command, self._dependencies):
                await self._bus.write(effect.meeting_id, write_of(effect), owner=owner)
        finally:
            health.rest(pulse)
        await self._settle(delivery, "done")

    def _owner(self, shard: int) -> Epoch | None:
        """Raises FencedError when the shard was lost meanwhile."""
        if self._owner_of is None:
            return None
        owner = self._owner_of(shard)
        if owner is None:
            raise FencedError(self._role, shard, 0)
        return owner

    # -- settle ------------------------------------------------------------------------------------------------------

    async def _settle(self, delivery: Delivery, outcome: str) -> None:
        """It is gone from the stream: what was asked is not kept there."""
        shard, now_ms = ShardKeys(delivery.shard), self._worker.clock.now_ms()
        keys = [shard.commands(self._role), shard.settled(self._role)]
        await self._settled(keys=keys, args=[self._role, delivery.entry.id, now_ms, SETTLED_KEPT_MS])
        metrics.commands_settled.labels(self._role, outcome).inc()

    async def _bury(self, delivery: Delivery, reason: str) -> None:
        await self._dead.bury(delivery.shard, self._role, delivery.entry, reason, self._worker.clock.now_ms())
        metrics.commands_settled.labels(self._role, "dead").inc()
        log.error("command.buried", role=self._role, reason=reason[:200])

    async def _give_up(self, delivery: Delivery, command: Event, reason: str) -> None:
        """Whoever waits for an outcome has one, whatever is wrong with the command."""
        try:
            await self._patiently(partial(self._conclude, delivery, command))
        except FencedError:
            return  # the shard's next owner gives it up
        except Exception as error:
            log.exception("command.without_outcome", error=type(error).__name__)
        await self._patiently(partial(self._bury, delivery, reason))

    async def _conclude(self, delivery: Delivery, command: Event) -> None:
        if handler := self._given_up.get(type(command)):
            async for effect in handler(command, self._dependencies):
                await self._bus.write(effect.meeting_id, write_of(effect), owner=self._owner(delivery.shard))

    async def _patiently(self, step: Callable[[], Awaitable[None]]) -> None:
        """A step of settling, however long Redis is away."""
        while True:
            try:
                await step()
                return
            except LOST:
                await rest(self._worker.clock, 1.0)


def belongs(command: Event, shard: int) -> bool:
    """A worker may write for its own shards only, whatever a command says."""
    try:
        return shard_of(command.meeting_id) == shard
    except ValueError:
        return False
