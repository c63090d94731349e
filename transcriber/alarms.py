"""Tells when a track's words are late or may be missing, and when that is over. Each once."""

from collections.abc import Mapping

import structlog

from shared.bus import Write
from shared.events import HearingRecovered, HearingTroubled
from shared.meetings import Trouble
from shared.sessions import OwnedMeeting
from transcriber import metrics
from transcriber.situation import Situation

WORRYING_MS = 6_000
"""Behind what is said; looked at every two seconds, so that it is named within ten."""

log = structlog.get_logger()


class Alarms:
    """Of one track. What a predecessor told is known from the timeline."""

    def __init__(self, meeting: OwnedMeeting, situation: Situation, track: str) -> None:
        self._meeting, self._situation, self._track = meeting, situation, track

    async def show(self, troubles: Mapping[Trouble, str], among: frozenset[Trouble]) -> None:
        """Of the kinds in `among`, exactly these are there now."""
        for trouble in sorted(among):
            if trouble in troubles:
                await self.begin(trouble, troubles[trouble])
            else:
                await self.end(trouble)

    def tell_lag(self, lag_ms: int, engine: str) -> None:
        """To who looks at the process's health, before the meeting itself is told."""
        name = f"words of {self._meeting.id} ({self._track})"
        if lag_ms > WORRYING_MS:
            self._meeting.health.worry(name, f"{engine} has told nothing of the last {lag_ms // 1000} s")
        else:
            self._meeting.health.calm(name)

    async def begin(self, trouble: Trouble, explanation: str) -> None:
        if (self._track, trouble) in self._situation.troubles:
            return
        self._situation.troubles.add((self._track, trouble))
        now_ms = self._meeting.clock.now_ms()
        fact = HearingTroubled(
            id=f"{self._meeting.id}/{self._track}/{trouble}/{now_ms}",
            meeting_id=self._meeting.id,
            at=now_ms,
            track=self._track,
            trouble=trouble,
            explanation=explanation,
        )
        metrics.troubles.labels(trouble).inc()
        log.warning("hearing.troubled", track=self._track, trouble=trouble)
        await self._meeting.write(Write(facts=(fact,)))

    async def end(self, trouble: Trouble) -> None:
        if (self._track, trouble) not in self._situation.troubles:
            return
        self._situation.troubles.discard((self._track, trouble))
        now_ms = self._meeting.clock.now_ms()
        fact = HearingRecovered(
            id=f"{self._meeting.id}/{self._track}/{trouble}/{now_ms}/over",
            meeting_id=self._meeting.id,
            at=now_ms,
            track=self._track,
            trouble=trouble,
        )
        await self._meeting.write(Write(facts=(fact,)))
