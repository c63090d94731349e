"""A role's leases as Redis has them: many shards are asked about, or changed, in one round trip per server.

An epoch is a fencing token: who holds a shard next has a higher one, and what is written under a lower one is refused.
"""

import functools
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec
from redis.asyncio import Redis

from shared.bus import Epoch
from shared.connections import LOST
from shared.heartbeat import Heartbeat, beats_in
from shared.offers import Offer, offers_in
from shared.scripting import SCRIPTS
from shared.servers import ScriptCall, Servers
from shared.streams import OFFERS, WORKERS, ShardKeys

LEASE_MS = 2500
HELD = -1
"""Of a shard that is not free."""

Calls = dict[tuple[int, ...], ScriptCall]
"""By the shards that each is for."""


class Heard(NamedTuple):
    """What a look tells."""

    lost: list[Epoch]
    """Somebody else has these shards by now."""
    offers: dict[int, Offer]
    beats: dict[str, Heartbeat] | None
    """Of every worker of the role, this one too; None where their server is away, and others are not."""


class Leases:
    """Those of a role, for one worker."""

    def __init__(self, client: Redis, role: str, worker: str) -> None:
        self._role, self._worker = role, worker
        self._heard = (OFFERS + role, WORKERS + role)
        self._renewed: dict[int, Epoch] = {}
        self._renewing: Calls = {}
        self._servers = Servers(client, keeps_line=True)
        self._scripts = {
            name: client.register_script((SCRIPTS / f"{name}.lua").read_text())
            for name in ("acquire", "renew", "release", "transfer", "seek", "hear")
        }

    async def look(self, held: Mapping[int, Epoch], word: Heartbeat | None, now_ms: int) -> Heard:
        """Renews what is held, says how we are, hears how others are: in one round trip where there is one server."""
        renewing = self._renewals(held)
        told = msgspec.json.encode(word) if word else b""
        hearing = ScriptCall(self._scripts["hear"], self._heard, (self._worker, told))
        *renewed, heard = await self._servers.call([*renewing.values(), hearing])
        lost = [held[shard] for shard, is_ours in by_shard(renewing, renewed) if not is_ours]
        if isinstance(heard, LOST):
            return Heard(lost, {}, None)
        offers, beats = map(hash_in, heard)
        return Heard(lost, offers_in(offers, now_ms), beats_in(beats))

    def _renewals(self, held: Mapping[int, Epoch]) -> Calls:
        """Mostly the same as the last time, packed and all."""
        if held != self._renewed:
            self._renewed = dict(held)
            epochs = {shard: [epoch.epoch] for shard, epoch in held.items()}
            self._renewing = self._calls("renew", list(held), [self._worker, LEASE_MS], epochs.__getitem__)
        return self._renewing

    async def acquire(self, shards: Sequence[int]) -> list[Epoch]:
        """Those of them that were free: they are ours now."""
        taken = await self._each("acquire", shards, [self._worker, LEASE_MS])
        return [Epoch(self._role, shard, int(number)) for shard, number in taken if int(number)]

    async def transfer(self, epochs: Collection[Epoch], heirs: Mapping[int, str]) -> None:
        """To the heirs, each under a higher epoch."""
        own = {epoch.shard: [epoch.epoch, heirs[epoch.shard]] for epoch in epochs}
        await self._each("transfer", list(own), [LEASE_MS], own.__getitem__)

    async def release(self, epochs: Collection[Epoch]) -> None:
        own = {epoch.shard: [epoch.epoch] for epoch in epochs}
        await self._each("release", list(own), [], own.__getitem__)

    async def free(self, shards: Sequence[int]) -> dict[int, int]:
        """Those without an owner, with the number of their meetings."""
        return {shard: meetings for shard, meetings in await self._each("seek", shards, []) if meetings != HELD}

    async def ours(self, shards: Sequence[int]) -> list[Epoch]:
        """Those that are in our name."""
        owners = await self._servers.ask(
            shards, lambda pipe, shard: pipe.hmget(ShardKeys(shard).own(self._role), "owner", "epoch")
        )
        return [
            Epoch(self._role, shard, int(epoch or 0))
            for shard, (owner, epoch) in owners.items()
            if owner and owner.decode() == self._worker
        ]

    async def _each(
        self, name: str, shards: Sequence[int], common: list[Any], own: Callable[[int], list[Any]] = lambda _: []
    ) -> list[tuple[int, Any]]:
        calls = self._calls(name, shards, common, own)
        return list(by_shard(calls, await self._servers.call(list(calls.values()))))

    def _calls(self, name: str, shards: Sequence[int], common: list[Any], own: Callable[[int], list[Any]]) -> Calls:
        """Arguments are those for all shards, then each one's own."""
        calls: Calls = {}
        for bunch in self._servers.together(shards):
            keys = [key for shard in bunch for key in keys_of(name, self._role, shard)]
            args = [*common, *(arg for shard in bunch for arg in own(shard))]
            calls[tuple(bunch)] = ScriptCall(self._scripts[name], keys, args)
        return calls


@functools.cache
def keys_of(name: str, role: str, shard: int) -> tuple[str, str]:
    """What the script looks at."""
    keys = ShardKeys(shard)
    return (keys.lease(role), keys.active) if name == "seek" else (keys.own(role), keys.lease(role))


def by_shard(calls: Calls, replies: Sequence[Any]) -> Iterator[tuple[int, Any]]:
    """The answer about each; none about those whose server is away."""
    for bunch, reply in zip(calls, replies, strict=True):
        if not isinstance(reply, LOST):
            yield from zip(bunch, reply, strict=True)


def hash_in(flat: Sequence[bytes]) -> dict[bytes, bytes]:
    """As scripts return it."""
    return dict(zip(flat[::2], flat[1::2], strict=True))
