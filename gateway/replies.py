"""Waiting for what ingest makes of a command, and telling a caller who waited in vain."""

from aiohttp import web

from gateway.idempotency import Claim
from gateway.live import Live
from gateway.metrics import reply_s
from gateway.problems import ProblemError, failed_stage
from gateway.resources import CLOCK, LIVE
from shared.errors import Category
from shared.events import (
    AnyEvent,
    BotJoined,
    BotLeft,
    Event,
    JoinRefused,
    LeaveRefused,
    MeetingErased,
    WordsErased,
    tag_of,
)

REPLIES = (BotJoined, JoinRefused, BotLeft, LeaveRefused, MeetingErased, WordsErased)


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
