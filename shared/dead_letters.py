"""Commands that were given up on: seen, looked into, and sent again when their cause is mended."""

import re
from collections.abc import AsyncIterator
from itertools import chain

import msgspec

from shared.bus import Bus, Entry, entries_of
from shared.errors import DecodeError
from shared.events import CODEC, AnyEvent
from shared.scripting import SCRIPTS
from shared.servers import Servers
from shared.streams import SETTLED_KEPT_MS, SHARDS, ShardKeys

KEPT = 10_000
KEPT_MS = 7 * 24 * 3600 * 1000
LARGEST_BYTES = 256 << 10
"""More than any command has. What is larger is kept by its beginning, and cannot be sent again."""
BEGINNING_BYTES = 1 << 10
LETTER_ID = re.compile(r"([0-9a-f]{2}):(\d+-\d+)")


class DeadLetter(msgspec.Struct, frozen=True, kw_only=True):
    """One of them. Its id is the shard and the entry: `03:1700000000000-0`."""

    id: str
    reason: str
    source: str
    """The stream that it was taken from."""
    at: int
    """When it was given up on, Unix ms."""
    type: str
    size: int
    """Of its body, bytes."""
    command: AnyEvent | None
    """None where it cannot be read."""
    is_whole: bool
    """Only then can it be sent again."""


class DeadLetters:
    """All shards' letters."""

    def __init__(self, bus: Bus) -> None:
        self._redis = bus.redis
        self._bury = bus.redis.register_script((SCRIPTS / "bury.lua").read_text())
        self._requeue = bus.redis.register_script((SCRIPTS / "requeue.lua").read_text())

    async def bury(self, shard: int, role: str, entry: Entry, reason: str, at_ms: int) -> None:
        """A command becomes a letter and is acknowledged: both or neither."""
        keys = ShardKeys(shard)
        size = sum(map(len, entry.fields.values()))
        fields = entry.fields if size <= LARGEST_BYTES else beginning_of(entry, size)
        about: dict[bytes, bytes | str | int] = {
            b"reason": reason[:500],
            b"source": keys.commands(role),
            b"entry": entry.id,
            b"at": at_ms,
        }
        letter = chain.from_iterable({**fields, **about}.items())
        await self._bury(
            keys=[keys.dead, keys.commands(role), keys.settled(role)],
            args=[role, entry.id, KEPT, max(at_ms - KEPT_MS, 0), at_ms, SETTLED_KEPT_MS, *letter],
        )

    async def all(self) -> AsyncIterator[DeadLetter]:
        """Shard by shard, oldest first."""
        for shard in range(SHARDS):
            for entry in entries_of(await self._redis.xrange(ShardKeys(shard).dead)):
                yield letter_of(shard, entry)

    async def count(self) -> int:
        """Of the servers that can be reached. Raises what LOST names when none can."""
        found = await Servers(self._redis).ask(range(SHARDS), lambda pipe, shard: pipe.xlen(ShardKeys(shard).dead))
        return sum(found.values())

    async def get(self, letter_id: str) -> DeadLetter | None:
        """None where there is no such letter, or it is no id of one."""
        if not (parts := parts_of(letter_id)):
            return None
        shard, entry_id = parts
        found = entries_of(await self._redis.xrange(ShardKeys(shard).dead, entry_id, entry_id))
        return letter_of(shard, found[0]) if found else None

    async def requeue(self, letter: DeadLetter) -> bool:
        """To the end of the stream that it was taken from; False where somebody else did it before."""
        parts = parts_of(letter.id)
        if not parts:
            return False
        return bool(await self._requeue(keys=[ShardKeys(parts[0]).dead, letter.source], args=[parts[1]]))


def beginning_of(entry: Entry, size: int) -> dict[bytes, bytes]:
    kind = entry.fields.get(CODEC.TYPE, b"")[:100]
    return {CODEC.TYPE: kind, b"beginning": b"".join(entry.fields.values())[:BEGINNING_BYTES], b"size": b"%d" % size}


def letter_of(shard: int, entry: Entry) -> DeadLetter:
    text = {name.decode(errors="replace"): value.decode(errors="replace") for name, value in entry.fields.items()}
    return DeadLetter(
        id=f"{shard:02x}:{entry.id.decode()}",
        reason=text.get("reason", ""),
        source=text.get("source", ""),
        at=int(text.get("at", "0")),
        type=text.get(CODEC.TYPE.decode(), ""),
        size=int(text.get("size", "0")) or len(entry.fields.get(CODEC.BODY, b"")),
        command=read(entry),
        is_whole=CODEC.BODY in entry.fields,
    )


def read(entry: Entry) -> AnyEvent | None:
    try:
        return CODEC.decode(entry.fields)
    except DecodeError:
        return None


def parts_of(letter_id: str) -> tuple[int, str] | None:
    """Shard and entry id."""
    found = LETTER_ID.fullmatch(letter_id)
    if not found or int(found[1], 16) >= SHARDS:
        return None
    return int(found[1], 16), found[2]
