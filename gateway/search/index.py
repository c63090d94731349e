"""What the index of one meeting holds: words with their lines, and what is known of each line. Pure."""

import msgspec

from gateway.search.folding import words_in
from shared.events import Event, Line, LineHeard, SpeakerCorrected

FORM = "1"
"""Another form makes every index anew."""
SPEAKER = "@"
"""Before each word of the name of who said a line."""
END = "\0"


class Said(msgspec.Struct, frozen=True, array_like=True):
    """One line."""

    cursor: str
    """Its place in the timeline."""
    start_ms: int
    speaker: str

    @property
    def at(self) -> int:
        """When it was written down, Unix ms."""
        return int(self.cursor.partition("-")[0])


class Changes(msgspec.Struct):
    """What some events change in the index."""

    added: dict[str, None] = msgspec.field(default_factory=dict)
    removed: dict[str, None] = msgspec.field(default_factory=dict)
    said: dict[str, Said] = msgspec.field(default_factory=dict)

    def add(self, member: str) -> None:
        self.removed.pop(member, None)
        self.added[member] = None

    def remove(self, member: str) -> None:
        self.added.pop(member, None)
        self.removed[member] = None


class Index:
    """Follows a timeline. The same event twice changes nothing, so it can begin anywhere before where it was."""

    def __init__(self, said: dict[str, Said] | None = None) -> None:
        self.said = said or {}

    def apply(self, event: Event, cursor: str, changes: Changes) -> None:
        if isinstance(event, LineHeard):
            self._hear(event.line, cursor, changes)
        elif isinstance(event, SpeakerCorrected) and (before := self.said.get(event.line_id)):
            self._name(event.line_id, msgspec.structs.replace(before, speaker=event.speaker), changes)

    def _hear(self, line: Line, cursor: str, changes: Changes) -> None:
        for word in words_in(line.text):
            changes.add(member(word.folded, line.id))
        self._name(line.id, Said(cursor, line.start_ms, line.speaker), changes)

    def _name(self, line_id: str, now: Said, changes: Changes) -> None:
        if before := self.said.get(line_id):
            for word in words_in(before.speaker):
                changes.remove(member(SPEAKER + word.folded, line_id))
        for word in words_in(now.speaker):
            changes.add(member(SPEAKER + word.folded, line_id))
        self.said[line_id] = changes.said[line_id] = now


def member(word: str, line_id: str) -> str:
    return f"{word}{END}{line_id}"


def place_in(told: str) -> str:
    """Up to where an index of this form is made, of what its meeting's state says."""
    form, _, cursor = told.partition(":")
    return cursor if form == FORM and cursor else "0-0"


def told_place(cursor: str) -> str:
    return f"{FORM}:{cursor}"
