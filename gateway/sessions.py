"""Browser sessions: the cookie that holds one, what signs it, and which were ended."""

import secrets
from collections.abc import Sequence
from typing import Any, cast

from aiohttp import web
from redis.asyncio import Redis

from gateway.config import GatewaySettings
from gateway.remembered import Remembered
from gateway.session_tokens import Session, begun, renewed, session_in, token_of
from shared.clock import Clock
from shared.streams import SESSION_ENDED, SESSION_SECRET

COOKIE = "chimein_session"
SAFE_COOKIE = f"__Host-{COOKIE}"
"""Over https: a browser takes it from this host alone, not from a neighbour under the same domain."""


class Sessions:
    """Any gateway on the same Redis, or with the same SESSION_SECRET, knows the sessions of any other."""

    def __init__(self, settings: GatewaySettings, redis: Redis, clock: Clock) -> None:
        self._configured, self._life_ms = settings.session_secrets, round(settings.session_minutes * 60_000)
        self._redis, self._clock = redis, clock
        self._kept: Remembered[str] = Remembered(clock)

    async def begin(self, tenant: str, key_id: str) -> tuple[Session, str]:
        session = begun(tenant, key_id, self._clock.now_ms(), self._life_ms)
        return session, token_of(session, (await self._secrets())[0])

    async def renew(self, session: Session) -> tuple[Session, str]:
        again = renewed(session, self._clock.now_ms(), self._life_ms)
        return again, token_of(again, (await self._secrets())[0])

    async def open_in(self, token: str) -> Session | None:
        """The session that a token is of, if it is good and was not ended."""
        if not token:
            return None
        session = session_in(token, await self._secrets(), self._clock.now_ms())
        return session if session and await self.is_open(session) else None

    async def is_open(self, session: Session) -> bool:
        return not await cast("Any", self._redis.exists(SESSION_ENDED.format(session_id=session.id)))

    async def end(self, session: Session) -> None:
        """On every gateway, and also for tokens of it that were renewed elsewhere meanwhile."""
        left_ms = session.ends_at - self._clock.now_ms() + self._life_ms
        await cast("Any", self._redis.set(SESSION_ENDED.format(session_id=session.id), "1", px=max(1, left_ms)))

    async def _secrets(self) -> Sequence[str]:
        return self._configured or (await self._kept.get("", self._kept_secret),)

    async def _kept_secret(self) -> str:
        """The one that Redis has, made by whoever came first."""
        await cast("Any", self._redis.set(SESSION_SECRET, secrets.token_hex(32), nx=True))
        found: bytes = await cast("Any", self._redis.get(SESSION_SECRET))
        return found.decode()


SESSIONS = web.AppKey("sessions", Sessions)


def cookie_of(request: web.Request) -> str:
    return request.cookies.get(SAFE_COOKIE) or request.cookies.get(COOKIE, "")


def is_https(request: web.Request) -> bool:
    """As the browser sees it: a proxy in front may speak plain HTTP to us."""
    forwarded = request.headers.get("X-Forwarded-Proto", "").partition(",")[0].strip()
    return request.secure or forwarded == "https" or request.headers.get("Origin", "").startswith("https://")


def set_cookie(request: web.Request, response: web.StreamResponse, token: str, life_ms: int) -> None:
    """Out of reach of scripts, and never sent along from another site."""
    secure = is_https(request) or SAFE_COOKIE in request.cookies
    name = SAFE_COOKIE if secure else COOKIE
    flags = f"Path=/; Max-Age={max(0, life_ms // 1000)}; HttpOnly; SameSite=Strict" + ("; Secure" if secure else "")
    response.headers.add("Set-Cookie", f"{name}={token}; {flags}")
