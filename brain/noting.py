"""Notes that are taken while a meeting goes on, so that its hour three is briefed as quickly as its minute ten."""

import asyncio

import structlog

from brain.chapters import CHAPTER_WORDS, next_chapter, words_in
from brain.citations import Citations, cites_of
from brain.handlers import Brain, check_budget, note_spending
from brain.ports import NotesRequest
from brain.prompting import INSTRUCTIONS
from brain.safety.injections import is_for_model
from brain.safety.outgoing import Outgoing
from shared.errors import AnswerError, FencedError, MeetingGoneError
from shared.events import ChapterNoted, Line, LineHeard, Point
from shared.meetings import write_of
from shared.sessions import OwnedMeeting
from shared.waiting import end

MOST_POINTS, LONGEST_POINT = 12, 300
RETRY_WORDS = 150
"""After a failure the next try comes when so much more was said."""

log = structlog.get_logger()


class Notes:
    """Of one owned meeting, one chapter at a time, beside everything else."""

    def __init__(self, meeting: OwnedMeeting, brain: Brain) -> None:
        self._meeting, self._brain = meeting, brain
        self._words = 0
        """Since the last chapter, or since the last try."""
        self._task: asyncio.Task[None] | None = None

    def hear(self, fact: LineHeard) -> None:
        self._words += words_in(fact.line)
        is_busy = self._task is not None and not self._task.done()
        if self._brain.briefer.takes_notes and self._words >= CHAPTER_WORDS and not is_busy:
            self._task = asyncio.create_task(self._note(), name=f"notes {self._meeting.id}")

    async def close(self) -> None:
        if self._task:
            await end(self._task)

    async def _note(self) -> None:
        """What fails is tried again later: a briefing does without, at a price."""
        try:
            while await self._note_next():
                pass
        except AnswerError as error:
            log.info("notes.failed", category=error.category)
        except (FencedError, MeetingGoneError):
            return
        self._words = CHAPTER_WORDS - RETRY_WORDS

    async def _note_next(self) -> bool:
        """Whether there was a chapter to note."""
        view = await self._brain.memory.view(self._meeting.id)
        lines = next_chapter(view.lines, view.chapters)
        if not lines:
            return False
        await check_budget(self._brain, self._meeting.id, view, lines)
        request = NotesRequest(meeting_id=self._meeting.id, lines=lines, language=view.settings.language)
        text, usage = await self._brain.briefer.take_notes(request)
        number = len(view.chapters)
        noted = ChapterNoted(
            id=f"{self._meeting.id}/chapter-{lines[0].id}",
            meeting_id=self._meeting.id,
            at=self._meeting.clock.now_ms(),
            n=number,
            line_ids=[line.id for line in lines],
            points=points_of(text, lines),
            usage=usage,
        )
        await note_spending(self._brain, self._meeting.id, view, usage)
        await self._meeting.write(write_of(noted))
        return True


def points_of(text: str, lines: list[Line]) -> list[Point]:
    """One per row, with the lines it relies on; without any it is none."""
    points = []
    for row in text.splitlines():
        citations = Citations()
        said = Outgoing(INSTRUCTIONS).clean(citations.push(row.lstrip(" -*•")) + citations.finish())
        cites = cites_of(citations.numbers, lines)
        if said and cites and not is_for_model(said):
            points.append(Point(text=said[:LONGEST_POINT], cites=cites))
    return points[:MOST_POINTS]
