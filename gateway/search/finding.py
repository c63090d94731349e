"""Looks words up in the indexes of a tenant's meetings: newest meetings first, until the page is full."""

from collections.abc import AsyncIterator, Sequence
from typing import cast

import msgspec

from gateway.search.folding import Wanted
from gateway.search.index import END, SPEAKER, Said
from shared.bus import Bus
from shared.scripting import SCRIPTS
from shared.servers import Servers
from shared.streams import SHARDS, MeetingKeys, ShardKeys, shard_of

Meeting = tuple[int, str]
"""Creation in Unix ms, and id: the order of meetings."""
BATCHES = (32, 128, 512)
"""How many meetings are asked at once: common words fill a page soon, rare ones want all."""
SAID: msgspec.msgpack.Decoder[Said] = msgspec.msgpack.Decoder(Said)


class Place(msgspec.Struct, frozen=True, order=True):
    """Where a line stands among all found: sorted downwards, the newest meeting and its latest line come first."""

    created_at: int
    meeting_id: str
    start_ms: int
    line_id: str


class Found(msgspec.Struct, frozen=True):
    """A line that has the words, by the index."""

    place: Place
    said: Said


class Span(msgspec.Struct, frozen=True):
    """When it was said, Unix ms."""

    from_ms: int
    to_ms: int

    def holds(self, said: Said) -> bool:
        return self.from_ms <= said.at < self.to_ms


class Finder:
    """For one search."""

    def __init__(self, bus: Bus, tenant: str, wanted: Wanted, speaker: Sequence[str], span: Span) -> None:
        self._bus, self._tenant, self._span = bus, tenant, span
        exact = [*(SPEAKER + word for word in speaker), *wanted.whole]
        self._words = [*exact, wanted.begun] if wanted.begun else [*exact[:-1], exact[-1] + END]
        self._script = bus.redis.register_script((SCRIPTS / "search.lua").read_text())
        self._servers = Servers(bus.redis)
        self.is_complete = True
        """Every server that has meetings was there."""

    async def found(self, before: Place | None, only: str = "") -> AsyncIterator[Found]:
        """From the newest on, or after the place where a page before ended."""
        meetings = await self._meetings(before, only)
        at = 0
        while at < len(meetings):
            size = BATCHES[0] if not at else BATCHES[1] if at < BATCHES[1] else BATCHES[2]
            batch, at = meetings[at : at + size], at + size
            for one in await self._known(batch, await self._lines(batch)):
                if before is None or one.place < before:
                    yield one

    async def _meetings(self, before: Place | None, only: str) -> list[Meeting]:
        """Newest first. What was said in the span was said after its meeting was made."""
        newest = self._span.to_ms if before is None else min(self._span.to_ms, before.created_at)
        shards = [shard_of(only)] if only else list(range(SHARDS))
        parts: dict[int, list[tuple[bytes, float]]] = await self._servers.ask(
            shards,
            lambda pipe, shard: pipe.zrevrangebyscore(ShardKeys(shard).meetings, newest, "-inf", withscores=True),
        )
        self.is_complete &= len(parts) == len(shards)
        found = [(int(score), meeting_id.decode()) for part in parts.values() for meeting_id, score in part]
        return sorted((one for one in found if not only or one[1] == only), reverse=True)

    async def _lines(self, meetings: Sequence[Meeting]) -> list[list[bytes]]:
        """The line ids of each; one script for all of a shard."""
        shards: dict[int, list[str]] = {}
        for _, meeting_id in meetings:
            shards.setdefault(shard_of(meeting_id), []).append(meeting_id)
        calls = {}
        for shard, ids in shards.items():
            keys = [key for one in map(MeetingKeys, ids) for key in (one.state, one.words)]
            calls[shard] = (keys, [self._tenant, *self._words])
        replies: dict[int, list[list[bytes]]] = await self._servers.run(self._script, calls)
        self.is_complete &= len(replies) == len(calls)
        lines = {
            meeting_id: lines
            for shard, reply in replies.items()
            for meeting_id, lines in zip(shards[shard], reply, strict=True)
        }
        return [lines.get(meeting_id, []) for _, meeting_id in meetings]

    async def _known(self, meetings: Sequence[Meeting], lines: Sequence[list[bytes]]) -> list[Found]:
        """What is known of these lines, in order, within the span."""
        named = [(meeting, names) for meeting, names in zip(meetings, lines, strict=True) if names]
        pipe = self._bus.redis.pipeline(transaction=False)
        for (_, meeting_id), names in named:
            pipe.hmget(MeetingKeys(meeting_id).said, names)
        kept = cast("list[list[bytes | None]]", await pipe.execute()) if named else []
        found = [
            Found(Place(*meeting, said.start_ms, name.decode()), said)
            for (meeting, names), about in zip(named, kept, strict=True)
            for name, raw in zip(names, about, strict=True)
            if raw and self._span.holds(said := SAID.decode(raw))
        ]
        return sorted(found, key=place_of, reverse=True)


def place_of(found: Found) -> Place:
    return found.place
