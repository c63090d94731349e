"""Names for what is said on a mixed track."""

from typing import NamedTuple

from shared.erased import SOMEBODY
from shared.events import (
    AudioEnded,
    Event,
    Line,
    LineHeard,
    ParticipantJoined,
    ParticipantRenamed,
    SpeakerCorrected,
    SpeakingStarted,
    SpeakingStopped,
    WordsErased,
)
from shared.streams import MIXED
from transcriber.hindsight import LATE_MS, Hindsight
from transcriber.opinions import Judge
from transcriber.turns import Turns
from transcriber.voices import Voices

KEEP_MS = 15 * 60_000
"""Longer than audio waits to be heard."""
UNKNOWN = "Speaker "
SPOKE_MS = 1000
"""Less may be the platform's lateness."""


class Correction(NamedTuple):
    line_id: str
    participant_id: str
    speaker: str


class SpeakerBook:
    """Fed with the meeting's facts; those that it does not need are ignored. Whoever is fed the same knows the same."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._turns, self._voices = Turns(), Voices()
        self._judge = Judge(self._turns, self._voices)
        self._hindsight = Hindsight(self._judge, self._voices)
        self._reached_ms = 0

    def note(self, fact: Event) -> None:
        match fact:
            case ParticipantJoined() | ParticipantRenamed():
                self._names[fact.participant_id] = fact.name or self.name_of(fact.participant_id)
            case SpeakingStarted() | SpeakingStopped():
                self._note_turn(fact)
            case LineHeard(line=line) if line.track == MIXED:
                self._note_line(line)
            case WordsErased():
                self._names[fact.participant_id] = SOMEBODY
                self._hindsight.drop(fact.line_ids)
            case SpeakerCorrected():
                self._hindsight.note_correction(fact.line_id, fact.participant_id)
            case AudioEnded():
                self._reach(fact.heard_ms + LATE_MS)

    def name_of(self, participant_id: str) -> str:
        """Empty for somebody unknown."""
        return self._names.get(participant_id, "")

    def who(self, start_ms: int, end_ms: int, voice: str = "") -> tuple[str, str]:
        """The id and the name of who spoke in this stretch; no id, and the voice's number, where nobody can tell."""
        number = self._voices.number(voice)
        participant_id = self._judge.opinion(start_ms, end_ms, voice).participant_id
        return participant_id, self._called(participant_id) if participant_id else f"{UNKNOWN}{number}"

    def spoke(self, participant_id: str, from_ms: int, to_ms: int) -> bool:
        """Whether the platform noticed them speaking for a good part of this stretch."""
        claims = self._turns.claims(from_ms, to_ms)
        return any(claim.participant_id == participant_id and claim.sure_ms >= SPOKE_MS for claim in claims)

    def corrections(self) -> tuple[Correction, ...]:
        """Lines that are somebody else's than was told, each once. To be asked when all facts so far are noted."""
        due = self._hindsight.take_due()
        return tuple(Correction(line_id, one, self._called(one)) for line_id, one in due.items())

    def _called(self, participant_id: str) -> str:
        return self.name_of(participant_id) or f"Participant {participant_id}"

    def _note_turn(self, fact: SpeakingStarted | SpeakingStopped) -> None:
        """Its name may be older than the one that is known."""
        self._names[fact.participant_id] = self.name_of(fact.participant_id) or fact.name
        self._turns.note(fact.participant_id, fact.source_ms, is_start=isinstance(fact, SpeakingStarted))
        self._hindsight.note_turn(fact.source_ms)
        self._reach(fact.source_ms)

    def _note_line(self, line: Line) -> None:
        number = line.speaker.removeprefix(UNKNOWN)
        self._voices.number(line.voice, int(number) if not line.participant_id and number.isdecimal() else 0)
        self._hindsight.note_line(line)
        self._reach(line.end_ms)

    def _reach(self, source_ms: int) -> None:
        self._reached_ms = max(self._reached_ms, source_ms)
        self._hindsight.reach(self._reached_ms)
        self._hindsight.forget(self._reached_ms - KEEP_MS)
        self._turns.forget(self._reached_ms - KEEP_MS)
