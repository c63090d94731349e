"""One person's words, erased at their wish: once, and later what turns out to be theirs."""

from shared.bus import Write
from shared.events import EraseWords, Event, LineHeard, SpeakerCorrected, WordsErased, effect
from shared.sessions import OwnedMeeting
from shared.streams import INGEST

IN_THE_MEETING = "in the meeting"
"""Who it was, in the audit log: nobody's name."""


class Erasures:
    """Of one owned meeting."""

    def __init__(self, meeting: OwnedMeeting) -> None:
        self._meeting = meeting
        self._done: set[str] = set()
        """Ids of commands."""
        self._until_ms: dict[str, int] = {}
        """By participant: up to where in source time their words are erased."""
        self._ends_ms: dict[str, int] = {}
        """Of each line, in source time."""

    def remember(self, fact: Event) -> None:
        if isinstance(fact, WordsErased):
            self._done.add(fact.cause_id)
            self._until_ms[fact.participant_id] = fact.until_ms

    async def note(self, fact: Event) -> None:
        self.remember(fact)
        if isinstance(fact, LineHeard):
            self._ends_ms[fact.line.id] = fact.line.end_ms
            await self._erase_late(fact, fact.line.id, fact.line.participant_id)
        elif isinstance(fact, SpeakerCorrected):
            await self._erase_late(fact, fact.line_id, fact.participant_id)

    def wanted(self, cause: Event, participant_id: str) -> EraseWords | None:
        """None when that was done, or nobody can tell whose words they are: what they said since then is kept."""
        command = self._command(cause, participant_id)
        return command if participant_id and command.id not in self._done else None

    def _command(self, cause: Event, participant_id: str) -> EraseWords:
        told = {"participant_id": participant_id, "by": IN_THE_MEETING}
        return effect(EraseWords, cause, "erase-words", self._meeting.clock, **told)

    async def _erase_late(self, cause: Event, line_id: str, participant_id: str) -> None:
        """They had said it by then, and only now it is known as theirs."""
        if self._ends_ms.get(line_id, 0) <= self._until_ms.get(participant_id, -1):
            await self._meeting.write(Write(send=(INGEST, self._command(cause, participant_id))))
