"""Joining, leaving and erasing a meeting."""

import secrets
from typing import Any, cast

import msgspec
import structlog
from aiohttp import web

from gateway.answers import respond
from gateway.bodies import body_of, meeting_id_of
from gateway.contract import EraseReceipt, JoinRequest, MeetingCreated, MeetingLeft
from gateway.idempotency import CLAIM, Claim
from gateway.live import Live, decoded
from gateway.metrics import reply_s
from gateway.problems import ProblemError, failed_stage, wrong_field
from gateway.resources import BUS, CLOCK, LIVE, SETTINGS
from gateway.sending import absence_of, send
from shared import streams
from shared.bus import Bus
from shared.errors import Category, MeetingGoneError
from shared.events import (
    CODEC,
    AnyEvent,
    BotJoined,
    BotLeft,
    EraseMeeting,
    Event,
    JoinMeeting,
    JoinRefused,
    LeaveMeeting,
    LeaveRefused,
    MeetingErased,
    MeetingRequested,
    Settings,
    new_id,
    new_trace,
    tag_of,
)
from shared.meeting_urls import MeetingLink, parse_meeting_url
from shared.meetings import FINAL, Status
from shared.streams import INGEST, SHARDS, MeetingKeys, ShardKeys, new_meeting_id

ROSTER_KEPT = 1000
TENANT = "default"

log = structlog.get_logger()


# -- join --------------------------------------------------------------------------------------------------------


async def join(request: web.Request) -> web.Response:
    """Sends the bot, and answers once the platform took it or refused."""
    wanted = await body_of(request, JoinRequest)
    link = link_of(wanted)
    bus, claim = request.app[BUS], request[CLAIM]
    meeting_id = await claim.remember("meeting_id", new_meeting_id(await less_busy_shard(bus)))
    command = JoinMeeting(
        id=claim.command_id,
        meeting_id=meeting_id,
        at=int(await claim.remember("at", str(request.app[CLOCK].now_ms()))),
        trace=new_trace(),
        meeting_url=link.url,
        settings=settings_of(wanted, request.app[SETTINGS].retention_hours),
    )
    if claim.sent_after is None:
        await create(bus, command, link)
        await claim.mark_sent(b"0")
        log.info("meeting.requested", meeting_id=meeting_id, platform=link.platform)
    reply = await reply_to(request, command, b"0", request.app[SETTINGS].join_wait_s)
    return await joined(request, command, reply, link)


def link_of(wanted: JoinRequest) -> MeetingLink:
    """Raises ProblemError."""
    try:
        return parse_meeting_url(wanted.meeting_url)
    except ValueError as error:
        problem, _, remedy = str(error).rpartition(": ")
        raise wrong_field("meeting_url", problem or remedy, remedy, slug="invalid-meeting-url") from error


def settings_of(wanted: JoinRequest, retention_hours: float) -> Settings:
    return Settings(
        bot_name=wanted.bot_name,
        language=wanted.language,
        answer_when=wanted.answer_when,
        speak=wanted.speak,
        retention_hours=wanted.retention_hours or retention_hours,
        metadata=wanted.metadata,
    )


async def less_busy_shard(bus: Bus) -> int:
    """Of two random ones: nearly as even as counting all."""
    shards = secrets.randbelow(SHARDS), secrets.randbelow(SHARDS)
    pipe = bus.redis.pipeline(transaction=False)
    for shard in shards:
        pipe.scard(ShardKeys(shard).active)
    meetings = cast("list[int]", await pipe.execute())
    return shards[0] if meetings[0] <= meetings[1] else shards[1]


async def create(bus: Bus, command: JoinMeeting, link: MeetingLink) -> None:
    """The meeting, its place among the others and the command: all or nothing, and once."""
    keys = MeetingKeys(command.meeting_id)
    if await bus.redis.exists(keys.state):
        return
    requested = MeetingRequested(
        id=f"{command.id}/requested",
        meeting_id=command.meeting_id,
        at=command.at,
        trace=command.trace,
        platform=link.platform,
        settings=command.settings,
    )
    pipe = bus.redis.pipeline(transaction=True)
    pipe.hset(keys.state, mapping=first_state(command, link))
    pipe.zadd(keys.shard.meetings, {command.meeting_id: command.at})
    pipe.sadd(keys.shard.active, command.meeting_id)
    pipe.xadd(keys.timeline, entry_of(requested))
    pipe.xadd(keys.shard.roster, {"meeting": command.meeting_id}, maxlen=ROSTER_KEPT, approximate=True)
    pipe.xadd(keys.shard.commands(INGEST), entry_of(command))
    await pipe.execute()


def first_state(command: JoinMeeting, link: MeetingLink) -> dict[Any, Any]:
    return {
        streams.STATUS: Status.REQUESTED,
        streams.TENANT: TENANT,
        streams.PLATFORM: link.platform,
        streams.MEETING_URL: link.url,
        streams.SETTINGS: msgspec.json.encode(command.settings).decode(),
        streams.CREATED_AT: command.at,
        streams.STATUS_AT: command.at,
        streams.SOCKET_TOKEN: secrets.token_hex(32),
    }


def entry_of(event: Event) -> dict[Any, Any]:
    kind, body = CODEC.encode(event)
    return {CODEC.TYPE: kind, CODEC.BODY: body}


async def joined(request: web.Request, command: JoinMeeting, reply: AnyEvent | None, link: MeetingLink) -> web.Response:
    """Raises ProblemError when the platform refused, or nobody replied."""
    if isinstance(reply, JoinRefused):
        raise await refused(request[CLAIM], "join-refused", reply)
    if reply is None:
        where = f"/meetings/{command.meeting_id}/status"
        why = await absence_of(request.app[BUS], request.app[CLOCK], INGEST)
        raise no_reply(f"the bot has not been sent yet: {why}. It may still join: look at GET {where}", command)
    created = MeetingCreated(
        meeting_id=command.meeting_id,
        status=Status.JOINING,
        platform=link.platform,
        bot_name=command.settings.bot_name,
        created_at=command.at,
    )
    return respond(created, status=201, headers={"Location": f"/meetings/{command.meeting_id}/status"})


# -- leave and erase -----------------------------------------------------------------------------------------------


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


# -- replies -------------------------------------------------------------------------------------------------------

REPLIES = (BotJoined, JoinRefused, BotLeft, LeaveRefused, MeetingErased)


async def reply_to(request: web.Request, command: Event, after: bytes, wait_s: float) -> AnyEvent | None:
    """What ingest made of the command; None when time is over."""
    live: Live = request.app[LIVE]
    begun = request.app[CLOCK].now_ms()
    with live.wait(command.meeting_id, command.id, after, wait_s) as waiter:
        reply = await waiter.first(*REPLIES)
    outcome = tag_of(type(reply)) if reply else "none"
    reply_s.labels(tag_of(type(command)), outcome).observe((request.app[CLOCK].now_ms() - begun) / 1000)
    return reply


async def refused(claim: Claim, slug: str, reply: JoinRefused | LeaveRefused) -> ProblemError:
    return await claim.failed(failed_stage(slug, reply.reason, reply.category).about(reply.meeting_id))


def no_reply(detail: str, command: Event) -> ProblemError:
    return failed_stage("no-reply", detail, Category.TIMEOUT).about(command.meeting_id)
