"""How good answers and briefings are, of whatever model is configured: `make eval` prints it.

Four meetings, with questions and what is true of them.
"""

import asyncio
import re
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

import addressed_eval
import msgspec
from transcripts import meeting, sample

from brain.config import BrainSettings
from brain.handlers import Brain, on_ask_question, on_write_brief
from brain.ports import Answerer, Briefer
from brain.worker import build_model
from cli.settings import environment
from shared.clock import SystemClock
from shared.config import load
from shared.events import (
    ActionItem,
    AskQuestion,
    BriefWritten,
    Event,
    Line,
    LineHeard,
    MeetingRequested,
    MeetingStateChanged,
    ParticipantJoined,
    QuestionAnswered,
    Settings,
    WriteBrief,
    new_id,
)
from shared.view import MeetingView

MEETINGS = Path(__file__).parent.parent / "evaluation" / "meetings"
MEETING_ID = "m-03-" + "e" * 20
NOT_SAID = re.compile(
    r"\bnot (?:said|mentioned|discussed|stated|specified|covered|known)|\bno(?:body| one) (?:said|mentioned)|"
    r"\b(?:does|did|do|could|can)(?:n['’]t| not) (?:say|mention|hold|find|contain|include|know|tell)|was never",
    re.IGNORECASE,
)
STANDUP_DAY = date(2026, 7, 6)
STANDUP_DUE = ("2026-07-06", "2026-07-06", "2026-07-08", "2026-07-06", "2026-07-10")
STANDUP_TASKS = (["karen|platform|certificate"], ["index"], ["status|finish"], ["note|sales"], ["notes|draft"])


