"""The endpoints of a tenant: where its webhooks go, with which secrets, and how they fare."""

import base64
import hashlib
import secrets
from collections.abc import Mapping
from typing import Any, cast

import msgspec
from redis.asyncio import Redis

from gateway.hooks.messages import Kind
from shared.streams import WEBHOOKS

ROTATION_MS = 24 * 3600 * 1000
"""For so long after a rotation webhooks are signed with the old secret too."""
SECRET_BYTES = 32
PREFIX = "whsec_"


class SigningSecret(msgspec.Struct, frozen=True, kw_only=True):
    """One of at most two."""

    value: str
    made_by: str
    """Id of the request that it was made for: the same request again makes no other."""
    until: int | None = None
    """Unix ms; None for the one that stays."""

    def __repr__(self) -> str:
        return "SigningSecret(***)"

    @property
    def key(self) -> bytes:
        return base64.b64decode(self.value.removeprefix(PREFIX))


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """As it is kept."""

    id: str
    url: str
    events: list[Kind]
    include_text: bool
    description: str
    created_at: int
    """Unix ms; what happened before is not told."""
    secrets: list[SigningSecret]
    """The newest first."""

    def keys(self, now_ms: int) -> list[bytes]:
        return [secret.key for secret in self.secrets if secret.until is None or secret.until > now_ms]


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """How its deliveries fare."""

    failing_since: int | None = None
    """Unix ms of the first failure since the last success."""
    disabled_at: int | None = None
    disabled_reason: str = ""


class Disabled(msgspec.Struct, frozen=True, array_like=True):
    """Why nothing is sent to it."""

    at: int
    reason: str


def new_secret(made_by: str) -> SigningSecret:
    value = PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()
    return SigningSecret(value=value, made_by=made_by)


def rotated(endpoint: Endpoint, made_by: str, now_ms: int) -> Endpoint:
    """With a new secret; the one before signs too for a while, any older ones no more."""
    if endpoint.secrets[0].made_by == made_by:
        return endpoint
    before = msgspec.structs.replace(endpoint.secrets[0], until=now_ms + ROTATION_MS)
    return msgspec.structs.replace(endpoint, secrets=[new_secret(made_by), before])


class Endpoints:
    """Those of one tenant."""

    def __init__(self, redis: Redis, tenant: str) -> None:
        self._redis = redis
        keys = WEBHOOKS.format(digest=hashlib.sha256(tenant.encode()).hexdigest()[:16])
        self._endpoints, self._health = f"{keys}endpoints", f"{keys}health"

    async def all(self) -> dict[str, tuple[Endpoint, Health]]:
        pipe = self._redis.pipeline(transaction=False)
        pipe.hgetall(self._endpoints)
        pipe.hgetall(self._health)
        kept, health = cast("list[Mapping[bytes, bytes]]", await pipe.execute())
        return {
            name.decode(): (msgspec.json.decode(raw, type=Endpoint), health_in(health, name.decode()))
            for name, raw in kept.items()
        }

    async def one(self, endpoint_id: str) -> tuple[Endpoint, Health] | None:
        return (await self.all()).get(endpoint_id)

    async def add(self, endpoint: Endpoint) -> Endpoint:
        """Returns what was kept under this id first."""
        await cast("Any", self._redis.hsetnx(self._endpoints, endpoint.id, msgspec.json.encode(endpoint).decode()))
        found = await self.one(endpoint.id)
        return found[0] if found else endpoint

    async def put(self, endpoint: Endpoint) -> None:
        await cast("Any", self._redis.hset(self._endpoints, endpoint.id, msgspec.json.encode(endpoint)))

    async def remove(self, endpoint_id: str) -> bool:
        """Returns whether there was one."""
        was_there = await cast("Any", self._redis.hdel(self._endpoints, endpoint_id))
        await self.enable(endpoint_id)
        return bool(was_there)

    async def note_failure(self, endpoint_id: str, now_ms: int) -> int:
        """Returns since when it fails."""
        pipe = self._redis.pipeline(transaction=False)
        pipe.hsetnx(self._health, failing(endpoint_id), str(now_ms))
        pipe.hget(self._health, failing(endpoint_id))
        return int((await pipe.execute())[1])

    async def note_success(self, endpoint_id: str) -> None:
        await cast("Any", self._redis.hdel(self._health, failing(endpoint_id)))

    async def disable(self, endpoint_id: str, reason: str, now_ms: int) -> None:
        told = msgspec.json.encode(Disabled(now_ms, reason)).decode()
        await cast("Any", self._redis.hsetnx(self._health, disabled(endpoint_id), told))

    async def enable(self, endpoint_id: str) -> None:
        await cast("Any", self._redis.hdel(self._health, failing(endpoint_id), disabled(endpoint_id)))


def failing(endpoint_id: str) -> str:
    return f"{endpoint_id}:failing_since"


def disabled(endpoint_id: str) -> str:
    return f"{endpoint_id}:disabled"


def health_in(fields: Mapping[bytes, bytes], endpoint_id: str) -> Health:
    since, told = fields.get(failing(endpoint_id).encode()), fields.get(disabled(endpoint_id).encode())
    off = msgspec.json.decode(told, type=Disabled) if told else None
    return Health(
        failing_since=int(since) if since else None,
        disabled_at=off.at if off else None,
        disabled_reason=off.reason if off else "",
    )
