"""Who works for which shard: leases that expire, and epochs that outrank every earlier owner.

The pure part decides what to take and what to give back; the rest asks Redis, in one round trip per step.
"""

import asyncio
import math
import random
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, cast

import redis.exceptions
import structlog

from shared import metrics
from shared.bus import LOST, SCRIPTS, Bus, Epoch
from shared.clock import Clock
from shared.heartbeat import heartbeats
from shared.streams import SHARDS, ShardKeys
from shared.waiting import is_wanted

LEASE_MS = 2500
RENEW_EVERY_MS = 600
SEEK_EVERY_MS = 300

log = structlog.get_logger()


# -- the pure part -----------------------------------------------------------------------------------------------


def limit_of(workers: int, shards: int = SHARDS) -> int:
    """How many shards one of so many workers may own."""
    return math.ceil(shards / max(workers, 1)) + 1


def to_take(held: Iterable[int], free: Iterable[int], limit: int, chance: random.Random) -> list[int]:
    """Free shards to try, in random order so that two workers seldom want the same."""
    wanted = sorted(set(free) - set(held))
    chance.shuffle(wanted)
    return wanted[: max(limit - len(set(held)), 0)]


def to_give_back(loads: dict[int, int], limit: int) -> list[int]:
    """Shards above the limit, the idle ones first: no more moves than must."""
    by_load = sorted(loads, key=lambda shard: (loads[shard], shard))
    return by_load[: max(len(loads) - limit, 0)]


# -- the part that asks Redis ------------------------------------------------------------------------------------

Gained = Callable[[Epoch], Awaitable[None]]
Lost = Callable[[Epoch], Awaitable[None]]


class Ownership:
    """Keeps this worker's shards. `gained` and `lost` are awaited one shard at a time."""

    def __init__(
        self, bus: Bus, role: str, worker: str, *, clock: Clock, gained: Gained, lost: Lost, load: Callable[[int], int]
    ) -> None:
        self._bus, self._role, self._worker, self._clock = bus, role, worker, clock
        self._gained, self._lost, self._load = gained, lost, load
        self._acquire = bus.redis.register_script((SCRIPTS / "acquire.lua").read_text())
        self._renew = bus.redis.register_script((SCRIPTS / "renew.lua").read_text())
        self._release = bus.redis.register_script((SCRIPTS / "release.lua").read_text())
        self._chance = random.Random()  # noqa: S311  # spreads tries, guards nothing
        self.held: dict[int, Epoch] = {}

    async def run(self) -> None:
        """Takes, renews and gives back until cancelled. Runs in the loop that does the work: a stuck loop loses all."""
        renewed_at = 0
        while is_wanted():
            try:
                if self._clock.now_ms() - renewed_at >= RENEW_EVERY_MS:
                    renewed_at = self._clock.now_ms()
                    await self.renew()
                await self.balance()
            except LOST as error:
                log.warning("ownership.interrupted", role=self._role, error=type(error).__name__)
            metrics.leases_held.labels(self._role).set(len(self.held))
            await self._clock.sleep(SEEK_EVERY_MS / 1000 * self._chance.uniform(0.8, 1.2))

    async def renew(self) -> None:
        """All leases in one round trip; what another worker took meanwhile is lost."""
        held = list(self.held.values())
        still = await self._each(self._renew, held, lambda epoch: [self._worker, epoch.epoch, LEASE_MS])
        for epoch, kept in zip(held, still, strict=True):
            if not int(kept):
                await self.drop(epoch)

    async def balance(self) -> None:
        """Takes free shards below the limit, gives back what is above it."""
        workers = len(await heartbeats(self._bus.redis, self._role, self._clock.now_ms()))
        limit = limit_of(workers)
        for shard in to_give_back({shard: self._load(shard) for shard in self.held}, limit):
            await self.give_back(self.held[shard])
        if len(self.held) < min(limit, SHARDS):
            wanted = to_take(self.held, await self._free(), limit, self._chance)
            tries = [Epoch(self._role, shard, 0) for shard in wanted]
            taken = await self._each(self._acquire, tries, lambda _: [self._worker, LEASE_MS])
            for shard, number in zip(wanted, taken, strict=True):
                if int(number):
                    self.held[shard] = Epoch(self._role, shard, int(number))
                    await self._gained(self.held[shard])

    async def drop(self, epoch: Epoch) -> None:
        """The shard is somebody else's by now: stop working for it."""
        if self.held.get(epoch.shard) == epoch:
            del self.held[epoch.shard]
            log.warning("shard.lost", role=self._role, shard=epoch.shard)
            await self._lost(epoch)

    async def give_back(self, epoch: Epoch) -> None:
        """Stop working for the shard, then let another take it."""
        self.held.pop(epoch.shard, None)
        await self._lost(epoch)
        await self._each(self._release, [epoch], lambda held: [self._worker, held.epoch])

    async def give_back_all(self) -> None:
        """Drain: all work stops, then every lease goes in one round trip."""
        held = list(self.held.values())
        self.held.clear()
        await asyncio.gather(*(self._lost(epoch) for epoch in held))
        await self._each(self._release, held, lambda epoch: [self._worker, epoch.epoch])

    async def _free(self) -> list[int]:
        others = [shard for shard in range(SHARDS) if shard not in self.held]
        pipe = self._bus.redis.pipeline(transaction=False)
        for shard in others:
            pipe.exists(ShardKeys(shard).lease(self._role))
        return [shard for shard, taken in zip(others, await pipe.execute(), strict=True) if not taken]

    async def _each(
        self, script: Any, epochs: list[Epoch], args: Callable[[Epoch], list[str | int]]
    ) -> list[str | bytes | int]:
        """The script once per shard, all in one round trip."""
        if not epochs:
            return []
        try:
            return await self._pipelined(script, epochs, args)
        except redis.exceptions.NoScriptError:
            for one in (self._acquire, self._renew, self._release):
                await self._bus.redis.script_load(cast("str", one.script))
            return await self._pipelined(script, epochs, args)

    async def _pipelined(
        self, script: Any, epochs: list[Epoch], args: Callable[[Epoch], list[str | int]]
    ) -> list[str | bytes | int]:
        pipe = self._bus.redis.pipeline(transaction=False)
        for epoch in epochs:
            keys = ShardKeys(epoch.shard)
            pipe.evalsha(script.sha, 2, keys.own(self._role), keys.lease(self._role), *args(epoch))
        return cast("list[str | bytes | int]", await pipe.execute())
