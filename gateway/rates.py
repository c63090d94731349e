"""How much a tenant may call for in a minute, counted in Redis for all gateways together."""

import math
import time
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, cast

import msgspec
from aiohttp import web
from limits import RateLimitItem, RateLimitItemPerMinute
from limits.aio.storage import RedisStorage
from limits.aio.strategies import MovingWindowRateLimiter
from redis.asyncio import Redis

from gateway.callers import NO_KEY, Caller
from gateway.config import GatewaySettings
from gateway.metrics import calls_limited
from gateway.problems import ProblemError
from shared.streams import RATES, TENANT_TAG

WINDOW_S = 60


class Pace(StrEnum):
    """Kinds of calls that are counted apart."""

    READS = "reads"
    WRITES = "writes"
    ASKS = "asks"


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """How a tenant stands with its calls of one kind."""

    pace: Pace
    limit: int
    left: int
    more_in_s: float
    """Until the oldest call counted no longer counts."""

    @property
    def headers(self) -> Mapping[str, str]:
        """As in the IETF's draft of RateLimit header fields."""
        return {
            "RateLimit-Policy": f'"{self.pace}";q={self.limit};w={WINDOW_S}',
            "RateLimit": f'"{self.pace}";r={self.left};t={math.ceil(self.more_in_s)}',
        }


STANDING = web.RequestKey("standing", Standing)


class BusStorage(RedisStorage):
    """The library's storage on the client that the gateway has, of a single server or of a cluster.

    A moving window is one list per tenant and kind, so every command of it has one key.
    """

    def __init__(self, client: Redis) -> None:
        self._client = client
        super().__init__("redis://", implementation="redispy", key_prefix=RATES)

    def configure_bridge(self) -> None:
        bridge = cast("Any", self.bridge)
        bridge.storage, bridge.connection_getter = self._client, self._given

    def _given(self, _: bool) -> Redis:
        return self._client


class Rates:
    """Counts calls. Whoever is over the limit is refused without asking Redis until there can be room again."""

    def __init__(self, settings: GatewaySettings, redis: Redis) -> None:
        self._limits: dict[Pace, RateLimitItem] = {
            pace: RateLimitItemPerMinute(count, namespace=pace)
            for pace, count in {
                Pace.READS: settings.rate_reads_per_minute,
                Pace.WRITES: settings.rate_writes_per_minute,
                Pace.ASKS: settings.rate_asks_per_minute,
            }.items()
            if count
        }
        self._window = MovingWindowRateLimiter(BusStorage(redis))
        self._full_until: dict[tuple[str, Pace], float] = {}

    async def count(self, caller: Caller, pace: Pace) -> Standing | None:
        """None where nothing is limited. Raises ProblemError."""
        limit = self._limits.get(pace)
        if limit is None or caller.key_id == NO_KEY:
            return None
        now, full_until = time.time(), self._full_until.get((caller.tenant, pace), 0.0)
        if now < full_until:
            raise refusal(Standing(pace=pace, limit=limit.amount, left=0, more_in_s=full_until - now))
        tag = TENANT_TAG.format(tenant=caller.tenant)
        is_counted = await self._window.hit(limit, tag)
        window = await self._window.get_window_stats(limit, tag)
        left, more_in_s = max(0, window.remaining), max(0.0, window.reset_time - time.time())
        if not is_counted:
            if not left:
                self._full_until[caller.tenant, pace] = window.reset_time
            raise refusal(Standing(pace=pace, limit=limit.amount, left=0, more_in_s=more_in_s))
        return Standing(pace=pace, limit=limit.amount, left=left, more_in_s=more_in_s)


def refusal(standing: Standing) -> ProblemError:
    calls_limited.labels(standing.pace).inc()
    return ProblemError(
        429,
        "too-many-calls",
        f"your tenant may make {standing.limit} {standing.pace} a minute: wait as Retry-After says",
        retry_after_s=standing.more_in_s,
        headers=standing.headers,
    )


RATES_OF = web.AppKey("rates", Rates)
