"""Follows many streams with one blocking read. Streams come and go at any time; Redis may go and come back.

A cluster refuses a read over several shards: there each shard has a lane, and a blocking read, of its own.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Mapping
from typing import Any, cast

import redis.exceptions
import structlog
from redis.asyncio import Redis

from shared.bus import Entry, entries_of
from shared.connections import BLOCK_MS, LOST, is_cluster
from shared.waiting import is_wanted

COUNT = 100
ROOM = 1000
"""Entries that a follower may be behind before its stream is not read for a while."""

log = structlog.get_logger()


class Follower:
    """One stream being followed, as an async iterator of entries in order, without end."""

    def __init__(self, lane: "Lane", key: str, after: bytes) -> None:
        self.key, self.cursor = key, after
        self._lane, self._entries, self._ready = lane, deque[Entry](), asyncio.Event()

    @property
    def has_room(self) -> bool:
        return len(self._entries) < ROOM

    def offer(self, entries: list[Entry]) -> None:
        self.cursor = entries[-1].id
        self._entries.extend(entries)
        self._ready.set()

    def __aiter__(self) -> AsyncIterator[Entry]:
        return self

    async def wait(self) -> None:
        """Returns when there is something to take."""
        while not self._entries:
            self._ready.clear()
            await self._ready.wait()

    async def __anext__(self) -> Entry:
        await self.wait()
        was_full = not self.has_room
        entry = self._entries.popleft()
        if was_full:
            self._lane.changed.set()
        return entry

    def batch(self) -> list[Entry]:
        """What has come and was not taken yet, without waiting."""
        taken = list(self._entries)
        self._entries.clear()
        if len(taken) >= ROOM:
            self._lane.changed.set()
        return taken

    def close(self) -> None:
        self._lane.drop(self)


class Tail:
    """`run` must be running for followers to get anything."""

    def __init__(self, client: Redis) -> None:
        self._redis = client
        self._lanes: dict[str, Lane] = {}
        self._lane_added = asyncio.Event()

    def follow(self, key: str, after: str | bytes = b"0") -> Follower:
        """Entries of `key` after the ID `after`; the stream may not exist yet."""
        name = tag_of(key) if is_cluster(self._redis) else ""
        if name not in self._lanes:
            self._lanes[name] = Lane(self._redis)
            self._lane_added.set()
        return self._lanes[name].follow(key, after)

    async def run(self) -> None:
        """Reads until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            running: set[str] = set()
            while is_wanted():
                self._lane_added.clear()
                for name in self._lanes.keys() - running:
                    tasks.create_task(self._lanes[name].run(), name=f"tail-{name}")
                    running.add(name)
                await self._lane_added.wait()


class Lane:
    """The streams that one blocking read can follow."""

    def __init__(self, client: Redis) -> None:
        self._redis = client
        self._followers: dict[str, list[Follower]] = {}
        self.changed = asyncio.Event()

    def follow(self, key: str, after: str | bytes = b"0") -> Follower:
        """Entries of `key` after the ID `after`; the stream may not exist yet."""
        follower = Follower(self, key, after.encode() if isinstance(after, str) else after)
        self._followers.setdefault(key, []).append(follower)
        self.changed.set()
        return follower

    def drop(self, follower: Follower) -> None:
        followers = self._followers.get(follower.key, [])
        if follower in followers:
            followers.remove(follower)
        if not followers:
            self._followers.pop(follower.key, None)

    async def run(self) -> None:
        """Reads until cancelled."""
        while is_wanted():
            cursors = self._cursors()
            if not cursors:
                await self.changed.wait()
                self.changed.clear()
                continue
            try:
                await self._read_or_change(cursors)
            except (*LOST, redis.exceptions.ResponseError) as error:
                log.warning("tail.interrupted", error=type(error).__name__)
                await asyncio.sleep(0.1)

    def _cursors(self) -> dict[str, bytes]:
        """The lowest cursor of each stream that has a follower with room."""
        cursors = {}
        for key, followers in self._followers.items():
            open_cursors = [follower.cursor for follower in followers if follower.has_room]
            if open_cursors:
                cursors[key] = min(open_cursors, key=id_order)
        return cursors

    async def _read_or_change(self, cursors: dict[str, bytes]) -> None:
        """One read, given up when the set of streams changes; a read without a group consumes nothing."""
        read = asyncio.create_task(self._read(cursors), name="tail-read")
        change = asyncio.create_task(self.changed.wait(), name="tail-change")
        try:
            await asyncio.wait({read, change}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            change.cancel()
            if not read.done():
                read.cancel()
            self.changed.clear()
        await asyncio.wait({read})
        if not read.cancelled():
            read.result()

    async def _read(self, cursors: dict[str, bytes]) -> None:
        reply: Mapping[bytes, object] = cast(
            "Any", await self._redis.xread(cast("Any", cursors), count=COUNT, block=BLOCK_MS)
        )
        for key, found in reply.items():
            entries, began = entries_of(found), id_order(cursors[key.decode()])
            for follower in self._followers.get(key.decode(), []):
                if id_order(follower.cursor) < began:
                    continue  # it came while this read was under way, and is to have what lies before it first
                fresh = [entry for entry in entries if id_order(entry.id) > id_order(follower.cursor)]
                if fresh and follower.has_room:
                    follower.offer(fresh)


def tag_of(key: str) -> str:
    """The hash tag of a key: keys with the same one are on the same server."""
    return key[: key.find("}") + 1]


def id_order(entry_id: bytes) -> tuple[int, int]:
    ms, _, sequence = entry_id.partition(b"-")
    return int(ms), int(sequence or 0)
