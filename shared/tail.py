"""Follows many streams with one blocking read. Streams come and go at any time; Redis may go and come back.

A cluster refuses a read over several shards: there each shard has a lane, and a blocking read, of its own.
"""

import asyncio
import contextlib
import secrets
from collections import deque
from collections.abc import AsyncIterator, MutableMapping
from typing import Any, cast

import redis.exceptions
import structlog
from redis.asyncio import Redis

from shared.bus import Entry, entries_of
from shared.connections import BLOCK_MS, LOST, ask, is_cluster
from shared.health import Health
from shared.scripting import Script
from shared.streams import tag_of
from shared.waiting import end, give_way, is_wanted

COUNT = 100
READ = "XREAD", "BLOCK", BLOCK_MS, "COUNT", COUNT, b"STREAMS"
ROOM = 1000
"""Entries that a follower may be behind before its stream is not read for a while."""
REST_S = 20e-6
"""Between two reads, for each stream: a read costs both sides in proportion to the streams that it names."""
LEAST_REST_S, MOST_REST_S = 0.002, 0.02
"""A shorter rest saves nothing, a longer one is felt."""
BELL_KEPT_MS = 60_000

log = structlog.get_logger()


class Follower:
    """One stream being followed, as an async iterator of entries in order, without end."""

    def __init__(self, lane: "Lane", key: str, after: bytes, bell: asyncio.Event) -> None:
        self.key, self.cursor = key, after
        self._lane, self._entries, self._bell = lane, deque[Entry](), bell
        self._is_interrupted = False

    @property
    def has_room(self) -> bool:
        return len(self._entries) < ROOM

    def offer(self, entries: list[Entry]) -> None:
        self.cursor = entries[-1].id
        self._entries.extend(entries)
        self._bell.set()

    def interrupt(self) -> None:
        """Whoever waits, or waits next, goes on although nothing has come. Once."""
        self._is_interrupted = True
        self._bell.set()

    def __aiter__(self) -> AsyncIterator[Entry]:
        return self

    async def wait(self) -> None:
        """Returns when there is something to take, or after an interruption."""
        while not self._entries:
            if self._is_interrupted:
                self._is_interrupted = False
                return
            self._bell.clear()
            await self._bell.wait()

    async def __anext__(self) -> Entry:
        while not self._entries:
            await self.wait()
        was_full = not self.has_room
        entry = self._entries.popleft()
        if was_full:
            self._lane.resume(self.key)
        return entry

    def batch(self) -> list[Entry]:
        """What has come and was not taken yet, without waiting."""
        taken = list(self._entries)
        self._entries.clear()
        if len(taken) >= ROOM:
            self._lane.resume(self.key)
        return taken

    def close(self) -> None:
        self._lane.drop(self)


