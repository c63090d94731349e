"""Leaving and erasing a meeting."""

import structlog
from aiohttp import web

from gateway.answers import respond
from gateway.bodies import meeting_id_of
from gateway.callers import CALLER
from gateway.contract import EraseReceipt, MeetingLeft
from gateway.hooks.history import History
from gateway.idempotency import CLAIM
from gateway.places import give_back_place
from gateway.replies import no_reply, refused, reply_to
from gateway.resources import BUS, CLOCK, SETTINGS
from gateway.sending import absence_of, send
from shared import streams
from shared.bus import Bus, decoded
from shared.errors import MeetingGoneError
from shared.events import BotLeft, EraseMeeting, LeaveMeeting, LeaveRefused, MeetingErased, new_id
from shared.meetings import FINAL
from shared.streams import INGEST, MeetingKeys
from shared.tracing import new_trace

log = structlog.get_logger()


async def leave(request: web.Request) -> web.Response:
    meeting_id, claim = meeting_id_of(request), request[CLAIM]
    state = await request.app[BUS].state(meeting_id)
    if claim.sent_after is None and state.get(streams.STATUS) in FINAL:
        return respond(MeetingLeft(meeting_id=meeting_id, already=True))
    command = LeaveMeeting(
        id=claim.command_id, meeting_id=meeting_id, at=request.app[CLOCK].now_ms(), trace=new_trace()
    )
    after = claim.sent_after or await claim.mark_sent(await send(request.app[BUS], INGEST, command))
    reply = await reply_to(request, command, after, request.app[SETTINGS].join_wait_s)
    if isinstance(reply, LeaveRefused):
        raise await refused(claim, "leave-refused", reply)
    if reply is None:
        raise no_reply(
            f"the bot has not left yet: {await absence_of(request.app[BUS], request.app[CLOCK], INGEST)}", command
        )
    return respond(MeetingLeft(meeting_id=meeting_id, already=isinstance(reply, BotLeft) and reply.already))


async def erase(request: web.Request) -> web.Response:
    """A receipt; for a short while also for who asks again."""
    meeting_id, bus = meeting_id_of(request), request.app[BUS]
    if receipt := await receipt_of(bus, meeting_id):
        return respond(receipt)
    state = await bus.state(meeting_id)
    history = History(bus, state.get(streams.TENANT, "default"))
    deliveries = [one.id for one in await history.of_meeting(meeting_id)]
    command = EraseMeeting(id=new_id(), meeting_id=meeting_id, at=request.app[CLOCK].now_ms(), trace=new_trace())
    after = await send(bus, INGEST, command)
    try:
        reply = await reply_to(request, command, after, request.app[SETTINGS].erase_wait_s)
    except MeetingGoneError:
        reply = None
        if receipt := await receipt_of(bus, meeting_id):
            return respond(receipt)
    if not isinstance(reply, MeetingErased):
        raise no_reply(f"the meeting is not erased yet: {await absence_of(bus, request.app[CLOCK], INGEST)}", command)
    await history.forget(deliveries)
    await give_back_place(bus, request.app[CLOCK], meeting_id, state)
    await bus.redis.zrem(MeetingKeys(meeting_id).shard.listing(request[CALLER].tenant), meeting_id)
    log.info("meeting.erased", meeting_id=meeting_id)
    return respond(receipt_from(reply))


async def receipt_of(bus: Bus, meeting_id: str) -> EraseReceipt | None:
    """Of a meeting that was erased a moment ago. Raises MeetingGoneError for one that is not kept."""
    if await bus.redis.exists(MeetingKeys(meeting_id).state):
        return None
    for entry in await bus.timeline(meeting_id):
        if isinstance(event := decoded(entry), MeetingErased):
            return receipt_from(event)
    raise MeetingGoneError(meeting_id)


def receipt_from(event: MeetingErased) -> EraseReceipt:
    return EraseReceipt(meeting_id=event.meeting_id, stores=event.stores, erased_at=event.at)
