"""Recall's Bot object, as far as chimein reads it; what it does not know is passed over."""

from datetime import UTC, datetime

import msgspec

FINAL_CODES = frozenset({"call_ended", "done", "fatal", "analysis_done", "analysis_failed", "media_expired"})
"""After one of these the bot never comes back into the call, whatever follows."""


CLOSED_CODES = FINAL_CODES - {"call_ended"}
"""After one of these nothing is recorded or uploaded any more."""


class StatusChange(msgspec.Struct, frozen=True):
    """A state that a bot came into. `code` and `sub_code` are open sets."""

    code: str = ""
    created_at: datetime = datetime.fromtimestamp(0, UTC)
    sub_code: str | None = None

    @property
    def at_ms(self) -> int:
        """Unix ms."""
        moment = self.created_at if self.created_at.tzinfo else self.created_at.replace(tzinfo=UTC)
        return round(moment.timestamp() * 1000)


class RecordingStatus(msgspec.Struct, frozen=True):
    """`processing`, `paused`, `done`, `failed`, `deleted`, or one that is new."""

    code: str = ""
    sub_code: str | None = None


class Recording(msgspec.Struct, frozen=True):
    """What Recall recorded, kept or not."""

    id: str = ""
    status: RecordingStatus | None = None


class Bot(msgspec.Struct, frozen=True):
    """What Recall tells about a bot."""

    id: str
    status_changes: list[StatusChange] = []
    recordings: list[Recording] = []
    metadata: dict[str, object] | None = None

    @property
    def history(self) -> tuple[StatusChange, ...]:
        """In order of time, in which Recall need not list them; without those that say nothing."""
        return tuple(sorted((one for one in self.status_changes if one.code), key=lambda change: change.at_ms))

    @property
    def status(self) -> StatusChange | None:
        """None until it is dispatched."""
        return self.history[-1] if self.history else None

    @property
    def is_over(self) -> bool:
        return any(change.code in FINAL_CODES for change in self.status_changes)

    @property
    def is_emptied(self) -> bool:
        """It will record nothing more, and of what it recorded nothing is left."""
        is_closed = any(change.code in CLOSED_CODES for change in self.status_changes)
        return is_closed and all(one.status is not None and one.status.code == "deleted" for one in self.recordings)


class BotPage(msgspec.Struct, frozen=True):
    """The first of the pages in which Recall lists bots."""

    results: list[Bot]
