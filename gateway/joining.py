"""Joining a meeting: one bot per call, however often it is asked for."""

import functools
import secrets
from collections.abc import Mapping
from itertools import chain
from typing import cast

import msgspec
import structlog
from aiohttp import web

from gateway.admission import ensure_room
from gateway.answers import flat, respond
from gateway.bodies import body_of
from gateway.callers import CALLER
from gateway.config import GatewaySettings
from gateway.contract import MeetingCreated
from gateway.idempotency import CLAIM
from gateway.places import Place
from gateway.problems import ProblemError, wrong_field
from gateway.replies import no_reply, refused, reply_to
from gateway.requests import JoinRequest
from gateway.resources import BUS, CLOCK, SETTINGS
from gateway.sending import absence_of
from gateway.statuses import summary_of
from gateway.tenant_caps import TenantCap
from gateway.vocabulary import cleaned
from shared import streams
from shared.bus import Bus
from shared.events import (
    CODEC,
    AnyEvent,
    JoinMeeting,
    JoinRefused,
    MeetingRequested,
    Settings,
)
from shared.meeting_urls import MeetingLink, parse_meeting_url
from shared.meetings import Status
from shared.recent_writes import Probe
from shared.rooms import PLATFORM_NAME, room_link
from shared.streams import INGEST, SHARDS, MeetingKeys, ShardKeys, new_meeting_id
from shared.tracing import new_trace

HOUR_MS = 3_600_000
LONGEST_MEETING_MS = 24 * HOUR_MS
"""Longer than any bot stays."""

log = structlog.get_logger()


async def join(request: web.Request) -> web.Response:
    """Sends the bot, and answers once the platform took it or refused."""
    wanted = await body_of(request, JoinRequest)
    link = link_of(wanted)
    bus, claim = request.app[BUS], request[CLAIM]
    if not claim.known("first"):
        await ensure_room(request)
    meeting_id = await claim.remember("meeting_id", new_meeting_id(await less_busy_shard(bus)))
    first = claim.known("first") or await first_meeting(request, wanted, link, meeting_id)
    if first != meeting_id:
        return joined_already(first, await bus.state(first))
    command = JoinMeeting(
        id=claim.command_id,
        meeting_id=meeting_id,
        at=int(await claim.remember("at", str(request.app[CLOCK].now_ms()))),
        trace=new_trace(),
        meeting_url=link.url,
        settings=settings_of(wanted, link, request.app[SETTINGS]),
        public_url=request.app[SETTINGS].public_url.rstrip("/"),
    )
    if claim.sent_after is None:
        await admit(request, command, link)
        await create(bus, command, link, request[CALLER].tenant)
        await claim.mark_sent(b"0")
        log.info("meeting.requested", meeting_id=meeting_id, platform=link.platform)
    reply = await reply_to(request, command, b"0", request.app[SETTINGS].join_wait_s)
    return await joined(request, command, reply, link)


async def first_meeting(request: web.Request, wanted: JoinRequest, link: MeetingLink, meeting_id: str) -> str:
    """The meeting for which the bot is in this call: this one, unless another was first. A new room has no other."""
    if not link.key:
        return meeting_id
    place = Place(request.app[BUS], request.app[CLOCK], request[CALLER].tenant, link)
    return await request[CLAIM].remember("first", await place.take(meeting_id, force=wanted.force))


async def admit(request: web.Request, command: JoinMeeting, link: MeetingLink) -> None:
    """Raises ProblemError when the tenant is in as many meetings as it may be; then the place is free again."""
    bus, clock, tenant = request.app[BUS], request.app[CLOCK], request[CALLER].tenant
    try:
        await TenantCap(bus, clock, tenant, request.app[SETTINGS].tenant_meetings).admit(command.meeting_id)
    except ProblemError as refusal:
        await Place(bus, clock, tenant, link).give_back(command.meeting_id)
        raise await request[CLAIM].failed(refusal) from refusal


def joined_already(meeting_id: str, state: Mapping[str, str]) -> web.Response:
    head = summary_of(meeting_id, state)
    created = MeetingCreated(
        meeting_id=meeting_id,
        status=head.status,
        platform=head.platform,
        bot_name=head.bot_name,
        created_at=head.created_at,
        joined_already=True,
    )
    return respond(created, headers={"Location": where_of(meeting_id)})


def where_of(meeting_id: str) -> str:
    return f"/meetings/{meeting_id}/status"


def link_of(wanted: JoinRequest) -> MeetingLink:
    """Raises ProblemError."""
    try:
        return room_link(wanted.meeting_url) or parse_meeting_url(wanted.meeting_url)
    except ValueError as error:
        problem, _, remedy = str(error).rpartition(": ")
        raise wrong_field("meeting_url", problem or remedy, remedy, slug="invalid-meeting-url") from error


