"""The meetings that a worker owns, each with one task that works on it from start to end."""

import asyncio
from collections.abc import Callable, Coroutine
from itertools import chain, repeat
from typing import Any

import structlog

from shared import metrics
from shared.bus import LOST, Bus, Entry, Epoch, Write, entries_of
from shared.clock import Clock
from shared.errors import FencedError, MeetingGoneError, root_of
from shared.ownership import Ownership
from shared.streams import MeetingKeys, ShardKeys
from shared.tail import Follower, Tail
from shared.waiting import end, is_wanted, rest
from shared.worker import Worker

BACKOFF_S = (0.5, 1.0, 2.0, 5.0)
WIND_DOWN_S = 1.0
"""Less than a lease lasts without being renewed."""

log = structlog.get_logger()


class OwnedMeeting:
    """One meeting and the right to write for it."""

    def __init__(self, meeting_id: str, epoch: Epoch, worker: Worker) -> None:
        self.id, self.epoch, self.keys = meeting_id, epoch, MeetingKeys(meeting_id)
        self.bus: Bus = worker.bus
        self.tail: Tail = worker.tail
        self.clock: Clock = worker.clock
        self.leaving = asyncio.Event()
        """Set when the shard goes to another worker: a session that `winds_down` then ends by itself, and soon."""
        self.winds_down = False
        self.changed = asyncio.Event()
        """Set when the roster says that something of this meeting changed, such as a new track."""

    def timeline(self, after: bytes = b"0") -> Follower:
        return self.tail.follow(self.keys.timeline, after)

    def captions(self) -> Follower:
        """Interim captions; the few that Redis keeps come first."""
        return self.tail.follow(self.keys.live)

    async def write(self, write: Write) -> list[bytes]:
        """Waits while Redis is away: what was heard is not dropped. Raises FencedError, MeetingGoneError."""
        while True:
            try:
                return await self.bus.write(self.id, write, owner=self.epoch)
            except LOST:
                await rest(self.clock, 0.2)


Session = Callable[[OwnedMeeting], Coroutine[Any, Any, None]]
ShardHook = Callable[[Epoch], Coroutine[Any, Any, None]]


async def no_hook(_: Epoch) -> None:
    """For workers that do nothing besides their sessions."""


class Owner:
    """Owns shards for a role and keeps one session per active meeting in them."""

    def __init__(
        self, worker: Worker, session: Session, *, gained: ShardHook = no_hook, lost: ShardHook = no_hook
    ) -> None:
        self._worker, self._session = worker, session
        self._gained_hook, self._lost_hook = gained, lost
        self._watches: dict[int, asyncio.Task[None]] = {}
        self._sessions: dict[int, dict[str, tuple[OwnedMeeting, asyncio.Task[None]]]] = {}
        self.ownership = Ownership(
            worker.bus,
            worker.role,
            worker.name,
            clock=worker.clock,
            gained=self._gained,
            lost=self._lost,
            load=self._load,
        )

    async def run(self) -> None:
        """Until cancelled; then every session ends and every lease is given back."""
        try:
            await self.ownership.run()
        finally:
            await asyncio.shield(self._drain())

    def epoch_of(self, shard: int) -> Epoch | None:
        return self.ownership.held.get(shard)

    def _load(self, shard: int) -> int:
        return len(self._sessions.get(shard, {}))

    async def _drain(self) -> None:
        try:
            async with asyncio.timeout(3.0):
                await self.ownership.give_back_all()
        except (*LOST, TimeoutError):
            log.warning("leases.left_to_expire", role=self._worker.role)

    async def _gained(self, epoch: Epoch) -> None:
        self._sessions[epoch.shard] = {}
        await self._gained_hook(epoch)
        self._watches[epoch.shard] = asyncio.create_task(self._watch(epoch), name=f"roster-{epoch.shard}")

    async def _lost(self, epoch: Epoch) -> None:
        """Ends all work for the shard and waits until it has stopped."""
        sessions = self._sessions.pop(epoch.shard, {}).values()
        await wind_down([(meeting, task) for meeting, task in sessions if meeting.winds_down])
        tasks = [task for _, task in sessions]
        if epoch.shard in self._watches:
            tasks.append(self._watches.pop(epoch.shard))
        await end(*tasks)
        await self._lost_hook(epoch)

    async def _watch(self, epoch: Epoch) -> None:
        """Starts sessions for the active meetings, now and whenever the roster speaks."""
        roster = self._worker.tail.follow(ShardKeys(epoch.shard).roster, await self._roster_end(epoch.shard))
        try:
            await self._refresh(epoch)
            async for entry in roster:
                for one in (entry, *roster.batch()):
                    self._nudge(epoch.shard, one)
                await self._refresh(epoch)
        finally:
            roster.close()

    async def _roster_end(self, shard: int) -> bytes:
        while True:
            try:
                last = entries_of(await self._worker.bus.redis.xrevrange(ShardKeys(shard).roster, count=1))
                return last[0].id if last else b"0"
            except LOST:
                await rest(self._worker.clock, 0.2)

    def _nudge(self, shard: int, entry: Entry) -> None:
        meeting_id = entry.fields.get(b"meeting", b"").decode()
        if meeting_id in self._sessions.get(shard, {}):
            self._sessions[shard][meeting_id][0].changed.set()

    async def _refresh(self, epoch: Epoch) -> None:
        while True:
            try:
                active = await self._worker.bus.active(epoch.shard)
                break
            except LOST:
                await rest(self._worker.clock, 0.2)
        sessions = self._sessions.get(epoch.shard, {})
        for meeting_id in active - sessions.keys():
            meeting = OwnedMeeting(meeting_id, epoch, self._worker)
            task = asyncio.create_task(self._keep(meeting), name=f"session-{meeting_id}")
            sessions[meeting_id] = (meeting, task)
        metrics.sessions_open.labels(self._worker.role).set(sum(map(len, self._sessions.values())))

    async def _keep(self, meeting: OwnedMeeting) -> None:
        """One session, begun anew after a failure until it ends by itself."""
        with structlog.contextvars.bound_contextvars(meeting_id=meeting.id):
            for pause_s in chain(BACKOFF_S, repeat(BACKOFF_S[-1])):
                try:
                    await self._session(meeting)
                    break
                except Exception as error:
                    if not is_wanted() or self._is_over(meeting, root_of(error)):
                        break
                    await self._worker.clock.sleep(pause_s)
        self._sessions.get(meeting.epoch.shard, {}).pop(meeting.id, None)

    def _is_over(self, meeting: OwnedMeeting, error: BaseException) -> bool:
        """Whether this ends the session for good; anything else begins it anew."""
        if isinstance(error, MeetingGoneError):
            return True
        if isinstance(error, FencedError):
            metrics.fenced_writes.labels(self._worker.role).inc()
            log.warning("write.fenced", role=self._worker.role, shard=meeting.epoch.shard)
            return True
        if isinstance(error, LOST):
            log.warning("session.interrupted", role=self._worker.role, error=type(error).__name__)
            return False
        metrics.sessions_failed.labels(self._worker.role).inc()
        log.error("session.failed", role=self._worker.role, error=type(error).__name__, exc_info=error)
        return False


async def wind_down(sessions: list[tuple[OwnedMeeting, asyncio.Task[None]]]) -> None:
    """Lets them finish what they have in hand; who takes too long is cancelled by the caller."""
    for meeting, _ in sessions:
        meeting.leaving.set()
    if sessions:
        await asyncio.wait({task for _, task in sessions}, timeout=WIND_DOWN_S)
