"""Who is to have a shard next: named by its owner, accepted by the heir. A hint; what counts is the epoch."""

from collections.abc import Iterable, Mapping
from typing import Any, cast

import msgspec
from redis.asyncio import Redis

from shared.streams import OFFERS

GOOD_FOR_MS = 15_000


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """One shard, from its owner to its heir."""

    heir: str
    by: str
    at: int
    """Unix ms."""
    is_accepted: bool = False


class Offers:
    """Those of one role."""

    def __init__(self, redis: Redis, role: str) -> None:
        self._redis, self._key = redis, OFFERS + role

    async def all(self, now_ms: int) -> dict[int, Offer]:
        """By shard; old ones are nobody's."""
        return offers_in(await cast("Any", self._redis.hgetall(self._key)), now_ms)

    async def put(self, offers: Mapping[int, Offer]) -> None:
        if offers:
            encoded = {str(shard): msgspec.json.encode(offer) for shard, offer in offers.items()}
            await cast("Any", self._redis.hset(self._key, mapping=cast("Any", encoded)))

    async def withdraw(self, shards: Iterable[int]) -> None:
        if names := [str(shard) for shard in shards]:
            await cast("Any", self._redis.hdel(self._key, *names))


def offers_in(found: Mapping[bytes, bytes], now_ms: int) -> dict[int, Offer]:
    """What Redis keeps of a role's offers, by shard."""
    offers = {int(shard): msgspec.json.decode(value, type=Offer) for shard, value in found.items()}
    return {shard: offer for shard, offer in offers.items() if now_ms - offer.at <= GOOD_FOR_MS}
