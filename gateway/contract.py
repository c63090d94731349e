"""What callers send and what they get; the OpenAPI document is made of these structs."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from shared.events import Cite
from shared.events import Settings as MeetingSettings

DEFAULTS = MeetingSettings()


class Request(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A body or a query string; a field nobody knows is refused, so that a typing error is not ignored."""


class JoinRequest(Request, frozen=True, kw_only=True):
    """The meeting to join, and how to behave in it."""

    meeting_url: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=2048,
            description="The link people click to join",
            examples=["https://meet.google.com/abc-defg-hij"],
        ),
    ]
    bot_name: Annotated[str, Meta(min_length=1, max_length=100, description="Its name in the meeting")] = (
        DEFAULTS.bot_name
    )
    language: Annotated[
        str, Meta(pattern="^([a-z]{2,3}(-[A-Za-z0-9]{2,8})*|multi)$", description="BCP 47 tag, such as en or de-AT")
    ] = DEFAULTS.language
    answer_when: Annotated[
        Literal["asked", "addressed", "never"],
        Meta(description="asked: over HTTP only; addressed: also by its name in the meeting; never: not aloud"),
    ] = "addressed"
    speak: Annotated[bool, Meta(description="false keeps it silent in the meeting")] = DEFAULTS.speak
    retention_hours: Annotated[float, Meta(gt=0, le=87_600, description="How long what was said is kept")] | None = None
    metadata: Annotated[
        dict[Annotated[str, Meta(max_length=40)], Annotated[str, Meta(max_length=500)]],
        Meta(max_length=50, description="Yours; given back, never read"),
    ] = {}


class AskRequest(Request, frozen=True, kw_only=True):
    """A question about the meeting so far."""

    question: Annotated[str, Meta(min_length=1, max_length=2000, examples=["Who will talk to the platform group?"])]
    speak: Annotated[bool, Meta(description="Say the answer in the meeting")] = True
    asked_by: Annotated[str, Meta(max_length=100, description="Who asks, for the record")] = ""


class SayRequest(Request, frozen=True, kw_only=True):
    """A text to be said in the meeting."""

    text: Annotated[str, Meta(min_length=1, max_length=2000)]


class ListQuery(Request, frozen=True, kw_only=True):
    """Which part of the list."""

    limit: Annotated[int, Meta(ge=1, le=200)] = 50
    cursor: Annotated[str, Meta(max_length=64, description="`next_cursor` of the page before")] = ""


class BriefQuery(Request, frozen=True, kw_only=True):
    """Which part of the meeting."""

    since: Annotated[
        str,
        Meta(
            pattern=r"^([0-9]{1,9}|([0-9]{1,2}:)?[0-9]{1,2}:[0-9]{2})$",
            description="Only what was said from here on: milliseconds from the start, or h:mm:ss",
        ),
    ] = "0"


class WatchQuery(Request, frozen=True, kw_only=True):
    """Where to go on."""

    after: Annotated[
        str, Meta(pattern=r"^[0-9]{1,15}(-[0-9]{1,15})?$", description="The id of the last event seen; 0 for all")
    ] = "0"


class NoQuery(Request, frozen=True, kw_only=True):
    """Nothing."""


class MeetingCreated(msgspec.Struct, frozen=True, kw_only=True):
    """The platform took the bot."""

    meeting_id: str
    status: str
    platform: str
    bot_name: str
    created_at: int
    """Unix ms."""


class MeetingSummary(MeetingCreated, frozen=True, kw_only=True):
    """A meeting in the list."""

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
    lines: int
    last_line_at: int | None
    """Unix ms."""
    missing_s: float
    """Audio that never came."""
    verdict: str | None
    """complete, partial, silent or lost; null while the transcript is not finished."""


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


class MeetingLeft(msgspec.Struct, frozen=True, kw_only=True):
    """The bot is out."""

    meeting_id: str
    already: bool
    """There was nothing left to leave."""


class EraseReceipt(msgspec.Struct, frozen=True, kw_only=True):
    """Everything kept of the meeting is gone."""

    meeting_id: str
    stores: dict[str, int]
    """What was erased, with counts."""
    erased_at: int
    """Unix ms."""


class TranscriptLine(msgspec.Struct, frozen=True, kw_only=True):
    """One utterance; times count from the first audio."""

    id: str
    speaker: str
    start_ms: int
    end_ms: int
    text: str


class TranscriptGap(msgspec.Struct, frozen=True, kw_only=True):
    """Audio that never came."""

    track: str
    from_ms: int
    to_ms: int
    cause: str


class Transcript(msgspec.Struct, frozen=True, kw_only=True):
    """What was said, by time."""

    meeting_id: str
    lines: list[TranscriptLine]
    gaps: list[TranscriptGap]
    complete: bool
    """The meeting is over and every second of it has its words."""


class Liveness(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the event loop turns."""

    alive: bool
    loop_late_ms: int


class Dependency(msgspec.Struct, frozen=True, kw_only=True):
    """One thing the system needs."""

    ready: bool
    problems: list[str]
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
