"""Recall's status webhooks: verified, then passed on as a command. They may come twice and in any order."""

import hashlib
from typing import Any, cast

import structlog
from aiohttp import web
from redis.asyncio import Redis

from gateway import metrics
from gateway.bodies import raw_body
from gateway.config import is_loopback
from gateway.doors import is_local_name
from gateway.problems import ProblemError
from gateway.recall_reports import LONGEST_CODE, Webhook, read, unix_ms_of
from gateway.resources import BUS, CLOCK, SETTINGS
from gateway.sending import meeting_with, send
from shared.errors import MeetingGoneError
from shared.events import ReportBotStatus
from shared.signatures import Delivery, delivery_of
from shared.streams import INGEST, WEBHOOK_AT, WEBHOOK_SEEN
from shared.tracing import new_trace

SEEN_KEPT_S = 3 * 24 * 3600
"""Longer than the platform tries to deliver."""

log = structlog.get_logger()


async def take_recall(request: web.Request) -> web.Response:
    """204 also for what says nothing to us: anything else makes Recall send it again and again."""
    body = await raw_body(request)
    delivery = checked(request, body)
    if delivery and await is_repeated(request.app[BUS].redis, delivery):
        outcome = "repeated"
    else:
        outcome = await pass_on(request, read(body), f"webhook-{digest_of(delivery.id if delivery else body)}")
    if delivery:
        await remember(request.app[BUS].redis, delivery)
    metrics.webhooks.labels(outcome).inc()
    log.info("webhook.taken", outcome=outcome)
    return web.Response(status=204)


# -- the door ------------------------------------------------------------------------------------------------------


def checked(request: web.Request, body: bytes) -> Delivery | None:
    """None where it comes from this machine while no secret is set. Raises ProblemError unless it is Recall's."""
    settings = request.app[SETTINGS]
    if settings.webhook_secrets:
        now_s = request.app[CLOCK].now_ms() / 1000
        if delivery := delivery_of(request.headers, body, settings.webhook_secrets, now_s):
            return delivery
        raise refused(
            "bad-signature", "the signature is missing, stale or of another secret than RECALL_WEBHOOK_SECRET"
        )
    if not (is_loopback(settings.bind_host) and is_local_name(request.host)):
        raise ProblemError(
            503, "no-webhook-secret", "set RECALL_WEBHOOK_SECRET to the secret shown in Recall's dashboard"
        )
    return None


async def is_repeated(redis: Redis, delivery: Delivery) -> bool:
    """Sent once more by the platform, signed anew. Raises ProblemError for a copy of what was sent before."""
    newest: bytes | None = await cast("Any", redis.get(seen_key(delivery)))
    if newest is not None and delivery.signed_at_s <= int(newest):
        raise refused("replayed", "this very delivery was taken before")
    return newest is not None


async def remember(redis: Redis, delivery: Delivery) -> None:
    """Only when its command is sent: a gateway that dies before has not lost it."""
    await cast("Any", redis.set(seen_key(delivery), delivery.signed_at_s, ex=SEEN_KEPT_S))


def seen_key(delivery: Delivery) -> str:
    return WEBHOOK_SEEN.format(digest=digest_of(delivery.id))


def digest_of(what: str | bytes) -> str:
    raw = what if isinstance(what, bytes) else what.encode(errors="surrogateescape")
    return hashlib.sha256(raw).hexdigest()[:32]


def refused(slug: str, detail: str) -> ProblemError:
    metrics.webhooks.labels("refused").inc()
    return ProblemError(401, slug, detail)


# -- what it says --------------------------------------------------------------------------------------------------


async def pass_on(request: web.Request, webhook: Webhook | None, command_id: str) -> str:
    """Returns what came of it."""
    if webhook and webhook.complaint is not None:
        log.warning("platform.complained", event_type=webhook.event, code=webhook.complaint)
    if webhook is None or webhook.status is None:
        return "ignored"
    command = await command_of(request, webhook, command_id)
    if command is None:
        return "ignored"
    try:
        await send(request.app[BUS], INGEST, command, state={WEBHOOK_AT: command.at})
    except MeetingGoneError:
        return "unknown meeting"
    log.info("bot.reported", meeting_id=command.meeting_id, code=command.code[:LONGEST_CODE])
    return "passed on"


async def command_of(request: web.Request, webhook: Webhook, command_id: str) -> ReportBotStatus | None:
    """None where the bot is not ours. The older form of webhook names only the bot."""
    now_ms, status = request.app[CLOCK].now_ms(), webhook.status
    meeting_id = webhook.meeting_id
    if meeting_id is None and webhook.data.bot_id:
        meeting_id = await meeting_with(request.app[BUS], webhook.data.bot_id)
    if meeting_id is None or status is None:
        return None
    return ReportBotStatus(
        id=command_id,
        meeting_id=meeting_id,
        at=now_ms,
        trace=new_trace(),
        bot_id=webhook.bot_id,
        code=status.code,
        sub_code=status.sub_code or "",
        updated_at_ms=unix_ms_of(status, now_ms),
    )
