"""The connection to Redis, and the few things every process does with it."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, cast

import msgspec
import redis.exceptions
import structlog
from redis.asyncio import Redis
from redis.asyncio.connection import AbstractConnection

from shared.connections import made_cancellable
from shared.errors import BusError, DecodeError, FencedError, ForgottenError, MeetingGoneError
from shared.events import CODEC, AnyEvent, CaptionChanged, Event
from shared.streams import MeetingKeys, ShardKeys

SCRIPTS = Path(__file__).parent / "scripts"
BLOCK_MS = 1000
"""How long one blocking read waits."""
LOST = (redis.exceptions.ConnectionError, redis.exceptions.TimeoutError, redis.exceptions.ReadOnlyError, OSError)
"""Redis is away, or is not the primary any more: wait and try again."""

log = structlog.get_logger()


class Entry(msgspec.Struct, frozen=True):
    """One entry of a stream."""

    id: bytes
    fields: dict[bytes, bytes]


class Guard(msgspec.Struct, frozen=True):
    """A state field that must be below `value`, and then holds it: the same commit twice is once."""

    field: str
    value: int
    expected: int
    """What the writer takes the field to hold. If it holds less, Redis has forgotten commits."""


class Write(msgspec.Struct, frozen=True, kw_only=True):
    """What one write changes, all of it or nothing."""

    facts: tuple[Event, ...] = ()
    captions: tuple[CaptionChanged, ...] = ()
    state: Mapping[str, str | int] = {}
    guard: "Guard | None" = None
    trim: tuple[str, str] | None = None
    """An audio track, and the entry ID before which it is trimmed."""
    ack: tuple[str, bytes] | None = None
    """The role whose command this settles, and the command's entry ID."""
    retire: bool = False
    """The meeting leaves the active ones: its audio goes now, the rest when its retention is over."""


class Connects:
    """Counts connections made: a new one may lead to a Redis that has forgotten its last writes."""

    def __init__(self) -> None:
        self.count = 0

    async def on_connect(self, connection: AbstractConnection) -> None:
        await connection.on_connect()
        self.count += 1


class Bus:
    """One connection pool and the scripts. `redis` is open for plain reads; writes to a meeting go through `write`."""

    def __init__(self, client: Redis, connects: Connects | None = None) -> None:
        self.redis = client
        self.connects = connects or Connects()
        self.write_script = client.register_script((SCRIPTS / "write.lua").read_text())
        self.erase_script = client.register_script((SCRIPTS / "erase.lua").read_text())
        self.open_track_script = client.register_script((SCRIPTS / "open_track.lua").read_text())

    async def write(self, meeting_id: str, write: Write, *, owner: "Epoch | None" = None) -> list[bytes]:
        """Returns the timeline IDs of the facts; [] when the guard says that it was written before.

        Raises FencedError, MeetingGoneError, ForgottenError.
        """
        keys, role = MeetingKeys(meeting_id), owner.role if owner else ""
        reply = await self.write_script(keys=write_keys(keys, role, write), args=write_args(meeting_id, write, owner))
        verdict = reply[0].decode()
        if verdict == "FENCED" and owner:
            raise FencedError(owner.role, owner.shard, owner.epoch)
        if verdict == "GONE":
            raise MeetingGoneError(meeting_id)
        if verdict == "BEHIND":
            raise ForgottenError(meeting_id)
        return list(reply[1:]) if verdict == "OK" else []

    async def append(self, meeting_id: str, *facts: Event, state: Mapping[str, str | int] | None = None) -> list[bytes]:
        """Facts by a process that owns nothing (gateway, ingest). Raises MeetingGoneError."""
        return await self.write(meeting_id, Write(facts=facts, state=state or {}))

    async def command(self, role: str, command: Event) -> None:
        """Sends a command to the workers of a role."""
        keys = MeetingKeys(command.meeting_id)
        kind, body = CODEC.encode(command)
        await self.redis.xadd(keys.shard.commands(role), {CODEC.TYPE: kind, CODEC.BODY: body})

    async def state(self, meeting_id: str) -> dict[str, str]:
        """Raises MeetingGoneError."""
        fields: Mapping[bytes, bytes] = cast("Any", await self.redis.hgetall(MeetingKeys(meeting_id).state))
        if not fields:
            raise MeetingGoneError(meeting_id)
        return {name.decode(): value.decode() for name, value in fields.items()}

    async def timeline(self, meeting_id: str, after: bytes = b"-", before: bytes = b"+") -> list[Entry]:
        """Entries after the ID `after`, in order."""
        start = after if after == b"-" else b"(" + after
        return entries_of(await self.redis.xrange(MeetingKeys(meeting_id).timeline, start, before))

    async def open_track(self, meeting_id: str, track: str) -> None:
        """Raises MeetingGoneError, also for a meeting whose transcript is complete."""
        keys = MeetingKeys(meeting_id)
        names = [keys.state, keys.audio(track), keys.shard.roster, keys.shard.active]
        if not await self.open_track_script(keys=names, args=[track, meeting_id]):
            raise MeetingGoneError(meeting_id)

    async def nudge(self, meeting_id: str) -> None:
        """Tells the owners of the shard that its active meetings changed."""
        keys = MeetingKeys(meeting_id).shard
        await self.redis.xadd(keys.roster, {"meeting": meeting_id}, maxlen=1000, approximate=True)

    async def active(self, shard: int) -> set[str]:
        """The shard's meetings whose transcript is not complete."""
        members: set[bytes] = cast("Any", await self.redis.smembers(ShardKeys(shard).active))
        return {member.decode() for member in members}

    async def close(self) -> None:
        await self.redis.aclose()


