"""The connection to Redis, and the few things every process does with it."""

import asyncio
import functools
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, cast

import msgspec
import structlog
from redis.asyncio import Redis

from shared.connections import LOST, Connects, close, connect
from shared.errors import DecodeError, FencedError, ForgottenError, MeetingGoneError
from shared.events import CODEC, AnyEvent, CaptionChanged, Event
from shared.recent_writes import Probe, RecentWrite, RecentWrites
from shared.scripting import Script
from shared.streams import MeetingKeys, ShardKeys

ERASED = b"erased"
"""A field of an entry that has been written anew with less in it: `erase_words.lua`."""

log = structlog.get_logger()


class Entry(msgspec.Struct, frozen=True):
    """One entry of a stream."""

    id: bytes
    fields: dict[bytes, bytes]

    @property
    def written_at_ms(self) -> int:
        """Unix ms of Redis's clock, where the ID was left to Redis."""
        return int(self.id.partition(b"-")[0])


class Guard(msgspec.Struct, frozen=True):
    """A state field that must be below `value`, and then holds it: the same commit twice is once."""

    field: str
    value: int
    expected: int | None = None
    """What the field must hold, if not just less: else Redis has forgotten commits, or got them again meanwhile."""


class Write(msgspec.Struct, frozen=True, kw_only=True):
    """What one write changes, all of it or nothing."""

    facts: tuple[Event, ...] = ()
    captions: tuple[CaptionChanged, ...] = ()
    state: Mapping[str, str | int] = {}
    guard: "Guard | None" = None
    trim: tuple[str, str] | None = None
    """An audio track, and the entry ID before which it is trimmed."""
    send: tuple[str, Event] | None = None
    """A role, and a command to it."""
    retire: bool = False
    """The meeting leaves the active ones: its audio goes now, the rest when its retention is over."""


class Bus:
    """One connection pool and the scripts. `redis` is open for plain reads; writes to a meeting go through `write`."""

    def __init__(self, client: Redis, connects: Connects | None = None) -> None:
        self.redis = client
        self.connects = connects or Connects()
        self.recent = RecentWrites()
        self.doubts: list[Callable[[], None]] = []
        """Called when Redis may have forgotten something: for who keeps what it wrote in its own way."""
        self.write_script = Script(client, "write")
        self.create_script = Script(client, "create")
        self.erase_script = Script(client, "erase")
        self.erase_words_script = Script(client, "erase_words")
        self.open_track_script = Script(client, "open_track")

    async def write(self, meeting_id: str, write: Write, *, owner: "Epoch | None" = None) -> list[bytes]:
        """Returns the timeline IDs of the facts; [] when the guard says that it was written before.

        Raises FencedError, MeetingGoneError, ForgottenError.
        """
        return (await self._write(meeting_id, write, owner)).ids

    async def send(self, meeting_id: str, write: Write) -> bytes:
        """Like `write`; returns where the timeline ended before it, for who waits for a reply."""
        return (await self._write(meeting_id, write, None)).end_before

    async def _write(self, meeting_id: str, write: Write, owner: "Epoch | None") -> "Written":
        keys, role = MeetingKeys(meeting_id), owner.role if owner else ""
        called = self.write_script(write_keys(keys, role, write), write_args(meeting_id, write, owner))
        reply = cast("list[bytes]", await called)
        verdict = reply[0].decode()
        if verdict == "FENCED" and owner:
            raise FencedError(owner.role, owner.shard, owner.epoch)
        if verdict == "GONE":
            raise MeetingGoneError(meeting_id)
        if verdict == "BEHIND":
            raise ForgottenError(meeting_id)
        if verdict != "OK":
            return Written(b"", b"", [])
        written = Written(reply[1], reply[2], reply[3:])
        if probe := probe_of(keys, write, written):
            self.remember(probe, functools.partial(self._write, meeting_id, write, owner))
        return written

    def remember(self, probe: Probe, again: Callable[[], Awaitable[object]]) -> None:
        """A write that is to be done again if Redis forgets it."""
        self.recent.add(RecentWrite(loop_ms(), probe, again))

    async def restore(self) -> int:
        """Looks for the last seconds' writes, and does again what is not there. Returns how many that were.

        Raises what LOST names; then it is to be called again.
        """
        writes = self.recent.take()
        kept, done = list(writes), 0
        try:
            for write in writes:
                if not await self._has(write.probe):
                    kept.remove(write)
                    done += 1
                    await self._again(write)
        finally:
            self.recent.put_back(kept)
            self.recent.forget(loop_ms())
        return done

    async def _has(self, probe: Probe) -> bool:
        found = entries_of(await self.redis.xrange(probe.stream, probe.id, probe.id))
        if found:
            return found[0].fields.get(CODEC.BODY) == probe.body or ERASED in found[0].fields
        return bool(probe.settled) and await self.redis.zscore(probe.settled, probe.id) is not None

    async def _again(self, write: RecentWrite) -> None:
        try:
            await write.again()
        except (FencedError, MeetingGoneError, ForgottenError) as error:
            log.info("write.not_repeated", reason=type(error).__name__)
        except LOST:
            self.recent.add(write)
            raise

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
        if not await self.open_track_script(names, [track, meeting_id]):
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
        await close(self.redis)


class Epoch(msgspec.Struct, frozen=True):
    """The right to write for a shard, as long as nobody took a higher epoch."""

    role: str
    shard: int
    epoch: int


class Written(msgspec.Struct, frozen=True):
    """What became of a write."""

    end_before: bytes
    """Where the timeline ended."""
    command_id: bytes
    """The entry of the command that it sent, if any."""
    ids: list[bytes]
    """The entries of its facts."""


def probe_of(keys: MeetingKeys, write: Write, written: Written) -> Probe | None:
    """None for what only says how things are just now: it will be said again."""
    if write.facts:
        return Probe(keys.timeline, written.ids[-1], CODEC.encode(write.facts[-1])[1])
    if write.send:
        role, command = write.send
        shard = keys.shard
        return Probe(shard.commands(role), written.command_id, CODEC.encode(command)[1], shard.settled(role))
    return None


def loop_ms() -> int:
    return round(asyncio.get_running_loop().time() * 1000)


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
    commands = keys.shard.commands(write.send[0]) if write.send else keys.timeline
    shard = keys.shard
    return [shard.own(role), keys.state, keys.timeline, keys.live, audio, commands, shard.active, shard.due]


def write_args(meeting_id: str, write: Write, owner: Epoch | None) -> list[str | bytes | int]:
    guard = write.guard or Guard("", 0)
    expected = "" if guard.expected is None else guard.expected
    args: list[str | bytes | int] = [owner.epoch if owner else "", guard.field, guard.value, expected]
    args += [write.trim[1] if write.trim else "", len(write.state)]
    for field, value in write.state.items():
        args += [field, value]
    args += counted(write.facts)
    args += counted(write.captions)
    args += CODEC.encode(write.send[1]) if write.send else ("", "")
    return [*args, meeting_id if write.retire else ""]


def counted(events: Iterable[Event]) -> list[str | bytes | int]:
    encoded = [part for event in events for part in CODEC.encode(event)]
    return [len(encoded) // 2, *encoded]


def new_bus(url: str) -> Bus:
    """Not connected yet, and not checked."""
    connects = Connects()
    return Bus(connect(url, connects), connects)