class Tail:
    """`run` must be running for followers to get anything."""

    def __init__(self, client: Redis) -> None:
        self._redis = client
        self.health: Health | None = None
        """Where a reader that does not go on is told."""
        self._lanes: dict[str, Lane] = {}
        self._lane_added = asyncio.Event()

    def follow(self, key: str, after: str | bytes = b"0", bell: asyncio.Event | None = None) -> Follower:
        """Entries of `key` after the ID `after`; the stream may not exist yet.

        `bell` is set when something has come; several followers may share one.
        """
        name = tag_of(key) if is_cluster(self._redis) else ""
        if name not in self._lanes:
            self._lanes[name] = Lane(self._redis, name or "{wake}")
            self._lane_added.set()
        start = after.encode() if isinstance(after, str) else after
        return self._lanes[name].follow(key, start, bell or asyncio.Event())

    async def run(self) -> None:
        """Reads until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            running: set[str] = set()
            while is_wanted():
                self._lane_added.clear()
                for name in self._lanes.keys() - running:
                    self._lanes[name].health = self.health
                    tasks.create_task(self._lanes[name].run(f"tail {name}".strip()), name=f"tail-{name}")
                    running.add(name)
                await self._lane_added.wait()


class Lane:
    """The streams that one blocking read can follow, and one stream more: a word on it ends a read that is out of date.

    To give the read up would cost its connection, and a new one costs more than many words.
    """

    def __init__(self, client: Redis, tag: str = "{wake}") -> None:
        self._redis = client
        self.health: Health | None = None
        self._followers: dict[str, list[Follower]] = {}
        self._cursors: dict[str, bytes] = {}
        """Of each stream that has a follower with room, the lowest."""
        self._under_way: dict[str, bytes] = {}
        """What is being read, and from where."""
        self._bell, self._rung = f"{tag}:wake:{secrets.token_hex(8)}", b"0"
        self._ring = Script(client, "wake")
        self._is_wanted, self._is_stale = asyncio.Event(), asyncio.Event()

    def follow(self, key: str, after: bytes, bell: asyncio.Event) -> Follower:
        follower = Follower(self, key, after, bell)
        self._followers.setdefault(key, []).append(follower)
        self.resume(key)
        return follower

    def drop(self, follower: Follower) -> None:
        followers = self._followers.get(follower.key, [])
        if follower in followers:
            followers.remove(follower)
        if not followers:
            self._followers.pop(follower.key, None)
        self._note_cursor(follower.key)

    def resume(self, key: str) -> None:
        """Reads the stream from where its followers are, at once."""
        self._note_cursor(key)
        self._is_wanted.set()
        if self._under_way and not self._is_being_read(key):
            self._is_stale.set()

    def _note_cursor(self, key: str) -> None:
        cursors = [follower.cursor for follower in self._followers.get(key, ()) if follower.has_room]
        if cursors:
            self._cursors[key] = cursors[0] if len(cursors) == 1 else min(cursors, key=id_order)
        else:
            self._cursors.pop(key, None)

    def _is_being_read(self, key: str) -> bool:
        wanted, read_from = self._cursors.get(key), self._under_way.get(key)
        return wanted is None or (read_from is not None and id_order(read_from) <= id_order(wanted))

    async def run(self, name: str = "tail") -> None:
        """Reads until cancelled."""
        ringing = asyncio.create_task(self._ring_when_stale(), name=f"{name} bell")
        try:
            while is_wanted():
                if self.health:
                    self.health.beat(name) if self._cursors else self.health.rest(name)
                self._is_wanted.clear()
                if not self._cursors:
                    await self._is_wanted.wait()
                    continue
                try:
                    await self._read()
                except (*LOST, redis.exceptions.ResponseError) as error:
                    log.warning("tail.interrupted", error=type(error).__name__)
                    self._rung = b"0"  # it may be another server now, whose clock is behind
                    await asyncio.sleep(0.1)
        finally:
            await end(ringing)

    async def _ring_when_stale(self) -> None:
        """Where that fails, the read fails too, or is over within BLOCK_MS."""
        while is_wanted():
            await self._is_stale.wait()
            self._is_stale.clear()
            with contextlib.suppress(*LOST, redis.exceptions.ResponseError):
                await self._ring([self._bell], [BELL_KEPT_MS])

    async def _read(self) -> None:
        cursors = self._under_way = dict(self._cursors)
        try:
            wanted = {**cursors, self._bell: self._rung}
            names, places = wanted.keys(), wanted.values()
            reply: MutableMapping[bytes, object] = cast("Any", await ask(self._redis, *READ, *names, *places))
        finally:
            self._under_way = {}
        has_rung = reply.pop(self._bell.encode(), None) if reply else None
        if has_rung:
            self._rung = entries_of(has_rung)[-1].id
        for stream, found in reply.items():
            key, entries = stream.decode(), entries_of(found)
            for follower in self._followers.get(key, ()):
                hand_over(follower, entries, read_from=cursors[key])
            self._note_cursor(key)
        if reply:
            await take_turns(len(cursors))


async def take_turns(streams: int) -> None:
    """The next read costs more than most of what followers do with the last one, so theirs comes first."""
    if (rest_s := streams * REST_S) >= LEAST_REST_S:
        await asyncio.sleep(min(rest_s, MOST_REST_S))
    else:
        await give_way()


def hand_over(follower: Follower, entries: list[Entry], *, read_from: bytes) -> None:
    """Only what it does not have: another follower of the stream may stand further back.

    One that came while the read was under way is to have what lies before it first.
    """
    if follower.cursor != read_from:
        reached = id_order(follower.cursor)
        if reached < id_order(read_from):
            return
        entries = [entry for entry in entries if id_order(entry.id) > reached]
    if entries and follower.has_room:
        follower.offer(entries)


def id_order(entry_id: bytes) -> tuple[int, int]:
    ms, _, sequence = entry_id.partition(b"-")
    return int(ms), int(sequence or 0)
