"""One fenced write of what a clerk keeps of its meeting: the index, deliveries, and how far it is."""

from collections.abc import Iterable, Mapping

import msgspec

from gateway.hooks.deliveries import Delivery
from gateway.search.index import Changes
from shared.bus import Bus, Epoch
from shared.clock import Clock
from shared.connections import LOST
from shared.errors import FencedError, ForgottenError, MeetingGoneError
from shared.scripting import SCRIPTS
from shared.streams import MeetingKeys
from shared.waiting import rest

Arguments = list[str | bytes | int]


ANYWHERE = "-"


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """What is written, all of it or nothing."""

    after: str = ANYWHERE
    """Up to where the index is made, as the writer knows it."""
    state: Mapping[str, str] = {}
    changes: Changes = msgspec.field(default_factory=Changes)
    deliveries: tuple[Delivery, ...] = ()
    """In place of what was known of them."""
    fresh: tuple[Delivery, ...] = ()
    """Unless they are there already."""


class Keeper:
    """Writes for one meeting; without an epoch also for who does not own it."""

    def __init__(self, bus: Bus, meeting_id: str, epoch: Epoch | None = None) -> None:
        self._meeting_id, self._epoch = meeting_id, epoch
        self._script = bus.redis.register_script((SCRIPTS / "clerk.lua").read_text())

    async def write(self, kept: Kept) -> set[str]:
        """Returns the ids of the deliveries that are new. Raises FencedError, MeetingGoneError, ForgottenError."""
        epoch, keys = self._epoch, MeetingKeys(self._meeting_id)
        own = keys.shard.own(epoch.role if epoch else "")
        reply = await self._script(
            keys=[own, keys.state, keys.words, keys.said, keys.deliveries],
            args=[epoch.epoch if epoch else "", *arguments_of(kept)],
        )
        verdict = reply[0]
        if verdict == b"FENCED" and epoch:
            raise FencedError(epoch.role, epoch.shard, epoch.epoch)
        if verdict == b"GONE":
            raise MeetingGoneError(self._meeting_id)
        if verdict == b"BEHIND":
            raise ForgottenError(self._meeting_id)
        return {name.decode() for name in reply[1:]}

    async def write_surely(self, kept: Kept, clock: Clock) -> set[str]:
        """Waits while Redis is away."""
        while True:
            try:
                return await self.write(kept)
            except LOST:
                await rest(clock, 0.2)


def arguments_of(kept: Kept) -> Arguments:
    said: dict[str, bytes] = {name: msgspec.msgpack.encode(about) for name, about in kept.changes.said.items()}
    return [
        kept.after,
        *paired(kept.state.items()),
        len(kept.changes.removed),
        *kept.changes.removed,
        len(kept.changes.added),
        *kept.changes.added,
        *paired(said.items()),
        *paired((one.id, msgspec.json.encode(one)) for one in kept.deliveries),
        *paired((one.id, msgspec.json.encode(one)) for one in kept.fresh),
    ]


def paired(pairs: Iterable[tuple[str, str | bytes]]) -> Arguments:
    listed = list(pairs)
    return [len(listed), *(part for pair in listed for part in pair)]
