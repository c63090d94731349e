"""The deliveries of a tenant by time, over all its meetings; what became of each is kept with its meeting."""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from typing import Any, cast

import msgspec

from gateway.hooks.deliveries import Delivery, meeting_in
from shared.bus import Bus
from shared.streams import WEBHOOKS, MeetingKeys

KEPT = 10_000
KEPT_S = 30 * 24 * 3600
MOST_READ = 2000
"""Looked through for one page of those that are wanted."""
DELIVERY: msgspec.json.Decoder[Delivery] = msgspec.json.Decoder(Delivery)

Wanted = Callable[[Delivery], bool]


class History:
    """Of one tenant."""

    def __init__(self, bus: Bus, tenant: str) -> None:
        self._redis = bus.redis
        self._key = WEBHOOKS.format(digest=hashlib.sha256(tenant.encode()).hexdigest()[:16]) + "deliveries"

    async def add(self, deliveries: Iterable[Delivery]) -> None:
        """Again is as good as once."""
        times = {one.id: one.created_at for one in deliveries}
        if times:
            pipe = self._redis.pipeline(transaction=False)
            pipe.zadd(self._key, cast("Any", times))
            pipe.zremrangebyrank(self._key, 0, -KEPT - 1)
            pipe.expire(self._key, KEPT_S)
            await pipe.execute()

    async def forget(self, ids: Sequence[str]) -> None:
        """Those of meetings that are not kept any more."""
        if ids:
            await cast("Any", self._redis.zrem(self._key, *ids))

    async def page(self, cursor: str, limit: int, is_wanted: Wanted) -> tuple[list[Delivery], str | None]:
        """The newest, or those after the place where a page ended; and where this one ends, if there are more.

        Forgets what is gone. A page may be short where few of many are wanted.
        """
        at, page, gone = await self._rank_after(cursor), list[Delivery](), list[str]()
        most, total = at + MOST_READ, await cast("Any", self._redis.zcard(self._key))
        last = cursor
        while len(page) < limit and at < min(most, total):
            ids = [name.decode() for name in await cast("Any", self._redis.zrevrange(self._key, at, at + limit - 1))]
            kept = await self.those(ids)
            for one in ids[: len(ids) if len(page) < limit else 0]:
                at, last = at + 1, one
                found = kept.get(one)
                if found is None:
                    gone.append(one)
                elif is_wanted(found):
                    page.append(found)
                if len(page) == limit:
                    break
            if not ids:
                break
        await self.forget(gone)
        return page, last if at < total else None

    async def _rank_after(self, cursor: str) -> int:
        if not cursor:
            return 0
        rank: int | None = await cast("Any", self._redis.zrevrank(self._key, cursor))
        return 0 if rank is None else rank + 1

    async def those(self, ids: Sequence[str]) -> dict[str, Delivery]:
        """Without those that are gone."""
        pipe = self._redis.pipeline(transaction=False)
        for one in ids:
            pipe.hget(MeetingKeys(meeting_in(one)).deliveries, one)
        found = cast("list[bytes | None]", await pipe.execute()) if ids else []
        return {one: DELIVERY.decode(raw) for one, raw in zip(ids, found, strict=True) if raw}

    async def of_meeting(self, meeting_id: str) -> list[Delivery]:
        """Newest first."""
        found: dict[bytes, bytes] = await cast("Any", self._redis.hgetall(MeetingKeys(meeting_id).deliveries))
        return sorted((DELIVERY.decode(raw) for raw in found.values()), key=order_of, reverse=True)


def order_of(delivery: Delivery) -> tuple[int, str]:
    return delivery.created_at, delivery.id
