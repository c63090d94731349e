"""What callers send; the OpenAPI document is made of these structs."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from shared.events import Settings as MeetingSettings

DEFAULTS = MeetingSettings()
Vocabulary = Annotated[
    list[Annotated[str, Meta(max_length=60)]],
    Meta(
        max_length=100,
        description="Names and terms that are likely to be said, so that they are written right",
        examples=[["Kubernetes", "Ada Lovelace", "OKR"]],
    ),
]


class Request(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A body or a query string; a field nobody knows is refused, so that a typing error is not ignored."""


class JoinRequest(Request, frozen=True, kw_only=True):
    """The meeting to join, and how to behave in it."""

    meeting_url: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=2048,
            description="The link people click to join; `room:` opens a room in the browser, `room:weekly` one that "
            "everybody who says so shares",
            examples=["https://meet.google.com/abc-defg-hij", "room:"],
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
    barge_in: Annotated[bool, Meta(description="It falls silent when somebody talks over it")] = DEFAULTS.barge_in
    outlet: Annotated[
        Literal["auto", "media", "clips"],
        Meta(
            description="How it speaks: `media`, a page in the bot, at once; `clips`, a sentence at a time; `auto`: as "
            "this server is set"
        ),
    ] = "auto"
    retention_hours: (
        Annotated[
            float,
            Meta(ge=0, le=87_600, description="How long it is kept after its end; 0: erased a minute after its end"),
        ]
        | None
    ) = None
    announce: Annotated[
        Literal["chat", "aloud", "both", "none"],
        Meta(description="How people in the meeting are told that it listens, what is kept and how to object"),
    ] = "chat"
    invited_by: Annotated[
        str, Meta(max_length=100, description="Who is named there as the one who invited it", examples=["Ada Lovelace"])
    ] = ""
    title: Annotated[
        str, Meta(max_length=200, description="What the meeting is about", examples=["Platform stand-up"])
    ] = ""
    vocabulary: Vocabulary = []
    force: Annotated[bool, Meta(description="Send a bot even if one was sent into this meeting already")] = False
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


class VocabularyRequest(Request, frozen=True, kw_only=True):
    """The names and terms from now on, in place of those before."""

    vocabulary: Vocabulary


class EnterRequest(Request, frozen=True, kw_only=True):
    """Who comes into a room with a microphone."""

    participant_id: Annotated[
        str, Meta(pattern=r"^(p-[0-9a-f]{12})?$", description="As it was given before, to come back as the same person")
    ] = ""


class ListQuery(Request, frozen=True, kw_only=True):
    """Which part of the list."""

    limit: Annotated[int, Meta(ge=1, le=200)] = 50
    cursor: Annotated[
        str, Meta(pattern=r"^([0-9]{1,15}\.m-[0-9a-f-]{1,40})?$", description="`next_cursor` of the page before")
    ] = ""


class AuditQuery(Request, frozen=True, kw_only=True):
    """Which part of the audit log."""

    limit: Annotated[int, Meta(ge=1, le=1000)] = 100
    before: Annotated[
        str, Meta(pattern=r"^([0-9]{1,15}-[0-9]{1,15})?$", description="`next_before` of the page before")
    ] = ""


class MediaQuery(Request, frozen=True, kw_only=True):
    """Where the bot's page goes on after it had lost its connection."""

    after: Annotated[str, Meta(pattern=r"^([0-9]{1,15}-[0-9]{1,15})?$")] = ""


class BriefQuery(Request, frozen=True, kw_only=True):
    """Which part of the meeting, at what length, and for whom."""

    since: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=200,
            description="Only what was said from here on: milliseconds from the start, h:mm:ss, the id of a line, "
            "or `joined:` and a name for what somebody missed who came late",
            examples=["0:30:00", "joined:Maya"],
        ),
    ] = "0"
    until: Annotated[
        str, Meta(max_length=200, description="Only what was said up to here, as in `since`; up to now without it")
    ] = ""
    level: Annotated[
        Literal["glance", "short", "full"],
        Meta(description="`glance`: 100 words; `short`: without the key points; `full`"),
    ] = "full"
    about: Annotated[
        str, Meta(max_length=100, description="Adds `mentions`: where this person was spoken of or to")
    ] = ""


class TranscriptQuery(Request, frozen=True, kw_only=True):
    """How much of it; files other than JSON have no words of their own."""

    words: Annotated[bool, Meta(description="Each line with its words and their times")] = False


class WatchQuery(Request, frozen=True, kw_only=True):
    """Where to begin, or to go on."""

    after: Annotated[
        str,
        Meta(pattern=r"^([0-9]{1,15}(-[0-9]{1,15})?)?$", description="The id of the last frame seen; 0 for all"),
    ] = ""
    snapshot: Annotated[
        bool,
        Meta(
            description="Begin with one frame that holds the meeting so far, instead of all its events. "
            "Who comes back with an id goes on there"
        ),
    ] = False


class NoQuery(Request, frozen=True, kw_only=True):
    """Nothing."""
