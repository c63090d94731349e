"""Recall's status webhooks: verified, then passed on as a command. They may come twice and in any order."""

import hashlib
from collections.abc import Mapping
from datetime import datetime

import msgspec
import structlog
from aiohttp import web

from gateway import metrics
from gateway.bodies import raw_body
from gateway.config import is_loopback
from gateway.doors import is_local_name
from gateway.problems import ProblemError
from gateway.resources import BUS, CLOCK, SETTINGS
from gateway.sending import send
from gateway.signatures import delivery_id_of, is_signed
from shared.errors import MeetingGoneError
from shared.events import ReportBotStatus, new_trace
from shared.streams import INGEST, shard_of

log = structlog.get_logger()


class BotStatus(msgspec.Struct, frozen=True):
    """What happened to the bot; codes are open strings."""

    code: str
    sub_code: str | None = None
    updated_at: str = ""
    created_at: str = ""


class Bot(msgspec.Struct, frozen=True):
    """Whose it is: the metadata that it was made with comes back."""

    id: str = ""
    metadata: dict[str, object] = {}


class StatusReport(msgspec.Struct, frozen=True):
    """The data of a webhook, of today's form (`data`) or of the one before (`status`)."""

    data: BotStatus | None = None
    status: BotStatus | None = None
    bot: Bot = Bot()
    bot_id: str = ""


class Webhook(msgspec.Struct, frozen=True):
    """A status webhook."""

    event: str
    data: StatusReport


class Envelope(msgspec.Struct, frozen=True):
    """What every webhook has."""

    event: str


async def take_recall(request: web.Request) -> web.Response:
    """204 also for what says nothing to us: anything else makes Recall send it again and again."""
    body = await raw_body(request)
    check(request, body)
    command = command_of(request.headers, body, request.app[CLOCK].now_ms())
    outcome = "ignored"
    if command is not None:
        try:
            await send(request.app[BUS], INGEST, command)
            outcome = "passed on"
        except MeetingGoneError:
            outcome = "unknown meeting"
    metrics.webhooks.labels(outcome).inc()
    log.info("webhook.taken", outcome=outcome, code=command.code[:60] if command else "")
    return web.Response(status=204)


def check(request: web.Request, body: bytes) -> None:
    """Raises ProblemError unless the webhook is Recall's, or comes from this machine while no secret is set."""
    settings = request.app[SETTINGS]
    if settings.webhook_secrets:
        if is_signed(request.headers, body, settings.webhook_secrets, request.app[CLOCK].now_ms() / 1000):
            return
        metrics.webhooks.labels("refused").inc()
        raise ProblemError(
            401, "bad-signature", "the signature is missing, stale or of another secret than RECALL_WEBHOOK_SECRET"
        )
    if not (is_loopback(settings.bind_host) and is_local_name(request.host)):
        raise ProblemError(
            503, "no-webhook-secret", "set RECALL_WEBHOOK_SECRET to the secret shown in Recall's dashboard"
        )


def command_of(headers: Mapping[str, str], body: bytes, now_ms: int) -> ReportBotStatus | None:
    """None for an event that is not a bot's status, or whose bot is not ours. Raises ProblemError for no JSON."""
    webhook = read(body)
    report = webhook.data if webhook else None
    status = (report.data or report.status) if report else None
    meeting_id = report.bot.metadata.get("meeting_id") if report else None
    if report is None or status is None or not isinstance(meeting_id, str) or not is_meeting_id(meeting_id):
        return None
    unique = delivery_id_of(headers).encode() or body
    return ReportBotStatus(
        id=f"webhook-{hashlib.sha256(unique).hexdigest()[:16]}",
        meeting_id=meeting_id,
        at=now_ms,
        trace=new_trace(),
        bot_id=report.bot.id or report.bot_id,
        code=status.code,
        sub_code=status.sub_code or "",
        updated_at_ms=unix_ms_of(status.updated_at or status.created_at, now_ms),
    )


def read(body: bytes) -> Webhook | None:
    """Raises ProblemError for what is no JSON object with an event."""
    try:
        envelope = msgspec.json.decode(body, type=Envelope)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ProblemError(400, "malformed-json", "the body is not a webhook") from error
    if not envelope.event.startswith("bot."):
        return None
    try:
        return msgspec.json.decode(body, type=Webhook)
    except (msgspec.ValidationError, RecursionError):
        log.warning("webhook.unreadable", event_type=envelope.event[:60])
        return None


def is_meeting_id(text: str) -> bool:
    try:
        shard_of(text)
    except ValueError:
        return False
    return True


def unix_ms_of(timestamp: str, otherwise: int) -> int:
    try:
        return round(datetime.fromisoformat(timestamp).timestamp() * 1000)
    except (ValueError, OverflowError):
        return otherwise
