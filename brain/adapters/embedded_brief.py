"""The briefer that needs no account and no network: rules find what was decided and taken on, and quote it."""

import asyncio
import re
from collections import Counter
from collections.abc import Sequence
from datetime import date

from brain.addressed.addressing import Addressing, Ignore
from brain.citations import cite_of, visible
from brain.ports import BriefRequest, NotesRequest
from brain.rules.calendar_dates import date_of
from brain.rules.context import Statement
from brain.rules.decisions import decisions_in
from brain.rules.expecting import TIME
from brain.rules.points import open_questions_in, points_in
from brain.rules.tasks import People, Task, tasks_in
from brain.rules.turns import turns_of
from brain.rules.words import EMPTY_WORDS, words_of
from shared.events import ActionItem, Brief, Cite, Line, Point, Usage

MADE_BY = "rules, no language model"
MOST_TOPICS = 3
MOST_NAMES = 4
MOST_IN_SUMMARY = 6
NO_TOPIC = re.compile(
    r"thank|think|thing|would|might|going|maybe|really|right|still|again|other|every|about|after|before"
)
SHORTEST_TOPIC = 5
"""Letters."""
NOTHING_YET = "Nothing has been said yet."
NOTHING_DECIDED = "Nothing was decided or taken on so far."


class EmbeddedBriefer:
    """Reads English. What no rule finds is not listed."""

    name = "embedded: rules, no language model"
    takes_notes = False

    async def brief(self, request: BriefRequest) -> tuple[Brief, Usage]:
        """In a thread: three hours of meeting take a second or two."""
        return await asyncio.to_thread(brief_of, request), Usage()

    async def take_notes(self, _: NotesRequest) -> tuple[str, Usage]:
        """It reads every line each time, which costs nothing."""
        return "", Usage()

    async def close(self) -> None:
        """Nothing is open."""


def brief_of(request: BriefRequest) -> Brief:
    assistant_name = request.assistant_name
    lines = [line for line in request.lines if line.end_ms > request.since_ms]
    turns = turns_of(lines, for_assistant(lines, assistant_name))
    people = People(request.participants or [turn.speaker for turn in turns])
    decisions, tasks = decisions_in(turns), tasks_in(turns, people)
    used = {part for found in [*decisions, *(task.statement for task in tasks)] for part in found.sentences}
    draft = Draft(lines, request.held_on)
    points = draft.points(points_in(turns, used))
    decided, taken_on = draft.points(decisions), draft.items(tasks)
    return Brief(
        title=title_of(lines, people_of(lines, assistant_name)),
        summary=summary_of(decided, taken_on, points) if lines else NOTHING_YET,
        key_points=points,
        decisions=decided,
        action_items=taken_on,
        open_questions=draft.points(open_questions_in(turns)),
        made_by=MADE_BY,
        upto_line_id=lines[-1].id if lines else "",
        since_ms=request.since_ms,
    )


def for_assistant(lines: Sequence[Line], name: str) -> set[int]:
    """What was said to the assistant and by it is not what the meeting was about."""
    addressing = Addressing(name)
    return {
        number
        for number, line in enumerate(lines)
        if line.speaker == name or not isinstance(addressing.consider(line), Ignore)
    }


class Draft:
    """Statements become the parts of a briefing, with their lines."""

    def __init__(self, lines: Sequence[Line], held_on: date | None) -> None:
        self._lines, self._held_on = lines, held_on

    def points(self, statements: Sequence[Statement]) -> list[Point]:
        return [Point(text=visible(found.text), cites=self.cites(found)) for found in statements]

    def items(self, tasks: Sequence[Task]) -> list[ActionItem]:
        return [
            ActionItem(
                task=visible(task.statement.text),
                owner=task.owner,
                due=task.due,
                due_on=day.isoformat() if (day := date_of(task.due, self._held_on)) else None,
                cites=self.cites(task.statement),
            )
            for task in tasks
        ]

    def cites(self, statement: Statement) -> list[Cite]:
        numbers = dict.fromkeys(sentence.line for sentence in statement.sentences)
        return [cite_of(self._lines[number]) for number in numbers]


def people_of(lines: Sequence[Line], assistant_name: str) -> list[str]:
    """Who spoke, in the order in which they began to."""
    return list(dict.fromkeys(line.speaker for line in lines if line.speaker != assistant_name))


def title_of(lines: Sequence[Line], people: Sequence[str]) -> str:
    """What was spoken of most often, and by whom."""
    names = {part.lower() for name in people for part in name.split()}
    skipped = names | set(EMPTY_WORDS.split())
    words = Counter(word for line in lines for word in words_of(line.text) if len(word) >= SHORTEST_TOPIC)
    topics = [word for word, count in words.most_common() if count > 1 and is_topic(word) and word not in skipped]
    others = len(people) - MOST_NAMES
    who = listed([*people[:MOST_NAMES], f"{others} others"] if others > 1 else people)
    about = listed(topics[:MOST_TOPICS])
    return f"{who} on {about}" if about else f"Meeting of {who}" if who else "Meeting"


def is_topic(word: str) -> bool:
    return word.isalpha() and not (TIME.search(word) or NO_TOPIC.match(word))


def summary_of(decisions: Sequence[Point], items: Sequence[ActionItem], points: Sequence[Point]) -> str:
    """Only what is listed below it."""
    parts = []
    if decisions:
        parts.append("Decided: " + in_row([point.text for point in decisions]))
    if items:
        parts.append("To do: " + in_row([shown(item) for item in items]))
    if not parts:
        parts.append(NOTHING_DECIDED)
    if points:
        parts.append("Noted: " + " ".join(point.text for point in points[:2]))
    return " ".join(parts)


def in_row(texts: Sequence[str]) -> str:
    more = len(texts) - MOST_IN_SUMMARY
    return "; ".join([*texts[:MOST_IN_SUMMARY], *([f"and {more} more"] if more > 0 else [])]) + "."


def shown(item: ActionItem) -> str:
    task = item.task[:1].lower() + item.task[1:]
    return f"{item.owner}: {task}" if item.owner else task


def listed(names: Sequence[str]) -> str:
    """`a, b and c`."""
    return " and ".join(part for part in (", ".join(names[:-1]), *names[-1:]) if part)
