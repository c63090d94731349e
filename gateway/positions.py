"""Places: in a timeline, and in the time of a meeting. Only their canonical form goes further."""

import re

from gateway.problems import wrong_field
from shared.view import MeetingView

POSITION = re.compile(r"([0-9]{1,15})(?:-([0-9]{1,15}))?")
JOINED = "joined:"
CLOCK_TIME = re.compile(r"(?:([0-9]{1,2}):)?([0-9]{1,2}):([0-9]{2})")


def position_of(text: str) -> str:
    """A timeline ID. Raises ProblemError: Redis would refuse a bad one for everybody who is watching."""
    if not (found := POSITION.fullmatch(text)):
        raise wrong_field("after", "is no event id", "send the id of the last event seen, or 0 for all")
    return f"{int(found[1])}-{int(found[2] or 0)}"


def since_ms_of(text: str, view: MeetingView, field: str = "since") -> int:
    """Milliseconds, h:mm:ss, the id of a line, or `joined:` and a name; from the start of the meeting.

    Raises ProblemError.
    """
    if text.startswith(JOINED):
        return joined_ms(text.removeprefix(JOINED), view, field)
    if line := next((line for line in view.lines if line.id == text), None):
        return line.start_ms
    return time_of(text, field)


def joined_ms(name: str, view: MeetingView, field: str) -> int:
    """When somebody last came in; the first name will do. Raises ProblemError."""
    wanted = name.strip().casefold()
    found = [at for known, at in view.joined_at.items() if wanted in {known.casefold(), known.casefold().split(" ")[0]}]
    if not found:
        people = ", ".join(view.joined_at) or "nobody yet"
        raise wrong_field(field, f"names {name!r}, who did not join", f"name one who did: {people}")
    return max(0, max(found) - (view.origin_ms or max(found)))


def time_of(text: str, field: str) -> int:
    """Raises ProblemError."""
    if found := CLOCK_TIME.fullmatch(text):
        hours, minutes, seconds = (int(part or 0) for part in found.groups())
        return ((hours * 60 + minutes) * 60 + seconds) * 1000
    if re.fullmatch("[0-9]{1,9}", text):
        return int(text)
    remedy = "send milliseconds from the start of the meeting, h:mm:ss, the id of a line, or joined: and a name"
    raise wrong_field(field, "is no time", remedy)
