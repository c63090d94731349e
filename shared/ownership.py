"""Who works for which shard: leases that expire, epochs that outrank every earlier owner, and agreed hand-overs.

    free ──acquire──► held ──offer──► offered ──the heir accepts──► finishing ──transfer──► the heir's
      ▲                │ ▲                │ nobody accepts in time                            under a higher epoch
      │                │ └─renew every RENEW_EVERY_MS, also while it is being handed over
      └──expires───────┘  (killed, stopped, stuck)         finishing ──release──► free

What to take and whom to hand what is decided by `placement.py`; here Redis is asked, in one round trip per step.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

import msgspec
import structlog

from shared import metrics
from shared.bus import Bus, Epoch
from shared.clock import Clock
from shared.connections import LOST
from shared.heartbeat import Heartbeat, beats_in
from shared.offers import Offer, Offers, offers_in
from shared.placement import Peer, limit_of, to_hand_over, to_take
from shared.scripting import SCRIPTS
from shared.servers import Servers
from shared.streams import OFFERS, SHARDS, WORKERS, ShardKeys
from shared.waiting import is_wanted

LEASE_MS = 2500
RENEW_EVERY_MS = 450
"""Or with the next look after that."""
SEEK_EVERY_MS, CALM_MS = 300, 600
"""Between two looks, while something may be free, and else."""
ACCEPTED_WITHIN_MS = 1_500
"""An heir that has not accepted by then is not waited for."""
ASK_EVERY_MS = 30
"""While something is being handed over."""
LOOK_EVERY_MS = 3_000
"""For free shards, although somebody seems to have each."""
SETTLE_MS = 3_000
"""Between two hand-overs for balance: what they changed must be seen first."""
FRESH_MS = 1_500
"""Who has said nothing for so long may be dead: nothing is handed to it, and others may have its share."""

log = structlog.get_logger()

Hook = Callable[[Epoch], Awaitable[None]]


@dataclass(frozen=True)
class Hooks:
    """What the owner of the meetings does."""

    gained: Hook
    """Begin to work for a shard."""
    finish: Hook
    """Bring what is in hand to an end; the shard is still ours."""
    lost: Hook
    """Stop all work for a shard, now."""
    load: Callable[[int], int]
    """Meetings in a shard."""
    turned: Callable[[], None] = lambda: None
    """The loop goes on."""


class Ownership:
    """Keeps this worker's shards."""

    def __init__(self, bus: Bus, role: str, worker: str, *, clock: Clock, hooks: Hooks) -> None:
        self._bus, self._role, self._worker, self._clock, self._hooks = bus, role, worker, clock, hooks
        self._scripts = {
            name: bus.redis.register_script((SCRIPTS / f"{name}.lua").read_text())
            for name in ("acquire", "renew", "release", "transfer")
        }
        self._servers = Servers(bus.redis)
        self._offers = Offers(bus.redis, role)
        self._chance = random.Random()  # noqa: S311  # spreads tries, guards nothing
        self._moving: asyncio.Task[None] | None = None
        self._moved_at = self._looked_at = 0
        self._expects = False
        """Something was offered to us."""
        self._is_calm = False
        """Every shard has an owner, as far as anybody says."""
        self.is_leaving = False
        self.held: dict[int, Epoch] = {}

    async def run(self) -> None:
        """Takes, renews and hands over until cancelled. Runs in the loop that does the work: a stuck loop loses all."""
        renewed_at = 0
        try:
            while is_wanted():
                self._hooks.turned()
                try:
                    if self._clock.now_ms() - renewed_at >= RENEW_EVERY_MS:
                        renewed_at = self._clock.now_ms()
                        await self.renew()
                    await self.balance()
                except LOST as error:
                    log.warning("ownership.interrupted", role=self._role, error=type(error).__name__)
                metrics.leases_held.labels(self._role).set(len(self.held))
                await self._clock.sleep(self._pause_ms * self._chance.uniform(0.8, 1.2) / 1000)
        finally:
            if self._moving:
                self._moving.cancel()

    async def renew(self) -> None:
        """All leases in one round trip; what another worker took meanwhile is lost."""
        held = list(self.held.values())
        still = await self._each("renew", held, lambda epoch: [self._worker, epoch.epoch, LEASE_MS])
        for epoch in held:
            if int(still.get(epoch.shard, 1)) == 0 and self.held.get(epoch.shard) == epoch:
                del self.held[epoch.shard]
                log.warning("shard.lost", role=self._role, shard=epoch.shard)
                await self._hooks.lost(epoch)

    async def balance(self) -> None:
        """Takes free shards and what was handed to us, and hands over what others should have."""
        offers, others = await self._hear()
        await self._inherit(offers)
        if self.is_leaving:
            return
        limit = limit_of(len(others) + 1)
        self._is_calm = not self._may_be_free(others)
        if len(self.held) < min(limit, SHARDS) and not self._is_calm:
            await self._acquire(to_take(self.held, await self._free(), limit, self._chance))
        is_settled = self._clock.now_ms() - self._moved_at >= SETTLE_MS
        if is_settled and (self._moving is None or self._moving.done()):
            heirs = to_hand_over(self._loads(), able(others))
            if heirs:
                self._moving = asyncio.create_task(self._move(heirs), name="hand-over")

    def _may_be_free(self, others: Mapping[str, Heartbeat]) -> bool:
        """What the others say they have is not free; one that has fallen silent says nothing. Now and then it looks."""
        if len(self.held) + sum(last.shards for last in others.values()) < SHARDS:
            return True
        is_time = self._clock.now_ms() - self._looked_at >= LOOK_EVERY_MS
        self._looked_at = self._clock.now_ms() if is_time else self._looked_at
        return is_time

    async def drain(self) -> None:
        """Everything goes to other workers; what nobody takes is free for whoever comes."""
        self.is_leaving = True
        if self._moving and not self._moving.done():
            await asyncio.wait({self._moving})
        others = await self._others()
        heirs = to_hand_over(self._loads(), able(others) or able(others, also_full=True), is_leaving=True)
        await self.hand_over(heirs)

    async def hand_over(self, heirs: Mapping[int, str]) -> None:
        """Names the heirs, waits until they are there, finishes, and swaps the epochs."""
        now = self._clock.now_ms()
        await self._offers.put({shard: Offer(heir=heir, by=self._worker, at=now) for shard, heir in heirs.items()})
        accepted = await self._accepted(heirs)
        wanted = self.held if self.is_leaving else heirs
        going = [epoch for shard, epoch in self.held.items() if shard in wanted]
        await asyncio.gather(*(self._hooks.finish(epoch) for epoch in going))
        await asyncio.gather(*(self._hooks.lost(epoch) for epoch in going))
        ours = [epoch for epoch in going if self.held.pop(epoch.shard, None) == epoch]
        swapped = [epoch for epoch in ours if epoch.shard in accepted]
        await self._each("transfer", swapped, lambda epoch: [epoch.epoch, heirs[epoch.shard], LEASE_MS])
        freed = [epoch for epoch in ours if epoch.shard not in accepted]
        await self._each("release", freed, lambda epoch: [self._worker, epoch.epoch])
        await self._offers.withdraw(epoch.shard for epoch in freed)
        log.info("shards.handed_over", role=self._role, to_heirs=len(swapped), freed=len(freed))

    async def give_back_all(self) -> None:
        """At once, without an heir."""
        held = list(self.held.values())
        self.held.clear()
        await asyncio.gather(*(self._hooks.lost(epoch) for epoch in held))
        await self._each("release", held, lambda epoch: [self._worker, epoch.epoch])

    # -- as owner --------------------------------------------------------------------------------------------------

    def _loads(self) -> dict[int, int]:
        return {shard: self._hooks.load(shard) for shard in self.held}

    async def _move(self, heirs: Mapping[int, str]) -> None:
        try:
            await self.hand_over(heirs)
        except LOST as error:
            log.warning("hand_over.interrupted", role=self._role, error=type(error).__name__)
        finally:
            self._moved_at = self._clock.now_ms()

    async def _accepted(self, heirs: Mapping[int, str]) -> set[int]:
        """Returns when all of them have accepted, or the time is over."""
        deadline = self._clock.now_ms() + ACCEPTED_WITHIN_MS
        accepted: set[int] = set()
        while len(accepted) < len(heirs) and self._clock.now_ms() < deadline:
            await self._clock.sleep(ASK_EVERY_MS / 1000)
            offers = await self._offers.all(self._clock.now_ms())
            accepted = {shard for shard, heir in heirs.items() if is_taken(offers.get(shard), heir)}
        return accepted

    async def _others(self) -> dict[str, Heartbeat]:
        return (await self._hear())[1]

    async def _hear(self) -> tuple[dict[int, Offer], dict[str, Heartbeat]]:
        """What is offered, and the live workers of the role besides this one, in one round trip."""
        pipe = self._bus.redis.pipeline(transaction=False)
        pipe.hgetall(OFFERS + self._role)
        pipe.hgetall(WORKERS + self._role)
        offers, beats = await pipe.execute()
        now = self._clock.now_ms()
        others = {
            name: last
            for name, last in beats_in(beats).items()
            if name != self._worker and now - last.at < FRESH_MS and not last.is_leaving
        }
        return offers_in(offers, now), others

    @property
    def _pause_ms(self) -> int:
        """Until the next look: soon where something is to be had, else with the leases' renewal."""
        return ASK_EVERY_MS if self._expects else CALM_MS if self._is_calm else SEEK_EVERY_MS

    # -- as heir -----------------------------------------------------------------------------------------------------

    async def _acquire(self, wanted: list[int]) -> None:
        tries = [Epoch(self._role, shard, 0) for shard in wanted]
        taken = await self._each("acquire", tries, lambda _: [self._worker, LEASE_MS])
        for shard, number in taken.items():
            if int(number):
                await self._gain(Epoch(self._role, shard, int(number)))

    async def _gain(self, epoch: Epoch) -> None:
        self.held[epoch.shard] = epoch
        await self._hooks.gained(epoch)

    async def _inherit(self, offers: Mapping[int, Offer]) -> None:
        """Accepts what is offered to us, and takes what was swapped."""
        mine = {
            shard: offer
            for shard, offer in offers.items()
            if offer.heir == self._worker and shard not in self.held and not self.is_leaving
        }
        fresh = {shard: offer for shard, offer in mine.items() if not offer.is_accepted}
        await self._offers.put(
            {shard: msgspec.structs.replace(offer, is_accepted=True) for shard, offer in fresh.items()}
        )
        swapped = await self._swapped(list(mine))
        for epoch in swapped:
            await self._gain(epoch)
        await self._offers.withdraw(epoch.shard for epoch in swapped)
        self._expects = len(mine) > len(swapped)

    async def _swapped(self, shards: list[int]) -> list[Epoch]:
        """Those of the shards that are in our name."""
        owners = await self._servers.ask(
            shards, lambda pipe, shard: pipe.hmget(ShardKeys(shard).own(self._role), "owner", "epoch")
        )
        return [
            Epoch(self._role, shard, int(epoch or 0))
            for shard, (owner, epoch) in owners.items()
            if owner and owner.decode() == self._worker
        ]

    async def _free(self) -> dict[int, int]:
        """Shards without an owner, with the number of their meetings."""
        others = [shard for shard in range(SHARDS) if shard not in self.held]
        leases = await self._servers.ask(others, lambda pipe, shard: pipe.exists(ShardKeys(shard).lease(self._role)))
        free = [shard for shard, taken in leases.items() if not taken]
        return await self._servers.ask(free, lambda pipe, shard: pipe.scard(ShardKeys(shard).active))

    # -- scripts -----------------------------------------------------------------------------------------------------

    async def _each(
        self, name: str, epochs: list[Epoch], args: Callable[[Epoch], list[str | int]]
    ) -> dict[int, str | bytes | int]:
        """What the script said about each shard; nothing about those whose server is away."""
        calls = {}
        for epoch in epochs:
            keys = ShardKeys(epoch.shard)
            calls[epoch.shard] = ([keys.own(self._role), keys.lease(self._role)], args(epoch))
        return await self._servers.run(self._scripts[name], calls)


def able(others: Mapping[str, Heartbeat], *, also_full: bool = False) -> dict[str, Peer]:
    """Who can be handed something: who is ready. Who is full gets only what would else have nobody."""
    fit = {name: last for name, last in others.items() if last.ready and (also_full or not last.is_full)}
    return {name: Peer(last.shards, last.load) for name, last in fit.items()}


def is_taken(offer: Offer | None, heir: str) -> bool:
    return offer is not None and offer.heir == heir and offer.is_accepted
