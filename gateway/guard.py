"""Who may come in, and to what: by key or session, within its scopes, its rate and its tenant."""

import asyncio
import contextlib

from aiohttp import hdrs, web

from gateway.callers import CALLER, CALLERS, THIS_MACHINE, Caller
from gateway.doors import CORS_HEADERS, check_origin, check_own_page, is_foreign_but_allowed, is_local_name
from gateway.problems import REDIS_AWAY, Handler, ProblemError
from gateway.rates import RATES_OF, STANDING
from gateway.resources import BUS, CLOCK
from gateway.routing import Route
from gateway.tenancy import ensure_own

TABLE = web.AppKey("table", dict)
"""Routes by method and pattern."""
ADMITTED_FOR_S = 2.0
"""How long a stream goes on before its key is looked at again."""


@web.middleware
async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuses before anything of the body is read, and before anything is written but the count of calls."""
    if request.method == hdrs.METH_OPTIONS and is_foreign_but_allowed(request):
        return web.Response(status=204, headers=CORS_HEADERS)
    check_encoding(request)
    route = route_of(request)
    if route is None or route.is_open:
        return await handler(request)
    check_origin(request)
    caller = request[CALLER] = await caller_of(request)
    check_scope(caller, route)
    await request.app[CALLERS].note_use(caller)
    if standing := await request.app[RATES_OF].count(caller, route.pace):
        request[STANDING] = standing
    if meeting_id := request.match_info.get("meeting_id"):
        await ensure_own(request.app[BUS], meeting_id, caller.tenant)
    if route.is_stream:
        return await as_long_as_admitted(request, handler)
    return await handler(request)


def route_of(request: web.Request) -> Route | None:
    """None where there is no such address or method."""
    resource = request.match_info.route.resource
    method = "GET" if request.method == hdrs.METH_HEAD else request.method
    return request.app[TABLE].get((method, resource.canonical)) if resource else None


def check_encoding(request: web.Request) -> None:
    """Nothing here is long enough to be worth packing, and what is packed may be a bomb."""
    encoding = request.headers.get(hdrs.CONTENT_ENCODING, "identity").strip().lower()
    if encoding not in {"", "identity"}:
        headers = {"Accept-Encoding": "identity"}
        raise ProblemError(
            415, "unsupported-encoding", "send the body as it is, without Content-Encoding", headers=headers
        )


async def caller_of(request: web.Request) -> Caller:
    """Raises ProblemError. Where no key is needed, the caller must name this machine: other names that lead here are a
    trick."""
    callers = request.app[CALLERS]
    if not await callers.are_needed():
        if is_local_name(request.host):
            return THIS_MACHINE
        raise ProblemError(
            421, "not-this-host", "without CHIMEIN_API_KEYS only this machine is served, by the name localhost"
        )
    caller = await callers.who(request)
    if caller is None:
        raise ProblemError(
            401,
            "key-needed",
            "send a key of yours as `Authorization: Bearer …`, or sign in with one",
            headers={hdrs.WWW_AUTHENTICATE: 'Bearer realm="chimein"'},
        )
    if caller.session:
        check_own_page(request)
    return caller


def check_scope(caller: Caller, route: Route) -> None:
    if route.needs not in caller.scopes:
        raise ProblemError(
            403,
            "scope-missing",
            f"this key may not do that: it needs the scope `{route.needs}`, see `chimein keys list`",
        )


async def as_long_as_admitted(request: web.Request, handler: Handler) -> web.StreamResponse:
    """A stream ends with the key or the session that opened it."""
    watching = asyncio.create_task(cut_when_no_longer_admitted(request), name="admission")
    try:
        return await handler(request)
    finally:
        watching.cancel()


async def cut_when_no_longer_admitted(request: web.Request) -> None:
    callers, clock = request.app[CALLERS], request.app[CLOCK]
    is_admitted = True
    while is_admitted:
        await clock.sleep(ADMITTED_FOR_S)
        with contextlib.suppress(*REDIS_AWAY):
            is_admitted = await callers.is_still(request[CALLER])
    if request.transport:
        request.transport.abort()
