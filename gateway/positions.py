"""Places: in a timeline, and in the time of a meeting. Only their canonical form goes further."""

import re

from gateway.problems import wrong_field

POSITION = re.compile(r"([0-9]{1,15})(?:-([0-9]{1,15}))?")
CLOCK_TIME = re.compile(r"(?:([0-9]{1,2}):)?([0-9]{1,2}):([0-9]{2})")


def position_of(text: str) -> str:
    """A timeline ID. Raises ProblemError: Redis would refuse a bad one for everybody who is watching."""
    if not (found := POSITION.fullmatch(text)):
        raise wrong_field("after", "is no event id", "send the id of the last event seen, or 0 for all")
    return f"{int(found[1])}-{int(found[2] or 0)}"


def since_ms_of(text: str) -> int:
    """Milliseconds, or h:mm:ss, from the start of the meeting. Raises ProblemError."""
    if found := CLOCK_TIME.fullmatch(text):
        hours, minutes, seconds = (int(part or 0) for part in found.groups())
        return ((hours * 60 + minutes) * 60 + seconds) * 1000
    if re.fullmatch("[0-9]{1,9}", text):
        return int(text)
    raise wrong_field("since", "is no time", "send milliseconds from the start of the meeting, or h:mm:ss")
