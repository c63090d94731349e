"""Who works for which shard: leases that expire, epochs that outrank every earlier owner, and agreed hand-overs.

    free ──acquire──► held ──offer──► offered ──the heir accepts──► finishing ──transfer──► the heir's
      ▲                │ ▲                │ nobody accepts in time                            under a higher epoch
      │                │ └─renew every RENEW_EVERY_MS, also while it is being handed over
      └──expires───────┘  (killed, stopped, stuck)         finishing ──release──► free

What to take and whom to hand what is decided by `placement.py`; Redis is asked by `leases.py`.
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
from shared.heartbeat import Heartbeat
from shared.leases import Leases
from shared.offers import Offer, Offers
from shared.placement import limit_of, to_hand_over, to_take
from shared.streams import SHARDS
from shared.waiting import is_wanted

RENEW_EVERY_MS = 450
"""Or with the next look after that."""
SEEK_EVERY_MS, CALM_MS = 200, 700
"""Between two looks, while something may be free, and else."""
ACCEPTED_WITHIN_MS = 1_500
"""An heir that has not accepted by then is not waited for."""
ASK_EVERY_MS = 30
"""While something is being handed over."""
SEEK_ANYWAY_MS = 3_000
"""Between two looks for free shards, although somebody seems to have each."""
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
    word: Callable[[], Heartbeat | None] = lambda: None
    """What this worker says of itself when it renews; None where it says so by itself."""


class Ownership:
    """Keeps this worker's shards."""

    def __init__(self, bus: Bus, role: str, worker: str, *, clock: Clock, hooks: Hooks) -> None:
        self._role, self._worker, self._clock, self._hooks = role, worker, clock, hooks
        self._leases = Leases(bus.redis, role, worker)
        self._offers = Offers(bus.redis, role)
        self._count = metrics.leases_held.labels(role)
        self._chance = random.Random()  # noqa: S311  # spreads tries, guards nothing
        self._moving: asyncio.Task[None] | None = None
        self._moved_at = self._renewed_at = self._sought_at = 0
        self._expects = False
        """Something was offered to us."""
        self._is_calm = False
        """Every shard has an owner, as far as anybody says."""
        self.is_leaving = False
        self.held: dict[int, Epoch] = {}

    async def run(self) -> None:
        """Takes, renews and hands over until cancelled. Runs in the loop that does the work: a stuck loop loses all."""
        try:
            while is_wanted():
                self._hooks.turned()
                try:
                    await self.look()
                except LOST as error:
                    self._is_calm = False
                    log.warning("ownership.interrupted", role=self._role, error=type(error).__name__)
                self._count.set(len(self.held))
                await self._clock.sleep(self._pause_ms * self._chance.uniform(0.85, 1.15) / 1000)
        finally:
            if self._moving:
                self._moving.cancel()

    async def look(self) -> None:
        """Renews, says how we are and hears how others are; then takes and hands over what should be elsewhere."""
        now = self._clock.now_ms()
        is_due = now - self._renewed_at >= RENEW_EVERY_MS
        held, word = (dict(self.held), self._hooks.word()) if is_due else ({}, None)
        heard = await self._leases.look(held, word, now)
        self._renewed_at = now if is_due else self._renewed_at
        for epoch in heard.lost:
            await self._lose(epoch)
        if heard.beats is None:
            self._is_calm = False
            log.warning("ownership.unheard", role=self._role)
            return
        await self._inherit(heard.offers)
        if not self.is_leaving:
            await self._balance(self._fresh(heard.beats))

    async def _lose(self, epoch: Epoch) -> None:
        """Another worker took it meanwhile."""
        if self.held.get(epoch.shard) == epoch:
            del self.held[epoch.shard]
            log.warning("shard.lost", role=self._role, shard=epoch.shard)
            await self._hooks.lost(epoch)

    async def _balance(self, others: Mapping[str, Heartbeat]) -> None:
        """Takes free shards, and hands over what others should have."""
        limit = limit_of(len(others) + 1)
        self._is_calm = len(self.held) + sum(last.shards for last in others.values()) >= SHARDS
        if len(self.held) < min(limit, SHARDS) and (not self._is_calm or self._is_time_to_seek()):
            await self._seek(limit)
        is_settled = self._clock.now_ms() - self._moved_at >= SETTLE_MS
        if is_settled and (self._moving is None or self._moving.done()):
            heirs = to_hand_over(self._loads(), able(others))
            if heirs:
                self._moving = asyncio.create_task(self._move(heirs), name="hand-over")

    def _is_time_to_seek(self) -> bool:
        """What the others say they have should not be free. Now and then we see for ourselves."""
        is_time = self._clock.now_ms() - self._sought_at >= SEEK_ANYWAY_MS
        self._sought_at = self._clock.now_ms() if is_time else self._sought_at
        return is_time

    async def _seek(self, limit: int) -> None:
        free = await self._leases.free([shard for shard in range(SHARDS) if shard not in self.held])
        for epoch in await self._leases.acquire(to_take(self.held, free, limit, self._chance)):
            await self._gain(epoch)

    async def drain(self) -> None:
        """Everything goes to other workers; what nobody takes is free for whoever comes."""
        self.is_leaving = True
        if self._moving and not self._moving.done():
            await asyncio.wait({self._moving})
        others = self._fresh((await self._leases.look({}, None, self._clock.now_ms())).beats or {})
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
        await self._leases.transfer(swapped, heirs)
        freed = [epoch for epoch in ours if epoch.shard not in accepted]
        await self._leases.release(freed)
        await self._offers.withdraw(epoch.shard for epoch in freed)
        log.info("shards.handed_over", role=self._role, to_heirs=len(swapped), freed=len(freed))

    async def give_back_all(self) -> None:
        """At once, without an heir."""
        held = list(self.held.values())
        self.held.clear()
        await asyncio.gather(*(self._hooks.lost(epoch) for epoch in held))
        await self._leases.release(held)

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

    def _fresh(self, beats: Mapping[str, Heartbeat]) -> dict[str, Heartbeat]:
        """The live workers of the role besides this one."""
        now = self._clock.now_ms()
        return {
            name: last
            for name, last in beats.items()
            if name != self._worker and now - last.at < FRESH_MS and not last.is_leaving
        }

    @property
    def _pause_ms(self) -> int:
        """Until the next look: soon where something is to be had, else with the leases' renewal."""
        return ASK_EVERY_MS if self._expects else CALM_MS if self._is_calm else SEEK_EVERY_MS

    # -- as heir -----------------------------------------------------------------------------------------------------

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
        self._expects = bool(mine)
        if not mine:
            return
        fresh = {shard: offer for shard, offer in mine.items() if not offer.is_accepted}
        await self._offers.put(
            {shard: msgspec.structs.replace(offer, is_accepted=True) for shard, offer in fresh.items()}
        )
        swapped = await self._leases.ours(list(mine))
        for epoch in swapped:
            await self._gain(epoch)
        await self._offers.withdraw(epoch.shard for epoch in swapped)
        self._expects = len(mine) > len(swapped)


def able(others: Mapping[str, Heartbeat], *, also_full: bool = False) -> dict[str, Heartbeat]:
    """Who can be handed something: who is ready. Who is full gets only what would else have nobody."""
    return {name: last for name, last in others.items() if last.ready and (also_full or not last.is_full)}


def is_taken(offer: Offer | None, heir: str) -> bool:
    return offer is not None and offer.heir == heir and offer.is_accepted
