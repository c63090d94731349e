"""An answerer and a briefer that say what they were told to: for tests, and for a first run without any model."""

from collections.abc import AsyncGenerator, Callable, Sequence

from brain.citations import cites_of
from brain.ports import AnswerRequest, BriefRequest, Done, NotesRequest, Text
from shared.errors import AnswerError
from shared.events import ActionItem, Brief, Point, Usage

PIECES = ("The release moves ", "to Tuesday [1]. ", "Maya tells the sales team [2].")

Script = Callable[[AnswerRequest], Sequence[str | AnswerError]]
"""What the pieces of an answer are; an error among them is raised in its place."""


def say_pieces(_: AnswerRequest) -> Sequence[str | AnswerError]:
    return PIECES


class ScriptedAnswerer:
    """Keeps what it was asked."""

    name = "scripted"

    def __init__(self, script: Script = say_pieces, *, usage: Usage | None = None) -> None:
        self.requests: list[AnswerRequest] = []
        self.warmed_up = 0
        self._script = script
        self._usage = usage or Usage(model="scripted")

    async def answer(self, request: AnswerRequest) -> AsyncGenerator[Text | Done, None]:
        """An answer that was begun before goes on after what was said of it, counted in pieces."""
        self.requests.append(request)
        for piece in self._script(request)[len(request.said) :]:
            if isinstance(piece, AnswerError):
                raise piece
            yield Text(piece)
        yield Done(self._usage)

    async def warm_up(self) -> None:
        self.warmed_up += 1

    async def close(self) -> None:
        """Nothing is open."""


class ScriptedBriefer:
    """One point of each kind, carried by the first line; nothing where nothing was said."""

    name = "scripted"
    takes_notes = True

    def __init__(self, *, error: AnswerError | None = None) -> None:
        self.requests: list[BriefRequest] = []
        self.noted: list[NotesRequest] = []
        self._error = error

    async def brief(self, request: BriefRequest) -> tuple[Brief, Usage]:
        self.requests.append(request)
        if self._error:
            raise self._error
        lines = [line for line in request.lines if line.end_ms > request.since_ms]
        cites = cites_of([1], lines)
        points = [Point(text="Something was said", cites=cites)] if lines else []
        owner = next(iter(request.participants), None)
        brief = Brief(
            title="A meeting",
            summary=f"{len(lines)} lines were said.",
            key_points=points,
            decisions=points,
            action_items=[ActionItem(task="Go on", owner=owner, due=None, cites=cites)] if lines else [],
            open_questions=points,
            made_by=self.name,
            upto_line_id=lines[-1].id if lines else "",
            since_ms=request.since_ms,
        )
        return brief, Usage(model=self.name)

    async def take_notes(self, request: NotesRequest) -> tuple[str, Usage]:
        self.noted.append(request)
        if self._error:
            raise self._error
        return f"{request.lines[0].speaker} spoke first [1]\nInvented [999]\nBare", Usage(model=self.name)

    async def close(self) -> None:
        """Nothing is open."""
