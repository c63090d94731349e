"""Recall's webhooks as structs, of today's form and of the one before. Pure."""

from datetime import datetime

import msgspec
import structlog

from gateway.problems import ProblemError
from shared import lenient
from shared.streams import shard_of

WATCHED = ("bot.", "realtime_endpoint.")
"""Beginnings of the events that may say something to us."""
LOUD = frozenset({"error", "warning"})
LONGEST_CODE = 60

log = structlog.get_logger()


class Failure(msgspec.Struct, frozen=True):
    """Why a real-time socket failed."""

    code: str = ""


class Status(msgspec.Struct, frozen=True):
    """What happened to the bot, or to a socket of its; codes are open strings."""

    code: str = ""
    sub_code: str | None = None
    updated_at: str = ""
    created_at: str = ""
    error: Failure | None = None


class Bot(msgspec.Struct, frozen=True):
    """Whose it is: the metadata that it was made with comes back."""

    id: str = ""
    metadata: dict[str, object] = {}


class LogLine(msgspec.Struct, frozen=True):
    """What the bot notes; its text may name people, so it is not even read."""

    level: str = ""


class Report(msgspec.Struct, frozen=True):
    """The data of a webhook, of today's form (`data`) or of the one before (`status`, `bot_id`)."""

    data: Status | None = None
    status: Status | None = None
    bot: Bot = Bot()
    bot_id: str = ""
    log: LogLine | None = None


class Webhook(msgspec.Struct, frozen=True):
    """A webhook that may say something to us."""

    event: str
    data: Report

    @property
    def status(self) -> Status | None:
        """The bot's new status; None where the event is about something else."""
        status = self.data.data or self.data.status
        return status if status and status.code and self.event.startswith("bot.") else None

    @property
    def bot_id(self) -> str:
        return self.data.bot.id or self.data.bot_id

    @property
    def meeting_id(self) -> str | None:
        """As the bot's metadata have it; None for a bot that is not ours, and in the older form, which has none."""
        named = self.data.bot.metadata.get("meeting_id")
        return named if isinstance(named, str) and is_meeting_id(named) else None

    @property
    def complaint(self) -> str | None:
        """The code of what went wrong at the platform though the bot goes on."""
        if self.event == "realtime_endpoint.failed":
            failed = self.data.data or Status()
            return (failed.error.code if failed.error else failed.code)[:LONGEST_CODE]
        level = self.data.log.level.lower() if self.data.log else ""
        return level if level in LOUD else None


class Envelope(msgspec.Struct, frozen=True):
    """What every webhook has."""

    event: str


def read(body: bytes) -> Webhook | None:
    """None for what says nothing to us. Raises ProblemError for what is no JSON object with an event."""
    try:
        envelope = msgspec.json.decode(body, type=Envelope)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ProblemError(400, "malformed-json", "the body is not a webhook") from error
    if not envelope.event.startswith(WATCHED):
        return None
    try:
        return lenient.decode(body, Webhook)
    except (msgspec.ValidationError, RecursionError):
        log.warning("webhook.unreadable", event_type=envelope.event[:LONGEST_CODE])
        return None


def is_meeting_id(text: str) -> bool:
    try:
        shard_of(text)
    except ValueError:
        return False
    return True


def unix_ms_of(status: Status, otherwise: int) -> int:
    """When it was so."""
    try:
        return round(datetime.fromisoformat(status.updated_at or status.created_at).timestamp() * 1000)
    except (ValueError, OverflowError):
        return otherwise