class Epoch(msgspec.Struct, frozen=True):
    """The right to write for a shard, as long as nobody took a higher epoch."""

    role: str
    shard: int
    epoch: int


def entries_of(found: object) -> list[Entry]:
    """redis-py's pairs, which it types for every protocol and client at once, as entries."""
    return [Entry(entry_id, fields) for entry_id, fields in cast("list[tuple[bytes, dict[bytes, bytes]]]", found or [])]


def decoded(entry: Entry) -> AnyEvent | None:
    """None for an event that this version does not know."""
    try:
        return CODEC.decode(entry.fields)
    except DecodeError as error:
        log.warning("event.unreadable", event_type=error.event_type[:60], reason=error.reason[:200])
        return None


def write_keys(keys: MeetingKeys, role: str, write: Write) -> list[str]:
    audio = keys.audio(write.trim[0]) if write.trim else keys.timeline
    commands = keys.shard.commands(write.ack[0]) if write.ack else keys.timeline
    return [keys.shard.own(role), keys.state, keys.timeline, keys.live, audio, commands, keys.shard.active]


def write_args(meeting_id: str, write: Write, owner: Epoch | None) -> list[str | bytes | int]:
    guard = write.guard or Guard("", 0, 0)
    args: list[str | bytes | int] = [owner.epoch if owner else "", guard.field, guard.value, guard.expected]
    args += [write.trim[1] if write.trim else "", len(write.state)]
    for field, value in write.state.items():
        args += [field, value]
    args += counted(write.facts)
    args += counted(write.captions)
    args += write.ack or ("", "")
    return [*args, meeting_id if write.retire else ""]


def counted(events: Iterable[Event]) -> list[str | bytes | int]:
    encoded = [part for event in events for part in CODEC.encode(event)]
    return [len(encoded) // 2, *encoded]


def connect(url: str, connects: Connects | None = None) -> Redis:
    """A client that never repeats a command by itself: a repeated XADD would be in the stream twice."""
    client = Redis.from_url(
        url,
        socket_timeout=BLOCK_MS / 1000 + 4,
        legacy_responses=False,
        max_connections=1000,
        redis_connect_func=connects.on_connect if connects else None,
    )
    return made_cancellable(client)


def new_bus(url: str) -> Bus:
    """Not connected yet, and not checked."""
    connects = Connects()
    return Bus(connect(url, connects), connects)


async def open_bus(url: str) -> Bus:
    """Connects, and checks that this Redis can be used. Raises BusError with the remedy."""
    bus = new_bus(url)
    try:
        await check_redis(bus.redis, url)
    except BaseException:
        await bus.close()
        raise
    return bus


async def check_redis(client: Redis, url: str) -> None:
    """Raises BusError: absent, too old, or set to evict keys."""
    where = url.rpartition("@")[2].removeprefix("redis://")
    try:
        info = await client.info()
    except redis.exceptions.AuthenticationError as error:
        raise BusError(f"Redis at {where} refused the password: check REDIS_URL") from error
    except LOST as error:
        raise BusError(
            f"Redis at {where} cannot be reached: start it, correct REDIS_URL or REDIS_HOST, or unset both"
            " so that `chimein up` starts its own"
        ) from error
    version = str(info.get("redis_version", "0"))
    if int(version.partition(".")[0]) < 7:
        raise BusError(f"Redis at {where} is version {version}: chimein needs Redis 7.0 or Valkey 8 or newer")
    policy = str(info.get("maxmemory_policy", "noeviction"))
    if policy != "noeviction":
        raise BusError(
            f"Redis at {where} evicts keys when memory is short (maxmemory-policy {policy}), so meetings would lose"
            " words: run `CONFIG SET maxmemory-policy noeviction` and put it in redis.conf"
        )
