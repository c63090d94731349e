"""How far a meeting was attended to. Whoever takes it over considers what came since, and only remembers the rest:
to weigh every line of three hours anew would hold up all the other meetings, and cost the leases of them all."""

from shared.bus import Entry, Write
from shared.sessions import OwnedMeeting
from shared.streams import ATTENDED
from shared.tail import id_order

AGAIN_MS = 60_000
"""What came so shortly before is considered again: who was just answered needs no name for the next question."""
KEEP_EVERY_MS = 20_000


class Progress:
    """Of one owned meeting."""

    def __init__(self, meeting: OwnedMeeting, attended: str) -> None:
        """`attended`: what the meeting's state has of who attended to it before."""
        self._meeting = meeting
        self._again_ms = id_order(attended.encode())[0] - AGAIN_MS if attended else 0
        self._reached = self._kept = attended.encode() or b"0-0"
        self._kept_at = meeting.clock.now_ms()

    def is_past(self, entry: Entry) -> bool:
        """It was considered, and what was to be done about it is done."""
        return entry.written_at_ms < self._again_ms

    def reach(self, entry: Entry) -> None:
        self._reached = entry.id

    async def keep(self) -> None:
        """Now and then. All that was to be done up to there must have been done."""
        now_ms = self._meeting.clock.now_ms()
        if self._reached != self._kept and now_ms - self._kept_at >= KEEP_EVERY_MS:
            self._kept, self._kept_at = self._reached, now_ms
            await self._meeting.write(Write(state={ATTENDED: self._kept.decode()}))
