"""What the live feed sends besides the events of the timeline."""

from typing import Literal

import msgspec

from gateway.contract import MeetingStatus, TranscriptGap, TranscriptLine
from shared.events import AnyEvent, Brief, Cite


class QuestionSoFar(msgspec.Struct, frozen=True, kw_only=True):
    """A question and what came of it by then."""

    question_id: str
    """What its sentences and its answer carry as `cause_id`."""
    question: str
    asked_by: str
    via: str
    state: Literal["pending", "answered", "failed"]
    answer: str
    """As far as it was composed; the reason where it failed."""
    cites: list[Cite]


class MeetingSnapshot(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="meeting.snapshot"):
    """The meeting as its timeline has it up to the frame's id; what comes next comes after that."""

    meeting: MeetingStatus
    lines: list[TranscriptLine]
    gaps: list[TranscriptGap]
    questions: list[QuestionSoFar]
    brief: Brief | None
    """The last one of the whole meeting."""


class TrackNow(msgspec.Struct, frozen=True, kw_only=True):
    """How far one track is."""

    received_ms: int
    """Audio came up to here."""
    committed_ms: int
    """Every ms before has its words, or is known to have none."""


class CoverageChanged(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="coverage.changed"):
    """How far hearing is, at that moment; the next one replaces it."""

    meeting_id: str
    status: str
    explanation: str
    tracks: dict[str, TrackNow]
    lag_ms: int
    """By how much the slowest track is behind."""
    deaf: bool
    deaf_because: str


FrameData = AnyEvent | MeetingSnapshot | CoverageChanged


class Frame(msgspec.Struct, frozen=True, kw_only=True):
    """What a client gets. `id` is what it comes back with; null for what is no place to come back to."""

    id: str | None
    type: str
    data: FrameData


class Seen(msgspec.Struct, frozen=True):
    """Something on its way to a watcher. `cursor` is its timeline ID; captions and coverage have none."""

    event: FrameData
    cursor: str


def type_of(data: FrameData) -> str:
    return str(type(data).__struct_config__.tag)


def frame_of(seen: Seen) -> bytes:
    """As a message of its own."""
    return msgspec.json.encode(Frame(id=seen.cursor or None, type=type_of(seen.event), data=seen.event))
