"""From where one may come in: origins and hosts; and the headers that every answer carries."""

from aiohttp import hdrs, web

from gateway.callers import CALLER
from gateway.config import is_loopback
from gateway.problems import ProblemError
from gateway.rates import STANDING
from gateway.resources import CLOCK, SETTINGS
from gateway.sessions import SESSIONS, set_cookie

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})

PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self' {ingest}; img-src 'self' data:;"
    " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""To be formatted: a room's microphone connects to ingest."""
SECURITY_HEADERS = {
    "Permissions-Policy": "microphone=(self), display-capture=(self), camera=(), geolocation=()",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
CORS_HEADERS = {
    "Access-Control-Allow-Methods": "GET, POST, PUT, DELETE",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, Idempotency-Key, Last-Event-ID, Prefer",
    "Access-Control-Max-Age": "600",
}
EXPOSED = "Location, Retry-After, RateLimit, RateLimit-Policy"


def check_origin(request: web.Request) -> None:
    """A page of another site can make a browser send requests, and open WebSockets, in the name of who looks at it."""
    if not is_acting(request):
        return
    if request.headers.get(hdrs.ORIGIN) and not (is_same_origin(request) or is_foreign_but_allowed(request)):
        raise ProblemError(403, "foreign-origin", "pages of this origin may not call: add it to CORS_ORIGINS")


def check_own_page(request: web.Request) -> None:
    """A browser sends its cookie by itself: what acts by it must come from our own page, and say so."""
    is_ours = bool(request.headers.get(hdrs.ORIGIN)) and is_same_origin(request)
    if is_acting(request) and not is_ours:
        raise ProblemError(403, "foreign-origin", "who is signed in by cookie can act from this gateway's pages only")


def is_acting(request: web.Request) -> bool:
    """It changes something, or opens a WebSocket, which a page of another site may read."""
    is_upgrade = request.headers.get(hdrs.UPGRADE, "").lower() == "websocket"
    return is_upgrade or request.method not in SAFE


def is_same_origin(request: web.Request) -> bool:
    return request.headers[hdrs.ORIGIN].partition("://")[2] == request.host


def is_foreign_but_allowed(request: web.Request) -> bool:
    return request.headers.get(hdrs.ORIGIN, "") in request.app[SETTINGS].cors_origins


def is_local_name(host: str) -> bool:
    name = host.rpartition(":")[0] if ":" in host.rpartition("]")[2] else host
    return is_loopback(name)


async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
    """On every answer, streams included. What a handler set stays."""
    policy = PAGE_POLICY.format(ingest=request.app[SETTINGS].ingest_address)
    response.headers.setdefault("Content-Security-Policy", policy)
    for name, value in SECURITY_HEADERS.items():
        response.headers.setdefault(name, value)
    if request.app[SETTINGS].cors_origins:
        response.headers.add(hdrs.VARY, hdrs.ORIGIN)
    if is_foreign_but_allowed(request):
        response.headers[hdrs.ACCESS_CONTROL_ALLOW_ORIGIN] = request.headers[hdrs.ORIGIN]
        response.headers[hdrs.ACCESS_CONTROL_EXPOSE_HEADERS] = EXPOSED
        response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    if STANDING in request:
        response.headers.update(request[STANDING].headers)
    if CALLER in request:
        await prolong(request, response)


async def prolong(request: web.Request, response: web.StreamResponse) -> None:
    """A browser session that is used goes on: past its half, a new cookie replaces the old one."""
    session, now_ms = request[CALLER].session, request.app[CLOCK].now_ms()
    if session and session.is_half_over(now_ms) and hdrs.SET_COOKIE not in response.headers:
        again, token = await request.app[SESSIONS].renew(session)
        set_cookie(request, response, token, again.ends_at - now_ms)
