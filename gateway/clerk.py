"""What is done for a meeting while it is not settled: its lines go into the index, its news to webhooks.

One clerk works for a meeting at a time; what it writes is fenced, and where it was is written with what it did. So a
gateway that dies loses nothing: its successor goes on there, and makes the same deliveries under the same ids.
"""

import asyncio
import contextlib
from typing import Any, cast

import structlog

from gateway.hooks.deliveries import Delivery
from gateway.hooks.dispatch import Dispatch, Means
from gateway.hooks.endpoints import Endpoints
from gateway.hooks.history import History
from gateway.hooks.messages import Message, message_of
from gateway.keeping import Keeper, Kept
from gateway.search.finding import SAID
from gateway.search.index import FORM, Changes, Index, place_in, told_place
from shared import streams
from shared.bus import Bus, Entry, decoded, entries_of
from shared.errors import ForgottenError, MeetingGoneError
from shared.events import MeetingErased
from shared.meetings import FINAL
from shared.sessions import OwnedMeeting
from shared.streams import SETTLED, MeetingKeys, ShardKeys
from shared.tail import Follower, id_order

log = structlog.get_logger()

AT_ONCE = 50
"""Entries of the timeline that are done in one write: a long script holds up everybody else's."""
FORGOTTEN_MS = 24 * 3600 * 1000


async def unsettled(bus: Bus, shard: int) -> set[str]:
    """The meetings of a shard that want a clerk; forgets those that are not kept any more."""
    times = cast("list[tuple[bytes, float]]", await bus.redis.zrange(ShardKeys(shard).meetings, 0, -1, withscores=True))
    pipe = bus.redis.pipeline(transaction=False)
    for name, _ in times:
        pipe.hmget(MeetingKeys(name.decode()).state, [streams.STATUS, SETTLED])
    states = cast("list[list[bytes | None]]", await pipe.execute()) if times else []
    newest = max((score for _, score in times), default=0.0)
    found = list(zip(times, states, strict=True))
    gone = [name for (name, score), (status, _) in found if status is None and score < newest - FORGOTTEN_MS]
    if gone:
        await cast("Any", bus.redis.zrem(ShardKeys(shard).meetings, *gone))
    return {name.decode() for (name, _), (status, settled) in found if status and settled != FORM.encode()}


async def keep(meeting: OwnedMeeting, means: Means) -> None:
    """Until the meeting is settled, anew where Redis has forgotten. Raises FencedError, MeetingGoneError."""
    while not await keep_on(meeting, means):
        log.warning("clerk.behind", meeting_id=meeting.id)


async def keep_on(meeting: OwnedMeeting, means: Means) -> bool:
    """From where the clerk before was. Returns whether there is nothing left to do."""
    async with means.turn:
        state = await meeting.bus.state(meeting.id)
        found = cast("dict[bytes, bytes]", await cast("Any", meeting.bus.redis.hgetall(meeting.keys.said)))
    tenant = state.get(streams.TENANT, "default")
    index = Index({line_id.decode(): SAID.decode(raw) for line_id, raw in found.items()})
    dispatch = Dispatch(meeting, means, Endpoints(meeting.bus.redis, tenant), History(meeting.bus, tenant))
    await dispatch.load()
    clerk = Clerk(meeting, means, index, dispatch)
    clerk.written, clerk.told = state.get(streams.INDEXED, ""), state.get(streams.TOLD, "0-0").encode()
    async with asyncio.TaskGroup() as tasks:
        sending = tasks.create_task(dispatch.run(), name="webhooks")
        try:
            await clerk.follow()
        except ForgottenError:
            return False
        finally:
            sending.cancel()
    return True


