"""Off the record, and back on it."""

from aiohttp import web

from gateway.answers import respond
from gateway.auditing import who_of
from gateway.bodies import meeting_id_of
from gateway.contract import RecordState
from gateway.idempotency import CLAIM
from gateway.problems import ProblemError
from gateway.resources import BUS, CLOCK
from shared import streams
from shared.events import RecordPaused, RecordResumed
from shared.meetings import FINAL, write_of
from shared.tracing import new_trace


async def pause(request: web.Request) -> web.Response:
    return await change(request, RecordPaused)


async def resume(request: web.Request) -> web.Response:
    return await change(request, RecordResumed)


async def change(request: web.Request, kind: type[RecordPaused | RecordResumed]) -> web.Response:
    """Raises ProblemError for a meeting that is over. Asked twice it is done once."""
    meeting_id, bus = meeting_id_of(request), request.app[BUS]
    state = await bus.state(meeting_id)
    if state.get(streams.STATUS) in FINAL:
        raise ProblemError(409, "meeting-over", "the meeting is over: there is nothing to pause")
    is_off = kind is RecordPaused
    if (state.get(streams.OFF_RECORD) == "1") != is_off:
        fact = kind(
            id=request[CLAIM].command_id,
            meeting_id=meeting_id,
            at=request.app[CLOCK].now_ms(),
            trace=new_trace(),
            by=who_of(request).name,
            via="api",
        )
        await bus.write(meeting_id, write_of(fact))
    return respond(RecordState(meeting_id=meeting_id, off_record=is_off))
