"""Who did what, when, with which meeting: ids only, never a word of it. It outlives the meetings that it tells of."""

import hashlib
from enum import StrEnum
from typing import Any, cast

import msgspec

from shared.bus import Bus, entries_of
from shared.clock import Clock
from shared.streams import AUDIT

KEPT_DAYS = 365.0
DAY_MS = 86_400_000


class Deed(StrEnum):
    """What is written down."""

    JOIN = "join"
    LEAVE = "leave"
    QUESTION = "question"
    SAY = "say"
    BRIEFING = "briefing"
    EXPORT = "export"
    """The transcript was read."""
    WATCH = "watch"
    PAUSE = "pause"
    RESUME = "resume"
    ERASURE = "erasure"
    """A meeting, or all of a tenant."""
    WORDS_ERASED = "words_erased"
    """One person's."""
    EXPIRY = "expiry"
    """Its retention was over."""
    VENDOR_ERASURE = "vendor_erasure"
    """A vendor has confirmed that it keeps nothing."""


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the log."""

    id: str
    """Its place in the log: the Unix ms at which it was written, and a number."""
    deed: str
    by: str
    """The name of the key, or `in the meeting` for people who asked for it there, or `chimein`."""
    meeting_id: str = ""
    request_id: str = ""
    """Of the question, the briefing or the command."""


class AuditLog:
    """One stream per tenant."""

    def __init__(self, bus: Bus, clock: Clock, kept_days: float = KEPT_DAYS) -> None:
        self._redis, self._clock, self._kept_days = bus.redis, clock, kept_days

    async def note(self, tenant: str, deed: Deed, by: str, meeting_id: str = "", request_id: str = "") -> None:
        """What is too old goes at the same time."""
        fields = {"deed": deed, "by": by, "meeting_id": meeting_id, "request_id": request_id}
        oldest_ms = max(0, self._clock.now_ms() - round(self._kept_days * DAY_MS))
        await self._redis.xadd(key_of(tenant), cast("Any", fields), minid=str(oldest_ms), approximate=True)

    async def newest(self, tenant: str, count: int, before: str = "+") -> list[Record]:
        """From the newest, or from before a record's id, backwards."""
        if not before.strip("0-"):
            return []  # nothing is before the first place, and Redis does not take it for an end
        start = before if before == "+" else f"({before}"
        found = entries_of(await self._redis.xrevrange(key_of(tenant), start, "-", count=count))
        return [record_of(entry.id, entry.fields) for entry in found]


def key_of(tenant: str) -> str:
    return AUDIT.format(digest=hashlib.sha256(tenant.encode()).hexdigest()[:32])


def record_of(entry_id: bytes, fields: dict[bytes, bytes]) -> Record:
    text = {name.decode(): value.decode() for name, value in fields.items()}
    return Record(
        id=entry_id.decode(),
        deed=text["deed"],
        by=text["by"],
        meeting_id=text["meeting_id"],
        request_id=text["request_id"],
    )
