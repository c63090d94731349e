"""One meeting as this process hears it: what is not yet in Redis, and the last seconds of what is."""

import asyncio
from collections import deque

from ingest.outbox import Outbox
from shared.events import Event
from shared.streams import MeetingKeys


class Intake:
    """One meeting as this process hears it."""

    def __init__(self, meeting_id: str) -> None:
        self.meeting_id, self.keys = meeting_id, MeetingKeys(meeting_id)
        self.tracks: dict[str, Outbox] = {}
        self.facts: deque[Event] = deque()
        """Facts not yet on the timeline."""
        self.gone = asyncio.Event()
        """Set when the meeting was erased: nothing of it is taken any more."""
        self.origin_ms: float | None = None
        """Unix ms of source time 0, as this process knows it."""
        self.waits_since_s: float | None = None
        """When the oldest of what is not in Redis came, by the loop's clock; None where Redis has all of it."""
        self.dropped_at = 0
        """When audio last went untranscribed, to keep within the cap; Unix ms."""
        self.is_off_record = False
        """Nothing of what is said now is taken."""
        self.sockets = 0
        self.silent_since_ms = 0
        """When the last socket closed; the platform may dial again and go on where it stopped."""
        self.landed_ms: dict[str, int] = {}
        """By track: the end of the last chunk that Redis has."""
        self.news = asyncio.Event()
        """Set when more of any track is in Redis; then there is a new one."""

    def land(self, track: str, end_ms: int) -> None:
        """Redis has everything up to there."""
        self.landed_ms[track] = max(end_ms, self.landed_ms.get(track, 0))
        self.news.set()
        self.news = asyncio.Event()

    @property
    def is_idle(self) -> bool:
        return not self.facts and all(outbox.is_empty for outbox in self.tracks.values())
