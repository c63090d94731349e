"""The messages of Recall's real-time socket, in the documented form."""

import base64
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import msgspec

MIXED = "audio_mixed_raw.data"
SEPARATE = "audio_separate_raw.data"


class Origin(msgspec.Struct, frozen=True, kw_only=True):
    """What every message of one socket says about where it comes from."""

    bot_id: str
    recording_id: str
    endpoint_id: str
    started_at: datetime
    """The moment of source time 0."""
    metadata: dict[str, str] = {}
    relative_ms: float = 0.0
    """Added to every `relative`: not 0 where the recording began later, or a clock was set."""
    absolute_ms: float = 0.0
    """Added to every `absolute`."""


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """A participant as Recall describes one."""

    id: int
    name: str | None
    is_host: bool = False
    platform: str = "desktop"
    extra_data: dict[str, str] = {}
    email: str | None = None


def audio(origin: Origin, pcm: bytes, source_ms: float) -> str:
    inner = {"buffer": base64.b64encode(pcm).decode(), "timestamp": timestamp(origin, source_ms)}
    return envelope(origin, MIXED, "audio_mixed", inner)


def separate_audio(origin: Origin, person: Person, pcm: bytes, source_ms: float) -> str:
    """What one participant says."""
    inner = {
        "buffer": base64.b64encode(pcm).decode(),
        "timestamp": timestamp(origin, source_ms),
        "participant": person,
    }
    return envelope(origin, SEPARATE, "audio_separate", inner)


def participant_event(
    origin: Origin, kind: str, person: Person, source_ms: float, detail: dict[str, str] | None = None
) -> str:
    """`kind`: join, leave, update, speech_on, speech_off, chat_message."""
    inner = {"participant": person, "timestamp": timestamp(origin, source_ms), "data": detail}
    return envelope(origin, f"participant_events.{kind}", "participant_events", inner)


def envelope(origin: Origin, event: str, artifact: str, inner: Mapping[str, object]) -> str:
    message = {
        "event": event,
        "data": {
            "data": inner,
            "realtime_endpoint": {"id": origin.endpoint_id, "metadata": {}},
            artifact: {"id": f"{artifact}-{origin.recording_id}", "metadata": {}},
            "recording": {"id": origin.recording_id, "metadata": {}},
            "bot": {"id": origin.bot_id, "metadata": origin.metadata},
        },
    }
    return msgspec.json.encode(message).decode()


def timestamp(origin: Origin, source_ms: float) -> dict[str, object]:
    moment = origin.started_at + timedelta(milliseconds=source_ms + origin.absolute_ms)
    return {"relative": (source_ms + origin.relative_ms) / 1000, "absolute": iso(moment)}


def iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