class Question(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Without facts it has no answer in the meeting."""

    ask: str
    facts: list[str] = []
    """Patterns, each of which an answer has to hold."""
    evidence: list[int] = []
    """Numbers of the lines that say it, from 1."""


class Task(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    task: list[str]
    """Patterns, each of which the item has to hold."""
    owner: str
    due_on: date | None = None
    evidence: list[int]


class Meeting(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    title: str
    held_on: date
    lines: Annotated[str, msgspec.Meta(min_length=100)]
    questions: list[Question]
    action_items: list[Task]

    @property
    def said(self) -> list[Line]:
        return meeting(*self.lines.strip().splitlines())


def meetings() -> list[Meeting]:
    files = sorted(MEETINGS.glob("*.toml"))
    return [standup_meeting(), *(msgspec.toml.decode(path.read_bytes(), type=Meeting) for path in files)]


def standup_meeting() -> Meeting:
    """The shipped recording, as it was said; its numbers of lines count from 0."""
    told = sample()
    truth = told["reference"]
    asked = [
        Question(ask=one["q"], facts=["|".join(one["a"])], evidence=[n + 1 for n in one["evidence"]])
        for one in truth["questions"]
    ]
    tasks = [
        Task(task=words, owner=one["owner"], due_on=date.fromisoformat(due), evidence=[n + 1 for n in one["segments"]])
        for one, words, due in zip(truth["action_items"], STANDUP_TASKS, STANDUP_DUE, strict=True)
    ]
    return Meeting(
        title=told["title"],
        held_on=STANDUP_DAY,
        lines="\n".join(f"{one['speaker']}: {one['text']}" for one in told["segments"]),
        questions=[*asked, *(Question(ask=text) for text in truth["unanswerable"])],
        action_items=tasks,
    )


# -- figures -----------------------------------------------------------------------------------------------------------


@dataclass
class Figures:
    """Over some meetings."""

    answerable: int = 0
    answered_right: int = 0
    unanswerable: int = 0
    declined: int = 0
    cites: int = 0
    cites_right: int = 0
    gold_items: int = 0
    listed_items: int = 0
    found_items: int = 0
    """The task was listed, whoever it was given to."""
    right_items: int = 0
    """With its owner and its date."""
    misses: list[str] = field(default_factory=list)

    @property
    def answer_accuracy(self) -> float:
        return (self.answered_right + self.declined) / max(1, self.answerable + self.unanswerable)

    @property
    def citation_precision(self) -> float:
        return self.cites_right / max(1, self.cites)

    def f1(self, right: int) -> float:
        return 2 * right / max(1, self.gold_items + self.listed_items)

    def __str__(self) -> str:
        return (
            f"answer accuracy {100 * self.answer_accuracy:.0f} % ({self.answered_right} of {self.answerable} right, "
            f"{self.declined} of {self.unanswerable} declined)\n"
            f"citation precision {100 * self.citation_precision:.0f} % ({self.cites_right} of {self.cites})\n"
            f"action items F1 {100 * self.f1(self.right_items):.0f} % with owner and date, "
            f"{100 * self.f1(self.found_items):.0f} % by task "
            f"({self.right_items} and {self.found_items} of {self.gold_items}; {self.listed_items} listed)"
        )


async def evaluate(answerer: Answerer, briefer: Briefer, held: Iterable[Meeting] | None = None) -> Figures:
    figures = Figures()
    for one in meetings() if held is None else held:
        brain = brain_of(one, answerer, briefer)
        for question in one.questions:
            judge_answer(question, await ask(brain, question.ask), figures)
        judge_items(one, await action_items(brain), figures)
    return figures


def judge_answer(question: Question, answered: QuestionAnswered | None, figures: Figures) -> None:
    answer = answered.answer if answered else ""
    if not question.facts:
        figures.unanswerable += 1
        is_right = bool(NOT_SAID.search(answer))
        figures.declined += is_right
    else:
        figures.answerable += 1
        is_right = all(re.search(fact, answer, re.IGNORECASE) for fact in question.facts)
        figures.answered_right += is_right
        cited = [int(cite.line_id.removeprefix("l")) + 1 for cite in (answered.cites if answered else [])]
        figures.cites += len(cited)
        figures.cites_right += len(set(cited) & set(question.evidence))
    if not is_right:
        figures.misses.append(f"{question.ask} -> {answer or 'no answer'}")


def judge_items(held: Meeting, listed: Sequence[ActionItem], figures: Figures) -> None:
    """Each listed item counts for one of the true ones at most."""
    figures.gold_items += len(held.action_items)
    figures.listed_items += len(listed)
    left = list(listed)
    for wanted in held.action_items:
        match = next((item for item in left if is_item(item, wanted)), None)
        if match is None:
            figures.misses.append(f"{held.title}: not listed: {wanted.owner}: {wanted.task}")
            continue
        left.remove(match)
        figures.found_items += 1
        due_on = wanted.due_on.isoformat() if wanted.due_on else None
        if (match.owner, match.due_on) == (wanted.owner, due_on):
            figures.right_items += 1
        else:
            figures.misses.append(
                f"{held.title}: {match.task}: {match.owner}, {match.due_on}; is {wanted.owner}, {due_on}"
            )
    figures.misses += [f"{held.title}: no such task: {item.owner}: {item.task}" for item in left]


def is_item(item: ActionItem, wanted: Task) -> bool:
    numbers = {int(cite.line_id.removeprefix("l")) + 1 for cite in item.cites}
    is_named = all(re.search(words, item.task, re.IGNORECASE) for words in wanted.task)
    return is_named and bool(numbers & set(wanted.evidence))


# -- the brain, as it runs, on one meeting -----------------------------------------------------------------------------


class FixedMemory:
    """Remembers one meeting."""

    def __init__(self, view: MeetingView) -> None:
        self._view = view

    async def view(self, _: str) -> MeetingView:
        return self._view


def brain_of(held: Meeting, answerer: Answerer, briefer: Briefer) -> Brain:
    view = MeetingView()
    for fact in facts_of(held):
        view.apply(fact)
    memory = FixedMemory(view)
    return Brain(bus=None, memory=memory, answerer=answerer, briefer=briefer, clock=SystemClock(), answer_limit_s=60.0)


def facts_of(held: Meeting) -> list[Event]:
    at = round(datetime(held.held_on.year, held.held_on.month, held.held_on.day, 10, tzinfo=UTC).timestamp() * 1000)
    common = {"meeting_id": MEETING_ID, "at": at}
    people = dict.fromkeys(line.speaker for line in held.said)
    return [
        MeetingRequested(id="r", platform="meet", settings=Settings(title=held.title), **common),
        MeetingStateChanged(id="s", status="listening", **common),
        *(ParticipantJoined(id=f"p-{name}", participant_id=name, name=name, **common) for name in people),
        *(LineHeard(id=line.id, line=line, **common) for line in held.said),
    ]


async def ask(brain: Brain, question: str) -> QuestionAnswered | None:
    command = AskQuestion(id=new_id(), meeting_id=MEETING_ID, at=brain.clock.now_ms(), question=question, asked_by="")
    outcomes = [event async for event in on_ask_question(command, brain)]
    return outcomes[-1] if isinstance(outcomes[-1], QuestionAnswered) else None


async def action_items(brain: Brain) -> list[ActionItem]:
    command = WriteBrief(id=new_id(), meeting_id=MEETING_ID, at=brain.clock.now_ms())
    (outcome,) = [event async for event in on_write_brief(command, brain)]
    return outcome.brief.action_items if isinstance(outcome, BriefWritten) else []


async def main() -> None:
    settings = load(BrainSettings, environment())
    answerer, briefer = build_model(settings)
    figures = await evaluate(answerer, briefer)
    told = [f"{len(meetings())} meetings; answers: {answerer.name}; briefings: {briefer.name}", str(figures)]
    told.append(f"being addressed: {addressed_eval.evaluate()}")
    told += ["missed:", *figures.misses] if "-v" in sys.argv else []
    sys.stdout.write("\n".join([*told, ""]))
    await answerer.close()
    await briefer.close()


if __name__ == "__main__":
    asyncio.run(main())
