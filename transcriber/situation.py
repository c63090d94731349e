"""What all tracks of a meeting share."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping

import msgspec

from shared.events import (
    AudioEnded,
    ConsentAnnounced,
    Event,
    GapFound,
    HearingRecovered,
    HearingTroubled,
    MeetingStateChanged,
    ParticipantJoined,
    ParticipantRenamed,
    RecordPaused,
    RecordResumed,
    Settings,
    VocabularyChanged,
)
from shared.meetings import OFF_THE_RECORD, Status, Trouble
from shared.streams import AUDIO_CAP_MS, ORIGIN, SETTINGS
from transcriber.own_voice import OwnVoice
from transcriber.speakers import SpeakerBook
from transcriber.vocabulary import terms_of

ENDLESS_MS = 1 << 60


class Situation:
    """Who is there, who spoke when, what is missing, and whether more audio will come. Fed with the meeting's facts."""

    def __init__(self, state: Mapping[str, str]) -> None:
        """`state` is the meeting's, as it is at the beginning."""
        settings = msgspec.json.decode(state.get(SETTINGS, "{}"), type=Settings)
        self.language, self._title, self._vocabulary = settings.language, settings.title, settings.vocabulary
        self.origin_ms = int(state.get(ORIGIN, 0))
        """Unix ms of source time 0; 0 while nobody knows."""
        self.speakers = SpeakerBook()
        self.own_voice = OwnVoice()
        self._names: dict[str, str] = {}
        self._pauses: list[tuple[int, int]] = []
        """When the platform did not record, Unix ms."""
        self.missing_ms: defaultdict[str, int] = defaultdict(int)
        """By track."""
        self._gaps: set[str] = set()
        """Ids: a successor may tell a gap once more."""
        self.troubles: set[tuple[str, str]] = set()
        """Told and not over, by track and kind."""
        self.had_sound_without_words = False
        self.off_record, self.on_record = asyncio.Event(), asyncio.Event()
        self.off_from_ms = 0
        """Words after this are not kept; 0: from when it was noticed."""
        self.announced = asyncio.Event()
        """People know that it listens, or need not be told."""
        if settings.announce == "none":
            self.announced.set()
        self.audio_ended = asyncio.Event()
        self.heard_ms = 0
        """End of the audio, once it has ended."""
        self.expected_ms = 0
        """Where the platform's recording ended, as far as anybody knows."""

    @property
    def vocabulary(self) -> tuple[str, ...]:
        return terms_of(self._title, self._vocabulary, self._names.values())

    def note(self, fact: Event) -> None:
        self.speakers.note(fact)
        self.own_voice.note(fact)
        match fact:
            case ParticipantJoined() | ParticipantRenamed():
                self._names[fact.participant_id] = fact.name
            case VocabularyChanged():
                self._vocabulary = fact.vocabulary
            case MeetingStateChanged():
                self._note_status(fact)
            case RecordPaused() | RecordResumed() | ConsentAnnounced():
                self._note_consent(fact)
            case GapFound():
                self._note_gap(fact)
            case HearingTroubled() | HearingRecovered():
                self._note_trouble(fact)
            case AudioEnded():
                self.heard_ms, self.expected_ms = fact.heard_ms, fact.expected_ms
                self.audio_ended.set()

    def _note_consent(self, fact: RecordPaused | RecordResumed | ConsentAnnounced) -> None:
        if isinstance(fact, ConsentAnnounced):
            self.announced.set()
            return
        is_off = isinstance(fact, RecordPaused)
        self.off_from_ms = fact.from_ms if isinstance(fact, RecordPaused) else 0
        for event, is_set in ((self.off_record, is_off), (self.on_record, not is_off)):
            event.set() if is_set else event.clear()

    def _note_gap(self, fact: GapFound) -> None:
        """What people wanted off the record is not missing."""
        if fact.id not in self._gaps and fact.cause != OFF_THE_RECORD:
            self.missing_ms[fact.track] += fact.to_ms - fact.from_ms
        self._gaps.add(fact.id)

    def _note_trouble(self, fact: HearingTroubled | HearingRecovered) -> None:
        if isinstance(fact, HearingRecovered):
            self.troubles.discard((fact.track, fact.trouble))
            return
        self.troubles.add((fact.track, fact.trouble))
        self.had_sound_without_words |= fact.trouble == Trouble.NO_WORDS

    def _note_status(self, fact: MeetingStateChanged) -> None:
        at_ms = fact.reported_at_ms or fact.at
        if self._pauses and self._pauses[-1][1] == ENDLESS_MS:
            self._pauses[-1] = self._pauses[-1][0], at_ms
        if fact.status in {Status.IN_CALL, Status.DENIED}:
            self._pauses.append((at_ms, ENDLESS_MS))

    def cause_of(self, from_ms: int, to_ms: int, dropped_before_ms: int) -> str:
        """Why there is no audio between these source times."""
        if to_ms <= dropped_before_ms:
            return f"no transcriber was there for {AUDIO_CAP_MS // 60_000} minutes"
        first, last = self.origin_ms + from_ms, self.origin_ms + to_ms
        was_paused = self.origin_ms and any(begin < last and end > first for begin, end in self._pauses)
        return "the recording was paused" if was_paused else "no audio came from the meeting platform"
