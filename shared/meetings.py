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


FINAL = frozenset({Status.ENDED, Status.FAILED, Status.ERASED})


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
