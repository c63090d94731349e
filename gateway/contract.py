"""What callers get; the OpenAPI document is made of these structs."""

from typing import Literal

import msgspec

from shared.audit import Record
from shared.events import Brief, Cite, Point
from shared.spending import Spending


class MeetingHead(msgspec.Struct, frozen=True, kw_only=True):
    """Which meeting it is."""

    meeting_id: str
    status: str
    platform: str
    bot_name: str
    created_at: int
    """Unix ms."""


class MeetingCreated(MeetingHead, frozen=True, kw_only=True):
    """The platform took the bot; or one was sent into this meeting before."""

    joined_already: bool
    """This is the meeting as it was joined before; `force` sends another bot."""


class MeetingSummary(MeetingHead, frozen=True, kw_only=True):
    """A meeting in the list."""

    title: str
    """What its invitation says, else what its last briefing is about; may be empty."""
    explanation: str
    metadata: dict[str, str]


class MeetingList(msgspec.Struct, frozen=True, kw_only=True):
    """Newest first."""

    meetings: list[MeetingSummary]
    next_cursor: str | None
    """null on the last page."""


class Participant(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody in the meeting."""

    id: str
    name: str


class CoverageGap(msgspec.Struct, frozen=True, kw_only=True):
    """Audio that never came; times count from the first audio."""

    from_s: float
    to_s: float
    cause: str


class TrackCoverage(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the audio of one track. Silence of somebody who is muted counts as what it is: heard."""

    track: str
    """`mixed` for everybody together, else a participant's id."""
    participant: str | None
    received_s: float
    """Audio that came, without what is missing."""
    sent_s: float
    """Of that, handed to the speech engine, each second counted once."""
    returned_s: float
    """Of that, told of by the speech engine."""
    committed_s: float
    """Of that, in the transcript for good."""
    missing_s: float
    """Audio that never came."""
    gaps: list[CoverageGap]


class TroubleNow(msgspec.Struct, frozen=True, kw_only=True):
    """Why words are late or may be missing."""

    track: str
    trouble: str
    explanation: str
    since: int
    """Unix ms."""


class MeetingStatus(MeetingSummary, frozen=True, kw_only=True):
    """How a meeting is."""

    participants: list[Participant]
    """Who is there now."""
    heard_s: float
    """Audio received."""
    committed_s: float
    """Audio that has its words."""
    lag_s: float
    """Received and not yet committed."""
    deaf: bool
    """In the call, but hearing nothing."""
    deaf_because: str
    off_record: bool
    """Nothing is heard or kept until somebody resumes."""
    announced: str
    """How people were told that it listens: chat, aloud or both; `none`: they could not be; empty: not yet."""
    lines: int
    last_line_at: int | None
    """Unix ms."""
    missing_s: float
    """Audio that never came."""
    verdict: str | None
    """complete, partial, silent or lost; null while the transcript is not finished."""
    coverage: list[TrackCoverage]
    spending: Spending
    """What it has used and about what that costs."""
    troubles: list[TroubleNow]


class AnswerTimings(msgspec.Struct, frozen=True, kw_only=True):
    """Where the time between a question and the first sound of its answer went. Moments are Unix ms; 0: not known."""

    request_id: str
    via: str
    """How it was asked: `api`, `voice` or `chat`."""
    last_word_at: int
    """End of the question in the meeting; of one that came over HTTP, when it was taken."""
    final_text_at: int
    addressed_at: int
    model_asked_at: int
    first_token_at: int
    first_sentence_at: int
    voice_asked_at: int
    first_speech_at: int
    """The first byte of the voice."""
    turn_at: int
    """Nobody else spoke."""
    handed_at: int
    """The sound was handed to the way into the meeting."""
    whole_ms: int
    own_ms: int
    """Of that, chimein's own share."""
    vendor_ms: int
    """Of that, the speech engine, the model and the voice."""
    waited_ms: int
    """Of that, until people paused."""


class MeetingTimings(msgspec.Struct, frozen=True, kw_only=True):
    """Every answer of a meeting that was begun to be said, in order."""

    meeting_id: str
    answers: list[AnswerTimings]


class VocabularyKept(msgspec.Struct, frozen=True, kw_only=True):
    """The names and terms as they count from now on: each once, without needless space."""

    meeting_id: str
    vocabulary: list[str]


class RoomEntrance(msgspec.Struct, frozen=True, kw_only=True):
    """How a microphone is heard in a room, and how it hears. Everything here is good for a day."""

    meeting_id: str
    participant_id: str
    """Also the name of its track."""
    bot_name: str
    socket_url: str
    """Where the microphone's sound goes (docs/room.md)."""
    sound_path: str
    """WebSocket of what the assistant says."""
    invitation: str
    """Address of a page through which others come in, without a key."""


class AnswerGiven(msgspec.Struct, frozen=True, kw_only=True):
    """An answer and the lines that it relies on."""

    answer: str
    cites: list[Cite]
    spoken: bool
    """Its sentences were handed to the voice."""
    request_id: str


class AnswerPending(msgspec.Struct, frozen=True, kw_only=True):
    """The answer is not there yet: look again at `Location`."""

    request_id: str
    status: Literal["pending"]
    detail: str


class SaidText(msgspec.Struct, frozen=True, kw_only=True):
    """The text was handed to the voice."""

    request_id: str
    sentences: int


class SpeechHushed(msgspec.Struct, frozen=True, kw_only=True):
    """What was being said stops, what waited is dropped."""

    meeting_id: str


class RecordState(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the meeting is on the record."""

    meeting_id: str
    off_record: bool


class MeetingLeft(msgspec.Struct, frozen=True, kw_only=True):
    """The bot is out."""

    meeting_id: str
    already: bool
    """There was nothing left to leave."""


class AuditPage(msgspec.Struct, frozen=True, kw_only=True):
    """Who did what, newest first."""

    records: list[Record]
    next_before: str | None
    """For the next page; null on the last one."""


class TranscriptWord(msgspec.Struct, frozen=True, kw_only=True):
    """One word as it is printed; times count from the first audio."""

    text: str
    start_ms: int
    end_ms: int
    confidence: float


class TranscriptLine(msgspec.Struct, frozen=True, kw_only=True):
    """One utterance; times count from the first audio."""

    id: str
    speaker: str
    participant_id: str
    """Empty where nobody can tell who it was."""
    start_ms: int
    end_ms: int
    text: str
    confidence: float
    """0 to 1; 1 where the speech engine does not tell."""
    language: str
    """BCP 47; empty where the speech engine does not tell."""
    words: list[TranscriptWord] | msgspec.UnsetType = msgspec.UNSET
    """Only with `?words=true`."""


class TranscriptGap(msgspec.Struct, frozen=True, kw_only=True):
    """Audio that never came."""

    track: str
    from_ms: int
    to_ms: int
    cause: str


class CoverageSummary(msgspec.Struct, frozen=True, kw_only=True):
    """How complete the transcript is."""

    heard_s: float
    """Audio received, without what is missing."""
    missing_s: float
    """Audio that never came."""
    verdict: str | None
    """complete, partial, silent or lost; null while the transcript is not finished."""
    gaps: int
    """How many; each is among `gaps` of the transcript."""
    summary: str
    """The same as a sentence."""


class Transcript(msgspec.Struct, frozen=True, kw_only=True):
    """What was said, by time."""

    meeting_id: str
    lines: list[TranscriptLine]
    gaps: list[TranscriptGap]
    complete: bool
    """The meeting is over and every second of it has its words."""
    coverage: CoverageSummary


class Briefing(Brief, frozen=True, kw_only=True):
    """A briefing, and how much of the meeting it can know of."""

    coverage: str
    mentions: list[Point] | msgspec.UnsetType = msgspec.UNSET
    """Where the person of `about` was spoken of or to, in the words that were said."""


class SignedIn(msgspec.Struct, frozen=True, kw_only=True):
    """Who is calling."""

    tenant: str
    scopes: list[str]
    """What the key may do: read, ask, manage, admin."""
    session_ends_at: int | None
    """Unix ms, if nothing is called until then; null without a browser session."""


class Liveness(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the event loop turns."""

    alive: bool
    loop_late_ms: int


class Dependency(msgspec.Struct, frozen=True, kw_only=True):
    """One thing the system needs."""

    ready: bool
    problems: list[str]
    concerns: list[str] = []
    """What is wrong with some of its processes, or with single meetings, while the others are well."""
    since: int | None
    """Unix ms at which this gateway first saw it wrong; null when all is well."""
    workers: int
    """Live processes of this role."""


class Readiness(msgspec.Struct, frozen=True, kw_only=True):
    """Whether meetings can be served, with every dependency by name."""

    ready: bool
    dependencies: dict[str, Dependency]


class FieldProblem(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong with one field."""

    field: str
    problem: str
    remedy: str


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """RFC 9457 problem details."""

    type: str
    title: str
    status: int
    detail: str
    instance: str = ""
    errors: list[FieldProblem] = []
    meeting_id: str = ""
    request_id: str = ""
