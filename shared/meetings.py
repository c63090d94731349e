"""What a meeting can be in, and the words for it."""

from enum import StrEnum

import msgspec

from shared.bus import Write
from shared.events import BotJoined, BriefWritten, Event, JoinRefused, MeetingStateChanged, TranscriptCompleted
from shared.streams import BOT_ID, BRIEF, EXPLANATION, STATUS, STATUS_AT, SUB_CODE


class Status(StrEnum):
    """In the order in which they usually come; the last three are final."""

    REQUESTED = "requested"
    JOINING = "joining"
    WAITING_ROOM = "waiting_room"
    IN_CALL = "in_call"
    """Inside, but not recording: nothing can be heard."""
    LISTENING = "listening"
    ENDED = "ended"
    FAILED = "failed"
    ERASED = "erased"


class Trouble(StrEnum):
    """Why words of a track are late or may be missing."""

    NO_WORDS = "sound_without_words"
    NO_SLOT = "waiting_for_transcription_slot"
    LATE = "transcription_late"
    NO_ENGINE = "transcription_interrupted"


FINAL = frozenset({Status.ENDED, Status.FAILED, Status.ERASED})
CAN_HEAR = frozenset({Status.IN_CALL, Status.LISTENING})
"""What is said now is heard by people in the meeting."""


RETIRING = (JoinRefused, TranscriptCompleted)
"""After one of these there is no audio left to work on."""


def write_of(fact: Event) -> Write:
    """A fact together with what it changes, so that timeline, state and roster never disagree."""
    return Write(facts=(fact,), state=state_of(fact), retire=isinstance(fact, RETIRING))


def state_of(fact: Event) -> dict[str, str | int]:
    """What a fact changes in the state hash of its meeting."""
    match fact:
        case BotJoined():
            return {BOT_ID: fact.bot_id, STATUS: Status.JOINING, STATUS_AT: fact.at}
        case JoinRefused():
            return {STATUS: Status.FAILED, EXPLANATION: fact.reason, STATUS_AT: fact.at}
        case MeetingStateChanged():
            changed: dict[str, str | int] = {STATUS: fact.status, STATUS_AT: fact.at}
            return {**changed, SUB_CODE: fact.sub_code, EXPLANATION: fact.explanation}
        case BriefWritten() if fact.brief.since_ms == 0:
            return {BRIEF: msgspec.json.encode(fact.brief).decode()}
    return {}


ORDER = list(Status)
CODES = {
    "joining_call": Status.JOINING,
    "in_waiting_room": Status.WAITING_ROOM,
    "in_call_not_recording": Status.IN_CALL,
    "recording_permission_denied": Status.IN_CALL,
    "in_call_recording": Status.LISTENING,
    "call_ended": Status.ENDED,
    "done": Status.ENDED,
    "fatal": Status.FAILED,
}
"""The platform's status codes; the set is open, and codes not listed change nothing."""

EXPLANATIONS = {
    Status.WAITING_ROOM: "The bot waits in the lobby: somebody in the meeting must admit it.",
    Status.IN_CALL: "The bot is in the call but hears nothing yet: the host must allow recording.",
    Status.FAILED: "The bot could not take part in this meeting.",
}
SUB_CODES = {
    "meeting_not_found": "The platform knows no such meeting: check the link.",
    "meeting_link_invalid": "The link is not a meeting's: paste it again.",
    "meeting_link_expired": "The link has expired: ask for a new one.",
    "meeting_not_started": "The meeting has not begun: join again when it has.",
    "meeting_requires_sign_in": "The meeting admits only signed-in people: ask the host to change that.",
    "meeting_password_incorrect": "The password in the link is wrong: copy the whole invitation link.",
    "meeting_locked": "The meeting is locked: ask the host to unlock it.",
    "meeting_full": "The meeting is full.",
    "bot_kicked_from_call": "Somebody removed the bot from the call.",
    "bot_kicked_from_waiting_room": "Somebody refused the bot in the lobby.",
    "timeout_exceeded_waiting_room": "Nobody admitted the bot from the lobby in time.",
    "timeout_exceeded_everyone_left": "Everybody else had left.",
    "timeout_exceeded_noone_joined": "Nobody came to the meeting.",
    "zoom_local_recording_denied": "The host refused the recording: ask the host and join again.",
}


def status_of_code(code: str) -> Status | None:
    return CODES.get(code)


def is_forward(now: str, then: Status) -> bool:
    """Reports may come late or twice; a meeting never goes back. Recording may pause: listening ⇄ in call."""
    if now not in ORDER or now in FINAL:
        return now not in ORDER
    pause = {Status.IN_CALL, Status.LISTENING}
    return ORDER.index(then) > ORDER.index(Status(now)) or (now != then and {Status(now), then} == pause)


def explain(status: Status, sub_code: str) -> str:
    """A sentence that says what a person should do, or why it ended; empty where all is well."""
    return SUB_CODES.get(sub_code) or EXPLANATIONS.get(status, "")
