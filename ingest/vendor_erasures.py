"""What a vendor was asked to erase and has not confirmed yet: a list in Redis that outlives every process.

An entry holds ids alone, so that it may outlive the meeting: nothing in it was said by anybody.
"""

from typing import Self

import msgspec

SOONEST_MS = 2_000
LATEST_MS = 3_600_000
"""Between two tries: as long as it has been asked for already, within these."""


class VendorErasure(msgspec.Struct, frozen=True, kw_only=True):
    """One of them. `bot_id` is empty where it is not known whether there ever was a bot."""

    meeting_id: str
    bot_id: str
    since_ms: int
    tenant: str

    @property
    def member(self) -> str:
        return "|".join((self.meeting_id, self.bot_id, str(self.since_ms), self.tenant))

    @classmethod
    def of(cls, member: bytes) -> Self:
        meeting_id, bot_id, since_ms, tenant = member.decode().split("|", 3)
        return cls(meeting_id=meeting_id, bot_id=bot_id, since_ms=int(since_ms), tenant=tenant)

    def next_at(self, now_ms: int) -> int:
        """Unix ms."""
        return now_ms + min(LATEST_MS, max(SOONEST_MS, now_ms - self.since_ms))
