"""What Recall sends over the real-time socket, decoded once per message.

The shape is that of Recall's documentation, "Real-Time Event Payloads": audio and participant events share an
envelope, and differ in `event`.
"""

import msgspec

from shared import lenient
from shared.clock import Clock
from shared.errors import DecodeError
from shared.events import (
    ChatReceived,
    Event,
    ParticipantJoined,
    ParticipantLeft,
    ParticipantRenamed,
    SpeakingStarted,
    SpeakingStopped,
)

MIXED_AUDIO = "audio_mixed_raw.data"
SEPARATE_AUDIO = "audio_separate_raw.data"


class Timestamp(msgspec.Struct, frozen=True):
    """`relative`: seconds since the recording began; of audio, those of the first sample."""

    relative: float = 0.0
    absolute: str | None = None
    """ISO 8601."""


class Participant(msgspec.Struct, frozen=True):
    """A participant, numbered within the call."""

    id: int | float | str
    name: str | None = None
    is_host: object = None

    @property
    def key(self) -> str:
        """One text, whichever form the number has."""
        return f"{self.id:g}" if isinstance(self.id, float) else str(self.id)


class Chat(msgspec.Struct, frozen=True):
    """The inner data of a chat message."""

    text: str = ""
    to: str = "everyone"


class Inner(msgspec.Struct, frozen=True):
    """The event's own data. `buffer` is base64 on the wire: S16LE, 16 kHz, mono."""

    timestamp: Timestamp = Timestamp()
    buffer: bytes = b""
    participant: Participant | None = None
    data: Chat | None = None


class Outer(msgspec.Struct, frozen=True):
    """Beside `data` stand ids of the endpoint, the recording and the bot, which the socket's URL already tells."""

    data: Inner


class Frame(msgspec.Struct, frozen=True):
    """One message."""

    event: str
    data: Outer

    @property
    def is_audio(self) -> bool:
        return self.event in AUDIO


FACTS: dict[str, type[Event]] = {
    "join": ParticipantJoined,
    "leave": ParticipantLeft,
    "update": ParticipantRenamed,
    "speech_on": SpeakingStarted,
    "speech_off": SpeakingStopped,
}
AUDIO = frozenset({MIXED_AUDIO, SEPARATE_AUDIO})
PEOPLE = "participant_events."
KNOWN = AUDIO | {f"{PEOPLE}{name}" for name in (*FACTS, "chat_message")}
DECODER = msgspec.json.Decoder(Frame)
NOTHING = Outer(Inner())


class Envelope(msgspec.Struct, frozen=True):
    """What every message has."""

    event: str


def decode(message: str | bytes) -> Frame:
    """Raises DecodeError."""
    try:
        return DECODER.decode(message)
    except (msgspec.DecodeError, RecursionError):
        return decode_oddity(message)


def decode_oddity(message: str | bytes) -> Frame:
    """A known event with nulls or numbers as text is read all the same; one that nobody knows says nothing."""
    try:
        event = msgspec.json.decode(message, type=Envelope).event
        if event not in KNOWN:
            return Frame(event, NOTHING)
        return lenient.decode(message, Frame)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise DecodeError("recall frame", str(error)) from error


def fact_of(frame: Frame, meeting_id: str, source_ms: int, clock: Clock) -> Event | None:
    """The fact that a participant event tells, or None for an event that is none of ours.

    The id is made of what happened, so that two sockets of one bot tell one fact.
    """
    inner = frame.data.data
    if inner.participant is None:
        return None
    person = {
        "id": f"{meeting_id}/{frame.event}/{inner.participant.key}/{source_ms}",
        "meeting_id": meeting_id,
        "at": clock.now_ms(),
        "participant_id": inner.participant.key,
        "name": inner.participant.name or f"Participant {inner.participant.key}",
    }
    name = frame.event.removeprefix(PEOPLE)
    if name == "chat_message" and inner.data is not None:
        return msgspec.convert({**person, "text": inner.data.text, "to": inner.data.to}, ChatReceived)
    kind = FACTS.get(name)
    extra = {"is_host": inner.participant.is_host is True, "source_ms": source_ms}
    return msgspec.convert({**person, **extra}, kind) if kind else None