class Clerk:
    """For one meeting."""

    def __init__(self, meeting: OwnedMeeting, means: Means, index: Index, dispatch: Dispatch) -> None:
        self._meeting, self._means, self._index, self._dispatch = meeting, means, index, dispatch
        self._keeper = Keeper(meeting.bus, meeting.id, meeting.epoch)
        self.written = ""
        """Up to where the index is made, as the state has it."""
        self.told = b"0-0"

    @property
    def indexed(self) -> bytes:
        return place_in(self.written).encode()

    async def follow(self) -> None:
        """Returns when the meeting is settled or erased. Raises ForgottenError."""
        if not await self._catch_up():
            return
        follower = self._meeting.timeline(self._done)
        try:
            while True:
                entries = await self._next(follower)
                if not await self._take_all(entries):
                    return
                if not entries and await self._is_over() and await self._settles():
                    return
        finally:
            follower.close()

    @property
    def _done(self) -> bytes:
        return min(self.indexed, self.told, key=id_order)

    async def _catch_up(self) -> bool:
        """A page at a time, and few meetings at once. Returns False when the meeting is erased."""
        timeline, is_more = self._meeting.keys.timeline, True
        while is_more:
            async with self._means.turn:
                found = await self._meeting.bus.redis.xrange(timeline, b"(" + self._done, count=AT_ONCE)
            entries = entries_of(found)
            if not await self._take_all(entries):
                return False
            is_more = len(entries) == AT_ONCE
        return True

    async def _take_all(self, entries: list[Entry]) -> bool:
        """Returns False when the meeting is erased."""
        for at in range(0, len(entries), AT_ONCE):
            async with self._means.turn:
                if not await self._take(entries[at : at + AT_ONCE]):
                    return False
        return True

    async def _next(self, follower: Follower) -> list[Entry]:
        """Nothing after a while."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._means.look_every_s):
                await follower.wait()
        return follower.batch()

    async def _take(self, entries: list[Entry]) -> bool:
        """Returns False when the meeting is erased."""
        changes, news = Changes(), list[tuple[Message, str]]()
        for entry in entries:
            event, cursor = decoded(entry), entry.id.decode()
            if isinstance(event, MeetingErased):
                return False
            if event and id_order(entry.id) > id_order(self.indexed):
                self._index.apply(event, cursor, changes)
            if event and id_order(entry.id) > id_order(self.told) and (message := message_of(event)):
                news.append((message, cursor))
        await self._keep(entries[-1].id, changes, await self._dispatch.deliveries_of(news))
        return True

    async def _keep(self, last: bytes, changes: Changes, deliveries: list[Delivery]) -> None:
        indexed, told = max(last, self.indexed, key=id_order), max(last, self.told, key=id_order)
        state = {streams.INDEXED: told_place(indexed.decode()), streams.TOLD: told.decode()}
        kept = Kept(after=self.written, state=state, changes=changes, fresh=tuple(deliveries))
        new = await self._keeper.write_surely(kept, self._meeting.clock)
        self.written, self.told = state[streams.INDEXED], told
        await self._dispatch.accept([one for one in deliveries if one.id in new])

    async def _is_over(self) -> bool:
        """For a while, with nothing unread and nothing to be delivered. Raises MeetingGoneError, ForgottenError."""
        keys = self._meeting.keys
        pipe = self._meeting.bus.redis.pipeline(transaction=False)
        pipe.hmget(keys.state, [streams.STATUS, streams.STATUS_AT, streams.INDEXED])
        pipe.sismember(keys.shard.active, self._meeting.id)
        pipe.xrevrange(keys.timeline, count=1)
        (status, status_at, indexed), is_active, last = await pipe.execute()
        if status is None:
            raise MeetingGoneError(self._meeting.id)
        if (indexed or b"").decode() != self.written:
            raise ForgottenError(self._meeting.id)
        is_read = all(entry.id == self.told for entry in entries_of(last))
        over_ms = self._meeting.clock.now_ms() - int(status_at or 0)
        is_over = status.decode() in FINAL and not is_active and over_ms > self._means.patience_ms
        return is_over and is_read and self._dispatch.is_idle

    async def _settles(self) -> bool:
        """Returns False when somebody wants something replayed just now."""
        await self._keeper.write(Kept(state={SETTLED: FORM}))
        await self._dispatch.load()
        if not self._dispatch.is_idle:
            await self._keeper.write(Kept(state={SETTLED: ""}))
            return False
        return bool(await self._meeting.bus.redis.hget(self._meeting.keys.state, SETTLED) == FORM.encode())
