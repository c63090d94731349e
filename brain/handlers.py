"""What the brain does with each command. A handler may run twice; what is on the timeline already is not repeated."""

import asyncio
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import UTC, tzinfo

import structlog
from msgspec import structs

from brain.answer import Answer, Deadline, failed
from brain.budget import Budget
from brain.memory import Memory
from brain.ports import Answerer, Briefer, BriefRequest
from brain.prompting import INSTRUCTIONS
from brain.rules.calendar_dates import day_of_meeting
from brain.safety.outgoing import clean_brief
from brain.sentences import split
from shared.bus import Bus
from shared.clock import Clock
from shared.commands import Handler
from shared.errors import AnswerError, Category
from shared.events import (
    AskQuestion,
    Brief,
    BriefFailed,
    BriefWritten,
    Event,
    Line,
    SayText,
    SentenceComposed,
    Usage,
    WriteBrief,
    effect,
)
from shared.view import MeetingView

log = structlog.get_logger()


NOTHING_SAID = Brief(
    title="Meeting",
    summary="Nothing has been said yet.",
    key_points=[],
    decisions=[],
    action_items=[],
    open_questions=[],
    made_by="chimein",
)


@dataclass(frozen=True)
class Brain:
    """What the handlers need."""

    bus: Bus
    memory: Memory
    answerer: Answerer
    briefer: Briefer
    clock: Clock
    answer_limit_s: float = 20.0
    brief_limit_s: float = 60.0
    budget: Budget | None = None
    """None where nothing costs anything."""
    zone: tzinfo = UTC
    """Where the meetings are held: `tomorrow` depends on it."""
    audit_days: float = 365.0
    """How long it is kept who paused, resumed or sent it away."""
    replaced: set[str] = field(default_factory=set)
    """Questions that were asked again with more words."""


async def on_ask_question(command: AskQuestion, brain: Brain) -> AsyncIterator[Event]:
    view = await brain.memory.view(command.meeting_id)
    if not view.exchange(command.id).is_pending:
        return
    try:
        await check_budget(brain, command.meeting_id, view, view.lines)
    except AnswerError as error:
        yield failed(command, error, brain.clock)
        return
    answer = Answer(command, view, brain.answerer, Deadline.of(command, brain.clock, brain.answer_limit_s))
    try:
        async with answer.deadline.timeout(), aclosing(answer.compose()) as sentences:
            async for sentence in sentences:
                if command.id in brain.replaced:
                    reason = "It was asked again with more words: see the answer to that."
                    raise AnswerError(reason, category=Category.INVALID)
                yield sentence
    except (AnswerError, TimeoutError) as error:
        yield answer.failed(error)
        return
    answered = answer.answered()
    await note_spending(brain, command.meeting_id, view, answered.usage)
    yield answered


async def on_say_text(command: SayText, brain: Brain) -> AsyncIterator[Event]:
    texts = split(command.text)
    for n, text in enumerate(texts):
        is_last = n == len(texts) - 1
        yield effect(SentenceComposed, command, n, brain.clock, n=n, text=text, speak=True, is_last=is_last)


async def on_write_brief(command: WriteBrief, brain: Brain) -> AsyncIterator[Event]:
    view = await brain.memory.view(command.meeting_id)
    kept = view.briefs.get((command.since_ms, command.until_ms))
    if kept and kept.upto_line_id == last_line_id(view):
        yield effect(BriefWritten, command, "written", brain.clock, brief=kept)
        return
    erasures = view.erasures
    try:
        request = brief_request(command, view, brain)
        await check_budget(brain, command.meeting_id, view, request.lines)
        async with asyncio.timeout(brain.brief_limit_s):
            brief, usage = await written(request, brain.briefer)
    except AnswerError as error:
        yield effect(BriefFailed, command, "failed", brain.clock, reason=error.reason, category=error.category)
    except TimeoutError:
        reason = f"No briefing came within {brain.brief_limit_s:g} s; ask again."
        yield effect(BriefFailed, command, "failed", brain.clock, reason=reason, category=Category.TIMEOUT)
    else:
        reach = {"since_ms": command.since_ms, "until_ms": command.until_ms, "upto_line_id": last_line_id(view)}
        brief = structs.replace(clean_brief(brief, INSTRUCTIONS), **reach)
        await note_spending(brain, command.meeting_id, view, usage)
        if (await brain.memory.view(command.meeting_id)).erasures == erasures:
            yield effect(BriefWritten, command, "written", brain.clock, brief=brief, usage=usage)
            return
        async for fact in on_write_brief(command, brain):  # it holds words that were erased meanwhile
            yield fact


GIVEN_UP_REASON = "It could not be done, however often it was tried; ask again, in other words."


async def on_question_given_up(command: AskQuestion, brain: Brain) -> AsyncIterator[Event]:
    view = await brain.memory.view(command.meeting_id)
    if view.exchange(command.id).is_pending:
        yield failed(command, AnswerError(GIVEN_UP_REASON, category=Category.INTERNAL), brain.clock)


async def on_brief_given_up(command: WriteBrief, brain: Brain) -> AsyncIterator[Event]:
    told = {"reason": GIVEN_UP_REASON, "category": Category.INTERNAL}
    yield effect(BriefFailed, command, "failed", brain.clock, **told)


async def check_budget(brain: Brain, meeting_id: str, view: MeetingView, lines: Sequence[Line]) -> None:
    """Raises AnswerError."""
    if brain.budget:
        await brain.budget.check(meeting_id, view, lines)


async def note_spending(brain: Brain, meeting_id: str, view: MeetingView, usage: Usage) -> None:
    if brain.budget:
        await brain.budget.note(meeting_id, view, usage)


async def written(request: BriefRequest, briefer: Briefer) -> tuple[Brief, Usage]:
    """Raises AnswerError."""
    return await briefer.brief(request) if request.lines else (NOTHING_SAID, Usage())


def brief_request(command: WriteBrief, view: MeetingView, brain: Brain) -> BriefRequest:
    until_ms = command.until_ms or sys.maxsize
    return BriefRequest(
        meeting_id=command.meeting_id,
        lines=[line for line in view.lines if line.end_ms > command.since_ms and line.start_ms < until_ms],
        chapters=list(view.chapters),
        participants=list(view.participants_ever.values()),
        since_ms=command.since_ms,
        assistant_name=view.settings.bot_name,
        language=view.settings.language,
        held_on=day_of_meeting(view.listening_at, brain.zone),
    )


def last_line_id(view: MeetingView) -> str:
    """The latest line on the timeline: while it is the latest, the briefing is up to date."""
    return view.last_line.line.id if view.last_line else ""


HANDLERS: dict[type[Event], Handler] = {
    AskQuestion: on_ask_question,
    SayText: on_say_text,
    WriteBrief: on_write_brief,
}
GIVEN_UP: dict[type[Event], Handler] = {AskQuestion: on_question_given_up, WriteBrief: on_brief_given_up}
"""Of commands that no handler could carry out."""
