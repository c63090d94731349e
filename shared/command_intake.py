"""Reads the commands of some shards as one consumer of the role's group: what was left in hand, then what is new."""

import asyncio
from collections.abc import Awaitable, Container, Mapping
from typing import Any, Protocol, cast

import msgspec
import redis.exceptions
import structlog

from shared.bus import Entry, entries_of
from shared.connections import BLOCK_MS, LOST
from shared.servers import Servers
from shared.streams import ShardKeys
from shared.waiting import is_wanted
from shared.worker import Worker

READ_AT_ONCE = 16
CLAIMED_AT_ONCE = 1000

log = structlog.get_logger()


class Delivery(msgspec.Struct, frozen=True):
    """One entry on its way through the loop."""

    shard: int
    entry: Entry


class Accept(Protocol):
    """Takes a delivery over."""

    def __call__(self, delivery: Delivery, *, is_redelivered: bool) -> Awaitable[None]: ...


class CommandIntake:
    """The shards that one blocking read can cover. What is in hand already is not delivered again."""

    def __init__(
        self, worker: Worker, accept: Accept, in_hand: Container[tuple[int, bytes]] = (), name: str = ""
    ) -> None:
        self._worker, self._role, self._redis = worker, worker.role, worker.bus.redis
        self._servers = Servers(worker.bus.redis)
        self._accept, self._in_hand = accept, in_hand
        self._shards: set[int] = set()
        self._pulse = f"commands {name}".strip()
        self._changed = asyncio.Event()

    async def add(self, shard: int, claim_idle_ms: int) -> None:
        """Entries left by a consumer silent for `claim_idle_ms` become ours."""
        await self._ensure_group(shard)
        stream = ShardKeys(shard).commands(self._role)
        await self._redis.xautoclaim(
            stream, self._role, self._worker.name, claim_idle_ms, "0", count=CLAIMED_AT_ONCE, justid=True
        )
        self._shards.add(shard)
        self._changed.set()

    def remove(self, shard: int) -> None:
        self._shards.discard(shard)
        self._changed.set()

    def look_again(self) -> None:
        """At what is left in hand."""
        self._changed.set()

    async def claim_stale(self, idle_ms: int) -> None:
        def claim(pipe: Any, shard: int) -> None:
            stream = ShardKeys(shard).commands(self._role)
            pipe.xautoclaim(stream, self._role, self._worker.name, idle_ms, "0", count=CLAIMED_AT_ONCE, justid=True)

        if any((await self._servers.ask(list(self._shards), claim)).values()):
            self._changed.set()

    async def run(self) -> None:
        """Until cancelled."""
        while is_wanted():
            try:
                await self._read_pending()
                await self._read_new()
            except (*LOST, redis.exceptions.ResponseError) as error:
                await self._recover(error)

    async def _ensure_group(self, shard: int) -> None:
        try:
            await self._redis.xgroup_create(ShardKeys(shard).commands(self._role), self._role, "0", mkstream=True)
        except redis.exceptions.ResponseError as error:
            if not str(error).startswith("BUSYGROUP"):
                raise

    async def _recover(self, error: Exception) -> None:
        """Redis went away, or came back without our groups: make them anew and read on."""
        log.warning("commands.interrupted", role=self._role, error=type(error).__name__)
        await asyncio.sleep(0.2)
        if str(error).startswith(("NOGROUP", "UNBLOCKED")):
            for shard in list(self._shards):
                await self._ensure_group(shard)

    async def _read_pending(self) -> None:
        """After a start, a cancelled read or a lost reply, entries may be ours without our having seen them.

        Those alone are taken, because Redis counts how often each was delivered.
        """
        self._changed.clear()
        for shard in list(self._shards):
            stream, worker = ShardKeys(shard).commands(self._role), self._worker.name
            pending = await self._redis.xpending_range(
                stream, self._role, "-", "+", CLAIMED_AT_ONCE, consumername=worker
            )
            unseen = [one["message_id"] for one in pending if (shard, one["message_id"]) not in self._in_hand]
            if unseen:
                taken = await self._redis.xclaim(stream, self._role, worker, 0, cast("Any", unseen))
                for entry in entries_of(taken):
                    await self._accept(Delivery(shard, entry), is_redelivered=True)

    async def _read_new(self) -> None:
        """Blocks for new entries until the set of shards changes."""
        while not self._changed.is_set() and is_wanted():
            self._worker.health.beat(self._pulse)
            if not self._shards:
                self._worker.health.rest(self._pulse)
                await self._changed.wait()
                return
            streams = {ShardKeys(shard).commands(self._role): shard for shard in self._shards}
            read = asyncio.create_task(self._read_group(list(streams)), name="commands-read")
            change = asyncio.create_task(self._changed.wait(), name="commands-change")
            try:
                await asyncio.wait({read, change}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                change.cancel()
                if not read.done():
                    read.cancel()
                await asyncio.wait({read})
            if read.cancelled():
                return
            for stream, entries in read.result().items():
                for entry in entries_of(entries):
                    await self._accept(Delivery(streams[stream.decode()], entry), is_redelivered=False)

    async def _read_group(self, streams: list[str]) -> Mapping[bytes, object]:
        cursors = cast("Any", dict.fromkeys(streams, ">"))
        reply = await self._redis.xreadgroup(self._role, self._worker.name, cursors, count=READ_AT_ONCE, block=BLOCK_MS)
        return cast("Mapping[bytes, object]", reply)
