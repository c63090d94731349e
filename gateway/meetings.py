"""Leaving and erasing: a meeting, or all meetings of a tenant."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any, cast

from aiohttp import web

from gateway.answers import respond
from gateway.auditing import who_of
from gateway.bodies import meeting_id_of
from gateway.callers import CALLER
from gateway.contract import MeetingLeft
from gateway.hooks.history import History
from gateway.idempotency import CLAIM
from gateway.places import give_back_place
from gateway.problems import failed_stage
from gateway.receipts import EraseReceipt, TenantErased
from gateway.replies import no_reply, refused, reply_to
from gateway.resources import BUS, CLOCK, SETTINGS
from gateway.sending import absence_of, send
from gateway.vendors import vendor_erasure
from shared import streams
from shared.bus import Bus, decoded
from shared.errors import Category, MeetingGoneError
from shared.events import BotLeft, EraseMeeting, LeaveMeeting, LeaveRefused, MeetingErased, new_id
from shared.meetings import FINAL
from shared.streams import INGEST, SHARDS, MeetingKeys, ShardKeys
from shared.tracing import new_trace

AT_ONCE = 20


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
    erased = await erased_now(request, meeting_id)
    if erased is None:
        reason = await absence_of(bus, request.app[CLOCK], INGEST)
        raise failed_stage("no-reply", f"the meeting is not erased yet: {reason}", Category.TIMEOUT).about(meeting_id)
    return respond(erased)


async def erased_now(request: web.Request, meeting_id: str) -> EraseReceipt | None:
    """None where it is not erased within the time; it will be. Raises MeetingGoneError."""
    bus = request.app[BUS]
    state = await bus.state(meeting_id)
    history = History(bus, state.get(streams.TENANT, "default"))
    deliveries = [one.id for one in await history.of_meeting(meeting_id)]
    command = EraseMeeting(
        id=new_id(),
        meeting_id=meeting_id,
        at=request.app[CLOCK].now_ms(),
        trace=new_trace(),
        by=who_of(request).name,
    )
    after = await send(bus, INGEST, command)
    try:
        reply = await reply_to(request, command, after, request.app[SETTINGS].erase_wait_s)
    except MeetingGoneError:
        reply = None
    receipt = receipt_from(reply) if isinstance(reply, MeetingErased) else await receipt_if_gone(bus, meeting_id)
    if receipt:
        await history.forget(deliveries)
        await give_back_place(bus, request.app[CLOCK], meeting_id, state)
        await bus.redis.zrem(MeetingKeys(meeting_id).shard.listing(request[CALLER].tenant), meeting_id)
    return receipt


async def receipt_if_gone(bus: Bus, meeting_id: str) -> EraseReceipt | None:
    """Somebody else may have erased it meanwhile."""
    with contextlib.suppress(MeetingGoneError):
        return await receipt_of(bus, meeting_id)
    return None


async def receipt_of(bus: Bus, meeting_id: str) -> EraseReceipt | None:
    """Of a meeting that was erased a moment ago. Raises MeetingGoneError for one that is not kept."""
    if await bus.redis.exists(MeetingKeys(meeting_id).state):
        return None
    for entry in await bus.timeline(meeting_id):
        if isinstance(event := decoded(entry), MeetingErased):
            return receipt_from(event)
    raise MeetingGoneError(meeting_id)


def receipt_from(event: MeetingErased) -> EraseReceipt:
    vendors = [vendor_erasure(name, state) for name, state in event.vendors.items()]
    return EraseReceipt(meeting_id=event.meeting_id, stores=event.stores, vendors=vendors, erased_at=event.at)


# -- all of a tenant -----------------------------------------------------------------------------------------------


async def erase_tenant(request: web.Request) -> web.Response:
    """Every meeting of the caller's tenant, a few at a time."""
    tenant = who_of(request).tenant
    found = [meeting_id async for meeting_id in meetings_of(request.app[BUS], tenant)]
    at_once = asyncio.Semaphore(AT_ONCE)
    outcomes = await asyncio.gather(*(erased_quietly(request, one, at_once) for one in found))
    erased = [meeting_id for meeting_id, is_erased in zip(found, outcomes, strict=True) if is_erased]
    return respond(TenantErased(erased=erased, pending=[one for one in found if one not in erased]))


async def erased_quietly(request: web.Request, meeting_id: str, at_once: asyncio.Semaphore) -> bool:
    """One that is gone meanwhile is erased too."""
    async with at_once:
        try:
            return await erased_now(request, meeting_id) is not None
        except MeetingGoneError:
            return True


async def meetings_of(bus: Bus, tenant: str) -> AsyncIterator[str]:
    for shard in map(ShardKeys, range(SHARDS)):
        members = cast("list[bytes]", await bus.redis.zrange(shard.listing(tenant), 0, -1))
        for member in members:
            meeting_id = member.decode()
            owner: bytes | None = await cast("Any", bus.redis.hget(MeetingKeys(meeting_id).state, streams.TENANT))
            if owner is not None and owner.decode() == tenant:
                yield meeting_id
