"""The console's way in: a key once, then a cookie that no script can read."""

import structlog
from aiohttp import web

from gateway.answers import respond
from gateway.callers import CALLER, NO_KEY, Caller
from gateway.contract import SignedIn
from gateway.resources import CLOCK
from gateway.session_tokens import Session
from gateway.sessions import SESSIONS, set_cookie

log = structlog.get_logger()


async def sign_in(request: web.Request) -> web.StreamResponse:
    """With a key as in every other call. Where none is needed there is nothing to sign in to, and no cookie."""
    caller = request[CALLER]
    if caller.key_id == NO_KEY:
        return respond(told_of(caller, None), status=201)
    session, token = await request.app[SESSIONS].begin(caller.tenant, caller.key_id)
    response = respond(told_of(caller, session), status=201)
    set_cookie(request, response, token, session.ends_at - request.app[CLOCK].now_ms())
    log.info("session.begun", tenant=caller.tenant, key_id=caller.key_id)
    return response


async def who_am_i(request: web.Request) -> web.StreamResponse:
    return respond(told_of(request[CALLER], request[CALLER].session))


async def sign_out(request: web.Request) -> web.StreamResponse:
    """Ends the session on every gateway."""
    response = web.Response(status=204)
    if session := request[CALLER].session:
        await request.app[SESSIONS].end(session)
        set_cookie(request, response, "", 0)
        log.info("session.ended", tenant=session.tenant, key_id=session.key_id)
    return response


def told_of(caller: Caller, session: Session | None) -> SignedIn:
    return SignedIn(
        tenant=caller.tenant, scopes=sorted(caller.scopes), session_ends_at=session.ends_at if session else None
    )
