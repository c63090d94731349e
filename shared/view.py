"""What a timeline adds up to: a pure fold, fed one event at a time. An event id that came before changes nothing."""

from bisect import insort
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from shared.erased import SOMEBODY, blank_line, without
from shared.events import (
    Asked,
    BotJoined,
    Brief,
    BriefWritten,
    ChapterNoted,
    ConsentAnnounced,
    Event,
    GapFound,
    HearingRecovered,
    HearingTroubled,
    JoinRefused,
    Line,
    LineHeard,
    MeetingErased,
    MeetingRequested,
    MeetingStateChanged,
    ParticipantJoined,
    ParticipantLeft,
    ParticipantRenamed,
    QuestionAnswered,
    QuestionFailed,
    SentenceComposed,
    Settings,
    SpeakerCorrected,
    SpeechStarted,
    TranscriptCompleted,
    Usage,
    WordsErased,
)
from shared.exchanges import Exchange
from shared.meetings import FINAL, Status
from shared.rooms import is_room_bot


class MeetingView:
    """A meeting so far."""

    def __init__(self) -> None:
        self.status: str = Status.REQUESTED
        self.explanation = ""
        self.settings = Settings()
        self.lines: list[Line] = []
        """By start; a line that is heard again under its id replaces what it was."""
        self.line_ids: set[str] = set()
        self.last_line: LineHeard | None = None
        """The latest on the timeline, which need not be the one that starts last."""
        self.participants: dict[str, str] = {}
        """Who is there now: name by participant id."""
        self.participants_ever: dict[str, str] = {}
        self.joined_at: dict[str, int] = {}
        """When somebody of that name last came in, Unix ms."""
        self.gaps: list[GapFound] = []
        self.troubles: dict[tuple[str, str], HearingTroubled] = {}
        """What keeps words from coming now, by track and kind of trouble."""
        self.exchanges: dict[str, Exchange] = {}
        """By question id, or by the id of the text to be said."""
        self.briefs: dict[tuple[int, int], Brief] = {}
        """The last one from each time up to each time."""
        self.chapters: list[ChapterNoted] = []
        self.usages: dict[str, Usage] = {}
        """Of language models, summed by the model's name."""
        self.characters_spoken: dict[str, int] = {}
        """By voice."""
        self.bot_from = 0
        """When the platform took the bot, Unix ms."""
        self.ended_at = 0
        """Unix ms; 0 while it goes on."""
        self.listening_at: int | None = None
        """When it first began to listen, Unix ms."""
        self.completed: TranscriptCompleted | None = None
        self.erasures = 0
        """How often somebody's words were erased: what was made before is of more than is left."""
        self.announced = ""
        """How people were told that it listens."""
        self._seen: set[str] = set()

    def apply(self, event: Event) -> bool:
        """Returns whether the event was new."""
        if event.id in self._seen:
            return False
        self._seen.add(event.id)
        if fold := FOLDS.get(type(event)):
            fold(self, event)
        return True

    @property
    def brief(self) -> Brief | None:
        """The last one of the whole meeting."""
        return self.briefs.get((0, 0))

    @property
    def origin_ms(self) -> int | None:
        """When source time 0 was, Unix ms; unknown before the first line."""
        last = self.last_line
        return last.at - last.final_after_ms - last.line.end_ms if last else None

    @property
    def questions(self) -> list[Exchange]:
        return [exchange for exchange in self.exchanges.values() if exchange.asked]

    def exchange(self, exchange_id: str) -> Exchange:
        return self.exchanges.setdefault(exchange_id, Exchange(exchange_id))

    def use(self, usage: Usage) -> None:
        before = self.usages.get(usage.model, Usage())
        self.usages[usage.model] = Usage(
            model=usage.model,
            prompt_tokens=before.prompt_tokens + usage.prompt_tokens,
            cached_tokens=before.cached_tokens + usage.cached_tokens,
            completion_tokens=before.completion_tokens + usage.completion_tokens,
        )

    def enter(self, status: str, explanation: str = "") -> None:
        self.status, self.explanation = status, explanation
        if status in FINAL:
            self.participants.clear()


def on_requested(view: MeetingView, event: MeetingRequested) -> None:
    view.settings = event.settings


def on_bot_joined(view: MeetingView, event: BotJoined) -> None:
    view.bot_from = view.bot_from or (0 if is_room_bot(event.bot_id) else event.at)
    if view.status == Status.REQUESTED:
        view.enter(Status.JOINING)


def on_join_refused(view: MeetingView, event: JoinRefused) -> None:
    view.enter(Status.FAILED, event.reason)


def on_state_changed(view: MeetingView, event: MeetingStateChanged) -> None:
    view.enter(event.status, event.explanation)
    if event.status in FINAL:
        view.ended_at = view.ended_at or event.at
    if event.status == Status.LISTENING and view.listening_at is None:
        view.listening_at = event.at


