"""What Recall's refusals mean, and what a person can do about them.

RATE_LIMIT says that nothing was done. The other passing categories leave open whether something was.
"""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import msgspec

from shared.errors import Category

RATE_LIMITED, EMPTY_POOL = 429, 507

REFUSALS = {
    401: (
        Category.AUTHENTICATION,
        "Recall refused the API key: check RECALL_API_KEY, and that RECALL_REGION is the region it was made in",
    ),
    402: (Category.AUTHENTICATION, "the Recall account has no credit left: top it up on Recall's dashboard"),
    403: (
        Category.AUTHENTICATION,
        "Recall's firewall refused the request: WEBSOCKET_DOMAIN must be a public host, not localhost; "
        "if it is one, Recall's support can tell whether this machine's address is blocked",
    ),
    404: (
        Category.NOT_FOUND,
        "Recall does not know this bot: its data has expired, or RECALL_REGION is not the region it was made in",
    ),
    405: (Category.INVALID, "Recall does not allow this for the bot any more"),
    409: (Category.UNAVAILABLE, "Recall is still working on the same request: try again in a moment"),
    RATE_LIMITED: (
        Category.RATE_LIMIT,
        "Recall limits the rate of requests: try again later, or ask Recall for a higher limit",
    ),
    502: (Category.UNAVAILABLE, "Recall is overloaded: try again in a moment"),
    503: (Category.UNAVAILABLE, "Recall is overloaded: try again in a moment"),
    504: (Category.UNAVAILABLE, "Recall is overloaded: try again in a moment"),
    EMPTY_POOL: (Category.RATE_LIMIT, "Recall has no free bot right now: try again in half a minute"),
}
POOL_REFILL_S = 30.0
LONGEST_DETAIL = 200

OVER = "cannot_command_completed_bot"
UNSTARTED = "cannot_command_unstarted_bot"
ADDRESS = re.compile(r"\w+://\S+")


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """An answer of Recall, whatever its form: JSON, a firewall's HTML, or nothing."""

    status: int
    content: bytes
    retry_after: str = ""

    @property
    def is_ok(self) -> bool:
        return 200 <= self.status < 300  # the HTTP classes

    @property
    def code(self) -> str:
        """Recall's own name of a command error."""
        return str(fields_of(self).get("code", ""))


def category_of(reply: Reply) -> Category:
    if reply.status in REFUSALS:
        return REFUSALS[reply.status][0]
    return Category.UNAVAILABLE if reply.status >= 500 else Category.INVALID


def reason_of(reply: Reply) -> str:
    """A sentence for people."""
    if reply.status in REFUSALS:
        return REFUSALS[reply.status][1]
    if reply.status >= 500:
        return f"Recall failed with HTTP {reply.status}: try again in a moment"
    return f"Recall refused the request with HTTP {reply.status}: {detail_of(reply)}"


def detail_of(reply: Reply) -> str:
    """Recall's complaint, without addresses: they may hold tokens and passcodes."""
    fields = fields_of(reply)
    if "detail" in fields:
        text = str(fields["detail"])
    else:
        text = "; ".join(f"{name}: {complaint_of(said)}" for name, said in fields.items())
    return ADDRESS.sub("(address)", text or "it gave no reason")[:LONGEST_DETAIL]


def complaint_of(said: object) -> str:
    return " ".join(map(str, said)) if isinstance(said, list) else str(said)


def fields_of(reply: Reply) -> dict[str, object]:
    """Empty for anything but a JSON object."""
    try:
        return msgspec.json.decode(reply.content, type=dict[str, object])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}


def retry_after_s_of(reply: Reply, now: datetime | None = None) -> float | None:
    """Seconds, or a date, as HTTP allows both."""
    text = reply.retry_after.strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        due = parsedate_to_datetime(text).astimezone(UTC)
    except (ValueError, OverflowError):
        return POOL_REFILL_S if reply.status == EMPTY_POOL else None
    return max(0.0, (due - (now or datetime.now(UTC))).total_seconds())
