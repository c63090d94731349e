"""Who may come in: bearer keys, origins, hosts; and the headers that every answer carries."""

import hashlib
import hmac

from aiohttp import hdrs, web

from gateway.config import is_loopback
from gateway.problems import Handler, ProblemError
from gateway.resources import SETTINGS

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
OPEN_ROUTES = web.AppKey("open_routes", frozenset)
"""Patterns of the routes that need no key."""
KEY_DIGESTS = web.AppKey("key_digests", tuple)

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
EXPOSED = "Location, Retry-After"


def digest_of(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()


@web.middleware
async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuses before anything is read or written."""
    if request.method == hdrs.METH_OPTIONS and is_foreign_but_allowed(request):
        return web.Response(status=204, headers=CORS_HEADERS)
    if not is_open(request):
        check_origin(request)
        check_key(request)
    return await handler(request)


def is_open(request: web.Request) -> bool:
    resource = request.match_info.route.resource
    return resource is None or resource.canonical in request.app[OPEN_ROUTES]


def check_origin(request: web.Request) -> None:
    """A page of another site can make a browser send requests, and open WebSockets, in the name of who looks at it."""
    is_upgrade = request.headers.get(hdrs.UPGRADE, "").lower() == "websocket"
    if request.method in SAFE and not is_upgrade:
        return
    if request.headers.get(hdrs.ORIGIN) and not (is_same_origin(request) or is_foreign_but_allowed(request)):
        raise ProblemError(403, "foreign-origin", "pages of this origin may not call: add it to CORS_ORIGINS")


def is_same_origin(request: web.Request) -> bool:
    return request.headers[hdrs.ORIGIN].partition("://")[2] == request.host


def is_foreign_but_allowed(request: web.Request) -> bool:
    return request.headers.get(hdrs.ORIGIN, "") in request.app[SETTINGS].cors_origins


def check_key(request: web.Request) -> None:
    """With keys, one of them. Without, the caller must name this machine: other names that lead here are a trick."""
    digests = request.app[KEY_DIGESTS]
    if not digests:
        if not is_local_name(request.host):
            raise ProblemError(
                421, "not-this-host", "without CHIMEIN_API_KEYS only this machine is served, by the name localhost"
            )
        return
    scheme, _, given = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
    offered = digest_of(given.strip())
    matches = [hmac.compare_digest(offered, digest) for digest in digests]
    if scheme.lower() != "bearer" or not any(matches):
        raise ProblemError(
            401,
            "key-needed",
            "send one of the keys in CHIMEIN_API_KEYS as `Authorization: Bearer …`",
            headers={hdrs.WWW_AUTHENTICATE: 'Bearer realm="chimein"'},
        )


def tenant_of(_: web.Request) -> str:
    """On whose behalf the caller calls."""
    return "default"


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
