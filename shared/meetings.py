"""What a meeting can be in, and the words for it."""

from enum import StrEnum


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
