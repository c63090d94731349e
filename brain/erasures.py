"""One person's words, erased at their wish: once, and later what turns out to be theirs."""

from shared.bus import Write
from shared.erased import without
from shared.events import (
    AnswerChatted,
    ChapterNoted,
    EraseWords,
    Event,
    LineHeard,
    QuestionAnswered,
    QuestionFailed,
    SentenceComposed,
    SpeakerCorrected,
    SpeechCut,
    SpeechStarted,
    WordsErased,
    effect,
)
from shared.sessions import OwnedMeeting
from shared.streams import INGEST

IN_THE_MEETING = "in the meeting"
"""Who it was, in the audit log: nobody's name."""
MADE_OF_WORDS = (
    *(SentenceComposed, QuestionAnswered, QuestionFailed, AnswerChatted),
    *(SpeechStarted, SpeechCut, ChapterNoted),
)
"""These may have been in the making when the words were erased."""


class Erasures:
    """Of one owned meeting."""

    def __init__(self, meeting: OwnedMeeting) -> None:
        self._meeting = meeting
        self._done: set[str] = set()
        """Ids of commands."""
        self._erased: dict[str, WordsErased] = {}
        """The last of each participant."""
        self._ends_ms: dict[str, int] = {}
        """Of each line, in source time."""

    def remember(self, fact: Event) -> None:
        if isinstance(fact, WordsErased):
            self._done.add(fact.cause_id)
            self._erased[fact.participant_id] = fact

    async def note(self, fact: Event) -> None:
        self.remember(fact)
        if isinstance(fact, LineHeard):
            self._ends_ms[fact.line.id] = fact.line.end_ms
            await self._erase_line(fact, fact.line.id, fact.line.participant_id)
        elif isinstance(fact, SpeakerCorrected):
            await self._erase_line(fact, fact.line_id, fact.participant_id)
        elif isinstance(fact, MADE_OF_WORDS):
            for erased in [one for one in self._erased.values() if without(fact, one) != fact]:
                await self._erase_late(fact, erased)

    def wanted(self, cause: Event, participant_id: str) -> EraseWords | None:
        """None when that was done, or nobody can tell whose words they are: what they said since then is kept."""
        command = self._command(cause, participant_id)
        return command if participant_id and command.id not in self._done else None

    def _command(self, cause: Event, participant_id: str, until_ms: int = 0) -> EraseWords:
        told = {"participant_id": participant_id, "until_ms": until_ms, "by": IN_THE_MEETING}
        return effect(EraseWords, cause, "erase-words", self._meeting.clock, **told)

    async def _erase_line(self, cause: Event, line_id: str, participant_id: str) -> None:
        """They had said it by then, and only now it is known as theirs."""
        erased = self._erased.get(participant_id)
        if erased and self._ends_ms.get(line_id, 0) <= erased.until_ms:
            await self._erase_late(cause, erased)

    async def _erase_late(self, cause: Event, erased: WordsErased) -> None:
        """What they have said since then is kept."""
        command = self._command(cause, erased.participant_id, max(1, erased.until_ms))
        await self._meeting.write(Write(send=(INGEST, command)))
