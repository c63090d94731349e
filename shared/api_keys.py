"""API keys: for whom they speak, what they may do, and until when.

A key holds 192 random bits, which nobody guesses from a digest: so SHA-256 is enough to keep, and quick enough to be
asked on every call. A slow hash is for what people make up; here it would only let strangers keep a gateway busy.
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable
from enum import StrEnum
from typing import Any, cast

import msgspec
from redis.asyncio import Redis

from shared.clock import Clock
from shared.config import Secret
from shared.errors import ApiKeyError
from shared.streams import API_KEYS

PREFIX = "chimein"
ID_CHARACTERS = "abcdefghijkmnpqrstuvwxyz23456789"
ID_LENGTH = 10
SECRET_BYTES = 24
SHAPE = re.compile(rf"{PREFIX}_([a-z0-9]{{{ID_LENGTH}}})_[A-Za-z0-9_-]{{{SECRET_BYTES * 4 // 3}}}")
TENANT_SHAPE = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
LONGEST_NAME = 80


class Scope(StrEnum):
    """What a key may do. None contains another."""

    READ = "read"
    """See everything of its tenant's meetings."""
    ASK = "ask"
    """Ask, have something said, make it stop."""
    MANAGE = "manage"
    """Join, leave, change and erase meetings."""
    ADMIN = "admin"
    """What concerns the tenant as a whole."""


EVERYTHING = frozenset(Scope)


class ApiKey(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a key. The key itself is nowhere."""

    id: str
    tenant: str
    name: str
    """Whose it is or what for, for people."""
    scopes: frozenset[Scope]
    digest: str
    """SHA-256 of the key, hexadecimal."""
    created_at: int
    """Unix ms."""
    follows: str = ""
    """The id of the key that it is to replace."""


class KnownKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key with what may change about it."""

    key: ApiKey
    ends_at: int = 0
    """Unix ms; 0: never."""
    used_at: int = 0
    """Unix ms of about the last time; 0: never."""

    def is_live(self, now_ms: int) -> bool:
        return not self.ends_at or now_ms < self.ends_at


def digest_of(text: str) -> str:
    return hashlib.sha256(text.encode(errors="surrogateescape")).hexdigest()


def id_in(text: str) -> str | None:
    """None for what is no key of ours, which Redis then need not be asked about."""
    found = SHAPE.fullmatch(text)
    return found[1] if found else None


class ApiKeys:
    """The keys in Redis."""

    def __init__(self, redis: Redis, clock: Clock) -> None:
        self._redis, self._clock = redis, clock

    async def issue(
        self, tenant: str, name: str, scopes: Iterable[Scope], *, ends_at: int = 0, follows: str = ""
    ) -> tuple[ApiKey, Secret]:
        """The record, and the key, which is never to be seen again. Raises ApiKeyError."""
        key_id = "".join(secrets.choice(ID_CHARACTERS) for _ in range(ID_LENGTH))
        text = f"{PREFIX}_{key_id}_{secrets.token_urlsafe(SECRET_BYTES)}"
        key = ApiKey(
            id=key_id,
            tenant=checked_tenant(tenant),
            name=name.strip()[:LONGEST_NAME],
            scopes=frozenset(scopes),
            digest=digest_of(text),
            created_at=self._clock.now_ms(),
            follows=follows,
        )
        fields = {key_id: msgspec.json.encode(key), **({ends_field(key_id): ends_at} if ends_at else {})}
        await cast("Any", self._redis.hset(API_KEYS, mapping=cast("Any", fields)))
        return key, Secret(text)

    async def with_id(self, key_id: str) -> KnownKey | None:
        wanted = [key_id, ends_field(key_id), used_field(key_id)]
        record, ends_at, used_at = await cast("Any", self._redis.hmget(API_KEYS, wanted))
        return known(record, ends_at, used_at) if record else None

    async def matching(self, text: str) -> KnownKey | None:
        """The key that this is, live or not."""
        key_id = id_in(text)
        found = await self.with_id(key_id) if key_id else None
        return found if found and hmac.compare_digest(found.key.digest, digest_of(text)) else None

    async def all(self) -> list[KnownKey]:
        """Oldest first."""
        fields: dict[bytes, bytes] = await cast("Any", self._redis.hgetall(API_KEYS))
        found = [
            known(
                record, fields.get(ends_field(name.decode()).encode()), fields.get(used_field(name.decode()).encode())
            )
            for name, record in fields.items()
            if b":" not in name
        ]
        return sorted(found, key=created)

    async def are_any(self) -> bool:
        """Whether a key was ever made here: ended ones stay on record."""
        return bool(await cast("Any", self._redis.hlen(API_KEYS)))

    async def rotate(self, key_id: str, *, old_ends_at: int) -> tuple[ApiKey, Secret]:
        """A new key in the place of a live one, which ends at that time, or sooner if it was to. Raises ApiKeyError."""
        old = await self._live(key_id)
        made = await self.issue(old.key.tenant, old.key.name, old.key.scopes, follows=key_id)
        await self._end(key_id, min(old.ends_at or old_ends_at, old_ends_at))
        return made

    async def revoke(self, key_id: str) -> None:
        """It ends now. Raises ApiKeyError."""
        await self._live(key_id)
        await self._end(key_id, self._clock.now_ms())

    async def note_use(self, key_id: str) -> None:
        await cast("Any", self._redis.hset(API_KEYS, used_field(key_id), str(self._clock.now_ms())))

    async def _live(self, key_id: str) -> KnownKey:
        found = await self.with_id(key_id) if ":" not in key_id else None
        if found is None:
            raise ApiKeyError(f"there is no key {key_id}: `chimein keys list` prints them")
        if not found.is_live(self._clock.now_ms()):
            raise ApiKeyError(f"the key {key_id} has ended already: `chimein keys create` makes a new one")
        return found

    async def _end(self, key_id: str, at_ms: int) -> None:
        await cast("Any", self._redis.hset(API_KEYS, ends_field(key_id), str(at_ms)))


def checked_tenant(tenant: str) -> str:
    if not TENANT_SHAPE.fullmatch(tenant):
        raise ApiKeyError(f"{tenant!r} is no name for a tenant: use up to 32 of a-z, 0-9 and -, not - first")
    return tenant


def known(record: bytes, ends_at: bytes | None, used_at: bytes | None) -> KnownKey:
    key = msgspec.json.decode(record, type=ApiKey)
    return KnownKey(key=key, ends_at=int(ends_at or 0), used_at=int(used_at or 0))


def created(found: KnownKey) -> tuple[int, str]:
    return found.key.created_at, found.key.id


def ends_field(key_id: str) -> str:
    return f"ends:{key_id}"


def used_field(key_id: str) -> str:
    return f"used:{key_id}"