def on_erased(view: MeetingView, _: MeetingErased) -> None:
    view.enter(Status.ERASED)


def on_words_erased(view: MeetingView, event: WordsErased) -> None:
    """Nothing of it stays in memory either."""
    view.erasures += 1
    view.lines = [blank_line(line) if line.id in event.line_ids else line for line in view.lines]
    if view.last_line:
        view.last_line = without(view.last_line, event)
    view.briefs.clear()
    view.chapters = [chapter for chapter in view.chapters if event.line_ids.isdisjoint(chapter.line_ids)]
    for exchange in view.exchanges.values():
        exchange.forget(event)
    for people in (view.participants, view.participants_ever):
        if event.participant_id in people:
            view.joined_at.pop(people[event.participant_id], None)
            people[event.participant_id] = SOMEBODY


def on_participant_joined(view: MeetingView, event: ParticipantJoined) -> None:
    view.participants[event.participant_id] = event.name
    view.participants_ever[event.participant_id] = event.name
    view.joined_at[event.name] = event.at


def on_participant_left(view: MeetingView, event: ParticipantLeft) -> None:
    view.participants.pop(event.participant_id, None)


def on_participant_renamed(view: MeetingView, event: ParticipantRenamed) -> None:
    view.participants_ever[event.participant_id] = event.name
    if event.participant_id in view.participants:
        view.participants[event.participant_id] = event.name


def on_line_heard(view: MeetingView, event: LineHeard) -> None:
    if event.line.id in view.line_ids:
        view.lines = [line for line in view.lines if line.id != event.line.id]
    insort(view.lines, event.line, key=start_of)
    view.line_ids.add(event.line.id)
    view.last_line = event


def start_of(line: Line) -> int:
    return line.start_ms


def on_speaker_corrected(view: MeetingView, event: SpeakerCorrected) -> None:
    for index, line in enumerate(view.lines):
        if line.id == event.line_id:
            told = {"speaker": event.speaker, "participant_id": event.participant_id}
            view.lines[index] = msgspec.structs.replace(line, **told)


def on_troubled(view: MeetingView, event: HearingTroubled) -> None:
    view.troubles[event.track, event.trouble] = event


def on_recovered(view: MeetingView, event: HearingRecovered) -> None:
    view.troubles.pop((event.track, event.trouble), None)


def on_gap_found(view: MeetingView, event: GapFound) -> None:
    insort(view.gaps, event, key=gap_start_of)


def gap_start_of(gap: GapFound) -> int:
    return gap.from_ms


def on_completed(view: MeetingView, event: TranscriptCompleted) -> None:
    view.completed = event
    view.troubles.clear()


def on_asked(view: MeetingView, event: Asked) -> None:
    view.exchange(event.question_id).asked = event


def on_sentence_composed(view: MeetingView, event: SentenceComposed) -> None:
    view.exchange(event.cause_id).sentences.setdefault(event.n, event)


def on_answered(view: MeetingView, event: QuestionAnswered) -> None:
    view.exchange(event.cause_id).answered = event
    view.use(event.usage)


def on_failed(view: MeetingView, event: QuestionFailed) -> None:
    view.exchange(event.cause_id).failed = event


def on_brief_written(view: MeetingView, event: BriefWritten) -> None:
    view.briefs[event.brief.since_ms, event.brief.until_ms] = event.brief
    view.use(event.usage)


def on_chapter_noted(view: MeetingView, event: ChapterNoted) -> None:
    view.chapters.append(event)
    view.use(event.usage)


def on_speech_started(view: MeetingView, event: SpeechStarted) -> None:
    view.characters_spoken[event.voice] = view.characters_spoken.get(event.voice, 0) + len(event.text)


def on_consent_announced(view: MeetingView, event: ConsentAnnounced) -> None:
    view.announced = event.via


FOLDS: Mapping[type[Event], Callable[[MeetingView, Any], None]] = {
    MeetingRequested: on_requested,
    BotJoined: on_bot_joined,
    JoinRefused: on_join_refused,
    MeetingStateChanged: on_state_changed,
    MeetingErased: on_erased,
    WordsErased: on_words_erased,
    ParticipantJoined: on_participant_joined,
    ParticipantLeft: on_participant_left,
    ParticipantRenamed: on_participant_renamed,
    LineHeard: on_line_heard,
    SpeakerCorrected: on_speaker_corrected,
    HearingTroubled: on_troubled,
    HearingRecovered: on_recovered,
    GapFound: on_gap_found,
    TranscriptCompleted: on_completed,
    Asked: on_asked,
    SentenceComposed: on_sentence_composed,
    QuestionAnswered: on_answered,
    QuestionFailed: on_failed,
    BriefWritten: on_brief_written,
    ChapterNoted: on_chapter_noted,
    SpeechStarted: on_speech_started,
    ConsentAnnounced: on_consent_announced,
}
