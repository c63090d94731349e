"""Who calls: a configured key, a key made by `chimein keys`, a browser session of either, or this machine itself."""

import functools
import hashlib
import hmac

import msgspec
from aiohttp import hdrs, web

from gateway.config import GatewaySettings, is_loopback
from gateway.remembered import Remembered
from gateway.session_tokens import Session
from gateway.sessions import Sessions, cookie_of
from shared.api_keys import EVERYTHING, ApiKeys, KnownKey, Scope, digest_of
from shared.clock import Clock
from shared.streams import DEFAULT_TENANT

USE_NOTED_EVERY_MS = 60_000
NO_KEY = ""
CONFIGURED = "set-"
"""How the ids of configured keys begin."""


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who may call."""

    tenant: str
    key_id: str
    """Empty for this machine itself, where no key is needed."""
    scopes: frozenset[Scope]
    session: Session | None = None
    """Of a browser, which was let in by its cookie."""


CALLER = web.RequestKey("caller", Caller)
THIS_MACHINE = Caller(tenant=DEFAULT_TENANT, key_id=NO_KEY, scopes=EVERYTHING)


class ConfiguredKey(msgspec.Struct, frozen=True, dict=True):
    """One of CHIMEIN_API_KEYS."""

    tenant: str
    digest: str

    @functools.cached_property
    def id(self) -> str:
        """By a slow hash: it is in tokens, which whoever has one can read, and people may have made up the key."""
        return CONFIGURED + hashlib.scrypt(self.digest.encode(), salt=b"chimein", n=4096, r=8, p=1, dklen=8).hex()

    @property
    def caller(self) -> Caller:
        return Caller(tenant=self.tenant, key_id=self.id, scopes=EVERYTHING)


class Callers:
    """Knows keys and sessions. What it reads from Redis it believes for moments only."""

    def __init__(self, settings: GatewaySettings, keys: ApiKeys, sessions: Sessions, clock: Clock) -> None:
        self._configured = [ConfiguredKey(tenant, digest_of(key)) for tenant, key in settings.tenant_keys]
        self._must_ask = bool(self._configured) or not is_loopback(settings.bind_host)
        self._keys, self._sessions, self._clock = keys, sessions, clock
        self._by_text: Remembered[KnownKey | None] = Remembered(clock)
        self._by_id: Remembered[KnownKey | None] = Remembered(clock)
        self._are_any: Remembered[bool] = Remembered(clock)
        self._used_at: dict[str, int] = {}

    async def are_needed(self) -> bool:
        """Whether callers need a key. Once one was made, they do for ever."""
        if not self._must_ask:
            self._must_ask = await self._are_any.get("", self._keys.are_any)
        return self._must_ask

    async def has_any(self) -> bool:
        """Whether there is a key at all."""
        return bool(self._configured) or await self._keys.are_any()

    async def who(self, request: web.Request) -> Caller | None:
        """By key, or by the cookie of a browser. None for a stranger."""
        if authorization := request.headers.get(hdrs.AUTHORIZATION):
            scheme, _, text = authorization.partition(" ")
            return await self.with_key(text.strip()) if scheme.lower() == "bearer" else None
        session = await self._sessions.open_in(cookie_of(request))
        return await self.in_session(session) if session else None

    async def with_key(self, text: str) -> Caller | None:
        digest = digest_of(text)
        matches = [key for key in self._configured if hmac.compare_digest(key.digest, digest)]
        if matches:
            return matches[0].caller
        found = await self._by_text.get(digest, functools.partial(self._keys.matching, text))
        return self._let_in(found)

    async def in_session(self, session: Session) -> Caller | None:
        """Whoever signed in, as long as the key is good that they signed in with."""
        caller = await self._with_id(session.key_id)
        if caller is None or caller.tenant != session.tenant:
            return None
        return msgspec.structs.replace(caller, session=session)

    async def is_still(self, caller: Caller) -> bool:
        """Whether somebody who was let in a while ago would be let in now."""
        if caller.key_id == NO_KEY:
            return not await self.are_needed()
        if caller.session and not await self._sessions.is_open(caller.session):
            return False
        return await self._with_id(caller.key_id) is not None

    async def _with_id(self, key_id: str) -> Caller | None:
        matches = [key for key in self._configured if key.id == key_id]
        if matches:
            return matches[0].caller
        return self._let_in(await self._by_id.get(key_id, functools.partial(self._keys.with_id, key_id)))

    def _let_in(self, found: KnownKey | None) -> Caller | None:
        if found is None or not found.is_live(self._clock.now_ms()):
            return None
        return Caller(tenant=found.key.tenant, key_id=found.key.id, scopes=found.key.scopes)

    async def note_use(self, caller: Caller) -> None:
        """Of a key that Redis has, now and then."""
        now_ms = self._clock.now_ms()
        if is_made(caller) and now_ms - self._used_at.get(caller.key_id, 0) >= USE_NOTED_EVERY_MS:
            self._used_at[caller.key_id] = now_ms
            await self._keys.note_use(caller.key_id)


def is_made(caller: Caller) -> bool:
    """It was made by `chimein keys`."""
    return caller.key_id != NO_KEY and not caller.key_id.startswith(CONFIGURED)


CALLERS = web.AppKey("callers", Callers)
