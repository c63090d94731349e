"""What the brain needs from the outside: something that answers, and something that briefs."""

from collections.abc import AsyncGenerator, Sequence
from datetime import date
from typing import Protocol

import msgspec

from shared.events import Brief, ChapterNoted, Line, Usage


class AnswerRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One question and everything it may be answered from."""

    meeting_id: str
    question: str
    asked_by: str
    lines: Sequence[Line]
    chapters: Sequence[ChapterNoted] = ()
    """Notes of some of the lines, in order."""
    participants: Sequence[str]
    assistant_name: str
    said: Sequence[str] = ()
    """Sentences of this very answer that were published before a crash: go on after them."""


class Text(msgspec.Struct, frozen=True):
    """The next piece of the answer. A citation is the line's number in brackets, inline: `[3]` is lines[2]."""

    text: str


class Done(msgspec.Struct, frozen=True):
    """The answer is complete."""

    usage: Usage = Usage()


class Answerer(Protocol):
    """Answers from what was said. Raises shared.errors.AnswerError."""

    name: str

    async def warm_up(self) -> None:
        """Somebody may be about to ask: what would delay the first word is done now. Never raises."""
        ...

    def answer(self, request: AnswerRequest) -> AsyncGenerator[Text | Done, None]:
        """Pieces as they come, then Done. One model call at the most."""
        ...

    async def close(self) -> None: ...


class NotesRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Some minutes of a meeting, to be noted down."""

    meeting_id: str
    lines: Sequence[Line]
    language: str = "en"


class BriefRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What a briefing is made of."""

    meeting_id: str
    lines: Sequence[Line]
    chapters: Sequence[ChapterNoted] = ()
    """Notes of some of the lines, in order."""
    participants: Sequence[str]
    since_ms: int = 0
    assistant_name: str = "Chime"
    language: str = "en"
    held_on: date | None = None
    """The day of the meeting where it is held; `by Friday` counts from it."""


class Briefer(Protocol):
    """Writes a briefing. Raises shared.errors.AnswerError."""

    name: str
    takes_notes: bool
    """Whether a long meeting is told to it in notes; otherwise it reads every line each time."""

    async def brief(self, request: BriefRequest) -> tuple[Brief, Usage]:
        """Every cite is a real line; what is not evidenced is not listed."""
        ...

    async def take_notes(self, request: NotesRequest) -> tuple[str, Usage]:
        """A point in each row, with the numbers of its lines in brackets."""
        ...

    async def close(self) -> None: ...