def settings_of(wanted: JoinRequest, link: MeetingLink, own: GatewaySettings) -> Settings:
    """Raises ProblemError."""
    return Settings(
        bot_name=wanted.bot_name,
        language=wanted.language,
        answer_when=wanted.answer_when,
        speak=wanted.speak,
        barge_in=wanted.barge_in,
        outlet=outlet_of(wanted, link, own),
        retention_hours=own.retention_hours if wanted.retention_hours is None else wanted.retention_hours,
        metadata=wanted.metadata,
        # In a room there is no chat: its page says that it listens before anybody comes in.
        announce="none" if link.platform == PLATFORM_NAME else wanted.announce,
        invited_by=flat(wanted.invited_by),
        title=flat(wanted.title),
        vocabulary=cleaned(wanted.vocabulary),
    )


def outlet_of(wanted: JoinRequest, link: MeetingLink, own: GatewaySettings) -> str:
    """Raises ProblemError."""
    if link.platform == PLATFORM_NAME:
        return "room"
    outlet = own.outlet if wanted.outlet == "auto" else wanted.outlet
    if outlet == "auto":
        return "media" if own.public_url.startswith("https://") else "clips"
    if outlet == "media" and not own.public_url:
        remedy = "ask for `clips`, or have PUBLIC_URL set, where the bot finds the page that it speaks through"
        raise wrong_field("outlet", "is not possible here", remedy)
    return outlet


async def less_busy_shard(bus: Bus) -> int:
    """Of two random ones: nearly as even as counting all."""
    shards = secrets.randbelow(SHARDS), secrets.randbelow(SHARDS)
    pipe = bus.redis.pipeline(transaction=False)
    for shard in shards:
        pipe.scard(ShardKeys(shard).active)
    meetings = cast("list[int]", await pipe.execute())
    return shards[0] if meetings[0] <= meetings[1] else shards[1]


async def create(bus: Bus, command: JoinMeeting, link: MeetingLink, tenant: str) -> None:
    """The meeting, its place among the others and the command: all or nothing, and once."""
    keys = MeetingKeys(command.meeting_id)
    requested = MeetingRequested(
        id=f"{command.id}/requested",
        meeting_id=command.meeting_id,
        at=command.at,
        trace=command.trace,
        platform=link.platform,
        settings=command.settings,
    )
    shard = keys.shard
    streams_written = [keys.timeline, shard.roster, shard.commands(INGEST)]
    names = [keys.state, shard.meetings, shard.active, *streams_written, shard.listing(tenant)]
    names += [shard.due, shard.erased]
    args: list[str | bytes | int] = [command.meeting_id, command.at, *CODEC.encode(requested), *CODEC.encode(command)]
    args.append(latest_end_ms(command))
    args += chain.from_iterable(first_state(command, link, tenant).items())
    if first := cast("bytes", await bus.create_script(names, args)):
        probe = Probe(keys.timeline, first, CODEC.encode(requested)[1])
        bus.remember(probe, functools.partial(create, bus, command, link, tenant))


def first_state(command: JoinMeeting, link: MeetingLink, tenant: str) -> dict[str, str | int]:
    return {
        streams.STATUS: Status.REQUESTED,
        streams.TENANT: tenant,
        streams.PLATFORM: link.platform,
        streams.MEETING_URL: link.url,
        streams.SETTINGS: msgspec.json.encode(command.settings).decode(),
        streams.CREATED_AT: command.at,
        streams.STATUS_AT: command.at,
        streams.SOCKET_TOKEN: secrets.token_hex(32),
    }


def latest_end_ms(command: JoinMeeting) -> int:
    """When a meeting whose end nobody ever told is to be erased, Unix ms."""
    return command.at + LONGEST_MEETING_MS + round(command.settings.retention_hours * HOUR_MS)


async def joined(request: web.Request, command: JoinMeeting, reply: AnyEvent | None, link: MeetingLink) -> web.Response:
    """Raises ProblemError when the platform refused, or nobody replied."""
    if isinstance(reply, JoinRefused):
        raise await refused(request[CLAIM], "join-refused", reply)
    if reply is None:
        why, where = await absence_of(request.app[BUS], request.app[CLOCK], INGEST), where_of(command.meeting_id)
        raise no_reply(f"the bot has not been sent yet: {why}. It may still join: look at GET {where}", command)
    created = MeetingCreated(
        meeting_id=command.meeting_id,
        status=Status.JOINING,
        platform=link.platform,
        bot_name=command.settings.bot_name,
        created_at=command.at,
        joined_already=False,
    )
    return respond(created, status=201, headers={"Location": where_of(command.meeting_id)})
