"""What a meeting can be in, and the words for it."""

from enum import StrEnum

import msgspec

from shared.bus import Guard, Write
from shared.events import (
    BotJoined,
    Brief,
    BriefWritten,
    Event,
    JoinRefused,
    MeetingStateChanged,
    RecordPaused,
    RecordResumed,
    TranscriptCompleted,
)
from shared.streams import BOT_ID, BRIEF, EXPLANATION, OFF_RECORD, RECORDED_AT, REPORTED_AT, STATUS, STATUS_AT, SUB_CODE


class Status(StrEnum):
    """In the order in which they usually come; the last three are final."""

    REQUESTED = "requested"
    JOINING = "joining"
    WAITING_ROOM = "waiting_room"
    IN_CALL = "in_call"
    """Inside, but not recording: nothing can be heard."""
    DENIED = "recording_denied"
    """Inside, but may not record: nothing will be heard unless the host changes their mind."""
    LISTENING = "listening"
    DEAF = "deaf"
    """Inside and recording, but no sound arrives here."""
    ENDED = "ended"
    FAILED = "failed"
    ERASED = "erased"


class Trouble(StrEnum):
    """Why words of a track are late or may be missing."""

    NO_WORDS = "sound_without_words"
    NO_SLOT = "waiting_for_transcription_slot"
    LATE = "transcription_late"
    NO_ENGINE = "transcription_interrupted"


class Erasure(StrEnum):
    """What is known of a vendor's copy."""

    CONFIRMED = "confirmed"
    """The vendor was asked, and has nothing left."""
    REQUESTED = "requested"
    """It is asked until it confirms."""
    NO_CALL = "no_call"
    """It offers no call to erase with: what it keeps, and how long, is a matter of its terms."""
    WHOLE = "whole"
    """Its recording is of everybody: it goes only when the whole meeting is erased."""


FINAL = frozenset({Status.ENDED, Status.FAILED, Status.ERASED})
INSIDE = frozenset({Status.IN_CALL, Status.DENIED, Status.LISTENING, Status.DEAF})
"""In the call: what is said now is heard by people in the meeting. Among these a meeting may go back and forth."""


OFF_THE_RECORD = "off the record"
"""Cause of a gap that people wanted."""

RETIRING = (JoinRefused, TranscriptCompleted)
"""After one of these there is no audio left to work on."""


def write_of(fact: Event) -> Write:
    """A fact together with what it changes, so that timeline, state and roster never disagree."""
    return Write(facts=(fact,), state=state_of(fact), guard=guard_of(fact), retire=isinstance(fact, RETIRING))


def guard_of(fact: Event) -> Guard | None:
    """A state that the platform reported counts only while no newer one was; the end of a meeting always does."""
    if isinstance(fact, MeetingStateChanged) and fact.reported_at_ms and fact.status not in FINAL:
        return Guard(REPORTED_AT, fact.reported_at_ms)
    return None


def state_of(fact: Event) -> dict[str, str | int]:
    """What a fact changes in the state hash of its meeting."""
    match fact:
        case BotJoined():
            return {BOT_ID: fact.bot_id}
        case JoinRefused():
            return {STATUS: Status.FAILED, EXPLANATION: fact.reason, STATUS_AT: fact.at}
        case MeetingStateChanged():
            changed: dict[str, str | int] = {STATUS: fact.status, STATUS_AT: fact.at}
            return {**changed, SUB_CODE: fact.sub_code, EXPLANATION: fact.explanation}
        case RecordPaused() | RecordResumed():
            return {OFF_RECORD: int(isinstance(fact, RecordPaused)), RECORDED_AT: fact.at}
        case BriefWritten() if is_whole(fact.brief):
            return {BRIEF: msgspec.json.encode(fact.brief).decode()}
    return {}


def is_whole(brief: Brief) -> bool:
    """It covers the meeting, not a part of it."""
    return not brief.since_ms and not brief.until_ms


ORDER = list(Status)
CODES = {
    "joining_call": Status.JOINING,
    "in_waiting_room": Status.WAITING_ROOM,
    "in_call_not_recording": Status.IN_CALL,
    "recording_permission_denied": Status.DENIED,
    "in_call_recording": Status.LISTENING,
    "call_ended": Status.ENDED,
    "done": Status.ENDED,
    "fatal": Status.FAILED,
}
"""The platform's status codes; the set is open, and codes not listed change nothing."""


def status_of_code(code: str) -> Status | None:
    return CODES.get(code)


def is_forward(now: str, then: Status) -> bool:
    """Reports may come late or twice; a meeting never goes back, but inside the call recording may pause and resume."""
    if now not in ORDER or now in FINAL:
        return now not in ORDER
    if {Status(now), then} <= INSIDE:
        return now != then
    return ORDER.index(then) > ORDER.index(Status(now))
