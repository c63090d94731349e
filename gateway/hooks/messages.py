"""Which event is worth a webhook, and what it says: ids and links, words only where they were asked for. Pure."""

from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum

import msgspec

from shared.events import BriefWritten, Event, JoinRefused, LineHeard, MeetingStateChanged, TranscriptCompleted
from shared.meetings import INSIDE, Status, is_whole

Data = dict[str, object]


class Kind(StrEnum):
    """What an endpoint can ask for."""

    STARTED = "meeting.started"
    LINE = "line"
    BRIEF = "brief.ready"
    ENDED = "meeting.ended"
    FAILED = "meeting.failed"


class Message(msgspec.Struct, frozen=True):
    """One thing to tell."""

    kind: Kind
    key: str
    """The same for what is to be told once."""
    at: int
    """Unix ms."""
    data: Data
    words: Data = {}
    """What people said and who they are; only for endpoints that asked for it."""


def message_of(event: Event) -> Message | None:
    match event:
        case MeetingStateChanged() | JoinRefused():
            return state_message(event)
        case LineHeard():
            return line_message(event)
        case BriefWritten() if is_whole(event.brief):
            data: Data = {"upto_line_id": event.brief.upto_line_id, "made_by": event.brief.made_by}
            return Message(Kind.BRIEF, event.id, event.at, data, {"title": event.brief.title})
        case TranscriptCompleted():
            data = {"verdict": event.verdict, "heard_ms": event.heard_ms, "lines": event.lines}
            return Message(Kind.ENDED, Kind.ENDED, event.at, data)
    return None


def state_message(event: MeetingStateChanged | JoinRefused) -> Message | None:
    if isinstance(event, JoinRefused):
        return Message(Kind.FAILED, Kind.FAILED, event.at, {"explanation": event.reason})
    if event.status == Status.FAILED:
        return Message(Kind.FAILED, Kind.FAILED, event.at, {"explanation": event.explanation})
    return Message(Kind.STARTED, Kind.STARTED, event.at, {}) if event.status in INSIDE else None


def line_message(event: LineHeard) -> Message:
    line = event.line
    data: Data = {"line_id": line.id, "start_ms": line.start_ms, "end_ms": line.end_ms}
    return Message(Kind.LINE, f"line/{line.id}", event.at, data, {"speaker": line.speaker, "text": line.text})


def body_of(message: Message, meeting_id: str, cursor: str, base_url: str, *, with_words: bool) -> bytes:
    """`timestamp` is when it happened; `cursor` its place in the live feed, by which webhooks can be put in order."""
    said = message.words if with_words else {}
    data = {"meeting_id": meeting_id, "cursor": cursor, **message.data, **said}
    body = {
        "type": message.kind,
        "timestamp": datetime.fromtimestamp(message.at / 1000, UTC).isoformat(timespec="milliseconds"),
        "data": {**data, "links": links_of(message.kind, meeting_id, base_url)},
    }
    return msgspec.json.encode(body)


def links_of(kind: Kind, meeting_id: str, base_url: str) -> Mapping[str, str]:
    here = f"{base_url.rstrip('/')}/meetings/{meeting_id}"
    links = {"status": f"{here}/status"}
    if kind is not Kind.FAILED:
        links["transcript"] = f"{here}/transcript"
    if kind in {Kind.BRIEF, Kind.ENDED}:
        links["brief"] = f"{here}/brief"
    return links
