"""Writes down what was done over HTTP, by whom and with which meeting; and shows it."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from aiohttp import hdrs, web

from gateway.answers import respond
from gateway.bodies import query_of
from gateway.callers import CALLER
from gateway.contract import AuditPage
from gateway.idempotency import CLAIM
from gateway.problems import Handler
from gateway.requests import AuditQuery
from gateway.resources import BUS, CLOCK, SETTINGS
from shared.audit import AuditLog, Deed

ONE = "/meetings/{meeting_id}"
DEEDS: dict[tuple[str, str], Deed] = {
    ("POST", "/meetings/join"): Deed.JOIN,
    ("POST", f"{ONE}/leave"): Deed.LEAVE,
    ("POST", f"{ONE}/ask"): Deed.QUESTION,
    ("POST", f"{ONE}/say"): Deed.SAY,
    ("POST", f"{ONE}/pause"): Deed.PAUSE,
    ("POST", f"{ONE}/resume"): Deed.RESUME,
    ("GET", f"{ONE}/brief"): Deed.BRIEFING,
    ("GET", f"{ONE}/transcript"): Deed.EXPORT,
    ("GET", f"{ONE}/transcript.{{format}}"): Deed.EXPORT,
    ("GET", f"{ONE}/events"): Deed.WATCH,
    ("GET", f"{ONE}/live"): Deed.WATCH,
    ("DELETE", "/tenants/me/data"): Deed.ERASURE,
}
"""By method and route. The erasure of one meeting is written down by who erases."""
JOINED = re.compile(r"/meetings/([^/]+)/status")


@dataclass(frozen=True)
class Who:
    """The tenant, and the name of the key by which it was known."""

    tenant: str
    name: str


def who_of(request: web.Request) -> Who:
    caller = request[CALLER]
    return Who(caller.tenant, caller.key_id or "this machine")


@web.middleware
async def audited(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Streams are written down when they begin, everything else once it was done."""
    deed = deed_of(request)
    if deed is Deed.WATCH:
        await note(request, deed, request.match_info["meeting_id"])
    response = await handler(request)
    if deed and deed is not Deed.WATCH and response.status < 400:
        await note(request, deed, request.match_info.get("meeting_id") or joined_in(response))
    return response


def deed_of(request: web.Request) -> Deed | None:
    resource = request.match_info.route.resource
    return DEEDS.get((request.method, resource.canonical)) if resource else None


def joined_in(response: web.StreamResponse) -> str:
    found = JOINED.fullmatch(urlsplit(response.headers.get(hdrs.LOCATION, "")).path)
    return found[1] if found else ""


async def note(request: web.Request, deed: Deed, meeting_id: str) -> None:
    who, claim = who_of(request), request.get(CLAIM)
    await log_of(request).note(who.tenant, deed, who.name, meeting_id, claim.command_id if claim else "")


def log_of(request: web.Request) -> AuditLog:
    return AuditLog(request.app[BUS], request.app[CLOCK], request.app[SETTINGS].audit_days)


async def show_audit(request: web.Request) -> web.Response:
    """Newest first; ids alone, never what was said."""
    query = query_of(request, AuditQuery)
    found = await log_of(request).newest(who_of(request).tenant, query.limit + 1, query.before or "+")
    page, has_more = found[: query.limit], len(found) > query.limit
    return respond(AuditPage(records=page, next_before=page[-1].id if has_more else None))
