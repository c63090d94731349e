"""The meetings that a worker owns, each with one task that works on it from start to end."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import structlog

from shared import metrics
from shared.backlog import Backlog
from shared.bus import Bus, Entry, Epoch, Write, entries_of
from shared.clock import Clock
from shared.connections import LOST
from shared.errors import FencedError, MeetingGoneError, StuckError, root_of
from shared.health import Health
from shared.heartbeat import Heartbeat
from shared.ownership import Hooks, Ownership
from shared.streams import MeetingKeys, ShardKeys
from shared.tail import Follower, Tail
from shared.waiting import end, is_wanted, rest
from shared.worker import Worker, heartbeat_of

BACKOFF_S = (0.5, 1.0, 2.0, 5.0)
WELL_MS = 10_000
"""A session that lasted for so long was well: what it fails of then is something new."""
BEAT_EVERY_S = 2.0
STUCK_LOOK_S = 1.0
STUCK_SHOWN_S = 2.0
"""It is named for so long before it begins anew, so that people can see it."""
AWAY_S = 0.2
"""Before another look whether Redis is there again."""

log = structlog.get_logger()


class OwnedMeeting:
    """One meeting and the right to write for it."""

    def __init__(self, meeting_id: str, epoch: Epoch, worker: Worker) -> None:
        self.id, self.epoch, self.keys = meeting_id, epoch, MeetingKeys(meeting_id)
        self.bus: Bus = worker.bus
        self.tail: Tail = worker.tail
        self.clock: Clock = worker.clock
        self.backlog: Backlog = worker.backlog
        self.health: Health = worker.health
        self.leaving = asyncio.Event()
        """Set when the shard is handed to another worker."""
        self.wind_down_s = 0.0
        """A session that sets it then ends by itself, within so long; another is cancelled at once."""
        self.changed = asyncio.Event()
        """Set when the roster says that something of this meeting changed, such as a new track."""

    @property
    def pulse(self) -> str:
        return f"session of {self.id}"

    def beat(self) -> None:
        """The session goes on, and will say so again every BEAT_EVERY_S."""
        self.health.beat(self.pulse)

    async def beat_due(self) -> None:
        """Returns when it is time for that; waited for beside what the session waits for."""
        await self.clock.sleep(BEAT_EVERY_S)

    def timeline(self, after: bytes = b"0", bell: asyncio.Event | None = None) -> Follower:
        return self.tail.follow(self.keys.timeline, after, bell)

    def captions(self, bell: asyncio.Event | None = None) -> Follower:
        """Interim captions; the few that Redis keeps come first."""
        return self.tail.follow(self.keys.live, bell=bell)

    async def write(self, write: Write) -> list[bytes]:
        """Waits while Redis is away: what was heard is not dropped. Raises FencedError, MeetingGoneError."""
        while True:
            try:
                return await self.bus.write(self.id, write, owner=self.epoch)
            except LOST:
                await rest(self.clock, 0.2)


Session = Callable[[OwnedMeeting], Coroutine[Any, Any, None]]
ShardHook = Callable[[Epoch], Coroutine[Any, Any, None]]
Members = Callable[[Bus, int], Awaitable[set[str]]]
"""The meetings of a shard that are to be worked for."""


async def active(bus: Bus, shard: int) -> set[str]:
    return await bus.active(shard)


async def no_hook(_: Epoch) -> None:
    """For workers that do nothing besides their sessions."""


class Owner:
    """Owns shards for a role and keeps one session per active meeting in them, or for other `members`."""

    def __init__(
        self,
        worker: Worker,
        session: Session,
        *,
        gained: ShardHook = no_hook,
        finish: ShardHook = no_hook,
        lost: ShardHook = no_hook,
        members: Members = active,
    ) -> None:
        self._worker, self._session, self._members = worker, session, members
        self._gained_hook, self._finish_hook, self._lost_hook = gained, finish, lost
        self._watches: dict[int, asyncio.Task[None]] = {}
        self._sessions: dict[int, dict[str, tuple[OwnedMeeting, asyncio.Task[None]]]] = {}
        self._closing: set[int] = set()
        """Shards that are being handed over: no session begins in them any more."""
        hooks = Hooks(self._gained, self._finish, self._lost, self._load, turned=self._turned, word=self._word)
        self.ownership = Ownership(worker.bus, worker.role, worker.name, clock=worker.clock, hooks=hooks)
        worker.drain = self.ownership.drain

    async def run(self) -> None:
        """Until cancelled; then every session ends and every lease that is left is given back."""
        try:
            await self.ownership.run()
        finally:
            await asyncio.shield(self._give_back())

    def epoch_of(self, shard: int) -> Epoch | None:
        return self.ownership.held.get(shard)

    def _turned(self) -> None:
        self._worker.health.beat("owner")

    def _word(self) -> Heartbeat:
        self._worker.said_at_ms = self._worker.clock.now_ms()
        return heartbeat_of(self._worker)

    def _load(self, shard: int) -> int:
        return len(self._sessions.get(shard, {}))

    async def _give_back(self) -> None:
        try:
            async with asyncio.timeout(3.0):
                await self.ownership.give_back_all()
        except (*LOST, TimeoutError):
            log.warning("leases.left_to_expire", role=self._worker.role)

    async def _gained(self, epoch: Epoch) -> None:
        self._sessions[epoch.shard] = {}
        self._closing.discard(epoch.shard)
        self._count()
        await self._gained_hook(epoch)
        self._watches[epoch.shard] = asyncio.create_task(self._watch(epoch), name=f"roster-{epoch.shard}")

    async def _finish(self, epoch: Epoch) -> None:
        """What is in hand comes to its end, and nothing new begins."""
        self._closing.add(epoch.shard)
        sessions = list(self._sessions.get(epoch.shard, {}).values())
        for meeting, _ in sessions:
            meeting.leaving.set()
        waits = [asyncio.wait({task}, timeout=meeting.wind_down_s) for meeting, task in sessions if meeting.wind_down_s]
        await asyncio.gather(self._finish_hook(epoch), *waits)

    async def _lost(self, epoch: Epoch) -> None:
        """Ends all work for the shard and waits until it has stopped."""
        tasks = [task for _, task in self._sessions.pop(epoch.shard, {}).values()]
        self._closing.discard(epoch.shard)
        self._count()
        if epoch.shard in self._watches:
            tasks.append(self._watches.pop(epoch.shard))
        await end(*tasks)
        await self._lost_hook(epoch)

    def _count(self) -> None:
        """What the heartbeat tells."""
        self._worker.shards = len(self._sessions)
        self._worker.load = sum(map(len, self._sessions.values()))
        metrics.sessions_open.labels(self._worker.role).set(self._worker.load)

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
        meeting_id = entry.fields.get(b"meeting", b"").decode(errors="replace")
        if meeting_id in self._sessions.get(shard, {}):
            self._sessions[shard][meeting_id][0].changed.set()

    async def _refresh(self, epoch: Epoch) -> None:
        while True:
            try:
                wanted = await self._members(self._worker.bus, epoch.shard)
                break
            except LOST:
                await rest(self._worker.clock, 0.2)
        sessions = self._sessions.get(epoch.shard, {})
        for meeting_id in wanted - sessions.keys() if epoch.shard not in self._closing else ():
            meeting = OwnedMeeting(meeting_id, epoch, self._worker)
            task = asyncio.create_task(self._keep(meeting), name=f"session-{meeting_id}")
            sessions[meeting_id] = (meeting, task)
        self._count()

    async def _keep(self, meeting: OwnedMeeting) -> None:
        """One session, begun anew after a failure until it ends by itself."""
        with structlog.contextvars.bound_contextvars(meeting_id=meeting.id):
            failures = 0
            while True:
                began = self._worker.clock.now_ms()
                try:
                    await self._watched(meeting)
                    break
                except Exception as error:
                    if not is_wanted() or self._is_over(meeting, root_of(error)):
                        break
                    is_away = isinstance(root_of(error), LOST)
                    failures = 0 if self._worker.clock.now_ms() - began > WELL_MS else failures + 1
                    await self._worker.clock.sleep(AWAY_S if is_away else BACKOFF_S[min(failures, len(BACKOFF_S) - 1)])
        self._sessions.get(meeting.epoch.shard, {}).pop(meeting.id, None)
        self._count()

    async def _watched(self, meeting: OwnedMeeting) -> None:
        """A session that does not go on is ended, so that it begins anew. Raises StuckError."""
        session = asyncio.create_task(self._session(meeting), name=f"session-{meeting.id}")
        try:
            while not (await asyncio.wait({session}, timeout=STUCK_LOOK_S))[0]:
                if meeting.health.is_stuck_in(meeting.pulse):
                    await asyncio.sleep(STUCK_SHOWN_S)
                    raise StuckError(meeting.pulse)
            session.result()
        finally:
            await end(session)
            meeting.health.rest(meeting.pulse)

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
