"""Briefings: the kept one while nothing new was said, else a new one."""

import msgspec
from aiohttp import web

from gateway.answers import JSON, accepted, respond, text
from gateway.bodies import meeting_id_of, query_of
from gateway.exports import MARKDOWN, brief_to_markdown, briefing_of
from gateway.positions import since_ms_of
from gateway.problems import failed_stage, wrong_field
from gateway.requests import BriefQuery
from gateway.resources import BUS, CLOCK, LIVE, SETTINGS
from gateway.sending import absence_of, ensure_kept, latest, send, view_of
from shared import streams
from shared.bus import Bus, decoded
from shared.errors import Category
from shared.events import Brief, BriefFailed, BriefWritten, LineHeard, WriteBrief, new_id, tag_of
from shared.streams import BRAIN, MeetingKeys
from shared.tracing import new_trace


async def show_brief(request: web.Request) -> web.Response:
    meeting_id, bus, wanted = meeting_id_of(request), request.app[BUS], query_of(request, BriefQuery)
    media_type = accepted(request, [JSON, MARKDOWN])
    await ensure_kept(bus, meeting_id)
    view = await view_of(bus, meeting_id)
    since_ms = since_ms_of(wanted.since, view)
    until_ms = since_ms_of(wanted.until, view, "until") if wanted.until else 0
    if wanted.until and until_ms <= since_ms:
        raise wrong_field("until", "is not after since", "send a later time")
    brief = await kept_brief(bus, meeting_id) if not since_ms and not until_ms else None
    if brief is None:
        brief = await new_brief(request, meeting_id, since_ms, until_ms)
    state = await bus.state(meeting_id)
    shown = briefing_of(brief, state, view, level=wanted.level, about=wanted.about)
    return text(brief_to_markdown(shown), MARKDOWN) if media_type == MARKDOWN else respond(shown)


async def kept_brief(bus: Bus, meeting_id: str) -> Brief | None:
    """The last one, if it knows of the last line. Raises MeetingGoneError."""
    state = await bus.state(meeting_id)
    if not (kept := state.get(streams.BRIEF)):
        return None
    brief = msgspec.json.decode(kept, type=Brief)
    entry = await latest(bus.redis, MeetingKeys(meeting_id).timeline, tag_of(LineHeard))
    last = decoded(entry) if entry else None
    return brief if isinstance(last, LineHeard) and last.line.id == brief.upto_line_id else None


async def new_brief(request: web.Request, meeting_id: str, since_ms: int, until_ms: int) -> Brief:
    """Raises ProblemError."""
    command = WriteBrief(
        id=new_id(),
        meeting_id=meeting_id,
        at=request.app[CLOCK].now_ms(),
        trace=new_trace(),
        since_ms=since_ms,
        until_ms=until_ms,
    )
    after = await send(request.app[BUS], BRAIN, command)
    with request.app[LIVE].wait(meeting_id, command.id, after, request.app[SETTINGS].brief_wait_s) as waiter:
        reply = await waiter.first(BriefWritten, BriefFailed)
    if isinstance(reply, BriefWritten):
        return reply.brief
    if isinstance(reply, BriefFailed):
        raise failed_stage("brief-failed", reply.reason, reply.category).about(meeting_id)
    why = await absence_of(request.app[BUS], request.app[CLOCK], BRAIN)
    raise failed_stage("no-reply", f"the briefing is not written yet: {why}", Category.TIMEOUT).about(meeting_id)
