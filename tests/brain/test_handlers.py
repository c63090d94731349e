"""What the brain's handlers yield: lists of events, no bus."""

import asyncio
from collections.abc import AsyncGenerator, Sequence

from msgspec import structs

from brain.adapters.scripted import PIECES, ScriptedAnswerer, ScriptedBriefer
from brain.answer import Deadline
from brain.handlers import GIVEN_UP, Brain, on_ask_question, on_say_text, on_write_brief
from brain.ports import AnswerRequest, Done, Text
from shared.clock import ManualClock
from shared.errors import AnswerError, Category
from shared.events import (
    AskQuestion,
    BriefFailed,
    BriefWritten,
    Event,
    Line,
    LineHeard,
    MeetingRequested,
    MeetingStateChanged,
    QuestionAnswered,
    QuestionFailed,
    SayText,
    SentenceComposed,
    Settings,
    WriteBrief,
)
from shared.view import MeetingView

MEETING = "m-03-" + "a" * 20
QUESTION = AskQuestion(id="q1", meeting_id=MEETING, at=1, question="When?", asked_by="Ann", trace="00-t")


class FixedMemory:
    """Remembers one meeting."""

    def __init__(self, *facts: Event) -> None:
        self.seen = MeetingView()
        for fact in facts:
            self.seen.apply(fact)

    async def view(self, meeting_id: str) -> MeetingView:
        assert meeting_id == MEETING
        return self.seen


class NeverAnswers(ScriptedAnswerer):
    """Hangs until it is given up on."""

    closed = False

    async def answer(self, request):
        try:
            await asyncio.Event().wait()
            yield
        finally:
            self.closed = True


def line(n: int, speaker: str = "Maya") -> LineHeard:
    said = Line(
        id=f"mixed-{n}000", track="mixed", speaker=speaker, start_ms=n * 1000, end_ms=n * 1000 + 900, text=f"Line {n}."
    )
    return LineHeard(id=f"{MEETING}/{said.id}", meeting_id=MEETING, at=n, line=said)


def listening(**settings: object) -> list[Event]:
    told = Settings(**settings)
    return [
        MeetingRequested(id="r", meeting_id=MEETING, at=0, platform="meet", settings=told),
        MeetingStateChanged(id="s", meeting_id=MEETING, at=0, status="listening"),
        line(1),
        line(2, "Tom"),
    ]


def brain(*facts: Event, answerer: ScriptedAnswerer | None = None, **more: object) -> Brain:
    return Brain(
        bus=None, memory=FixedMemory(*facts), answerer=answerer or ScriptedAnswerer(), briefer=ScriptedBriefer(),
        clock=ManualClock(5), **more,
    )  # fmt: skip


async def asked(which: Brain, question: AskQuestion = QUESTION) -> list[Event]:
    return [event async for event in on_ask_question(question, which)]


def kinds(events: Sequence[Event]) -> list[type[Event]]:
    return [type(event) for event in events]


async def test_an_answer_comes_sentence_by_sentence_and_then_whole() -> None:
    events = await asked(brain(*listening()))
    assert kinds(events) == [SentenceComposed, SentenceComposed, QuestionAnswered]
    assert [event.text for event in events[:2]] == ["The release moves to Tuesday.", "Maya tells the sales team."]
    assert events[-1].answer == "The release moves to Tuesday. Maya tells the sales team."
    assert [cite.line_id for cite in events[-1].cites] == ["mixed-1000", "mixed-2000"]


async def test_every_effect_names_its_cause_and_carries_its_trace() -> None:
    events = await asked(brain(*listening()))
    assert {(event.cause_id, event.trace, event.meeting_id) for event in events} == {("q1", "00-t", MEETING)}


async def test_the_same_question_twice_has_the_same_effects() -> None:
    assert await asked(brain(*listening())) == await asked(brain(*listening()))


async def test_a_question_that_was_answered_before_is_not_answered_again() -> None:
    first = await asked(brain(*listening()))
    assert await asked(brain(*listening(), *first)) == []


async def test_an_answer_that_was_cut_by_a_crash_goes_on_with_the_next_sentence() -> None:
    first = await asked(brain(*listening()))
    script = ScriptedAnswerer(lambda request: ["The release moves to Tuesday [1]. ", "Maya tells the sales team [2]."])
    rest = await asked(brain(*listening(), first[0], answerer=script))
    assert script.requests[0].said == ["The release moves to Tuesday."]
    assert [event.n for event in rest if isinstance(event, SentenceComposed)] == [1]
    assert rest[-1].answer == first[-1].answer
    assert rest[-1].cites == first[-1].cites


async def test_invented_lines_are_not_cited() -> None:
    events = await asked(brain(*listening(), answerer=ScriptedAnswerer(lambda _: ["Yes [7][2]."])))
    assert events[-1].answer == "Yes."
    assert [cite.line_id for cite in events[-1].cites] == ["mixed-2000"]


async def test_what_may_not_be_said_aloud_is_not_spoken() -> None:
    for which in (
        brain(*listening(speak=False)),
        brain(*listening(answer_when="never")),
        brain(*listening(), MeetingStateChanged(id="e", meeting_id=MEETING, at=9, status="ended")),
    ):
        events = await asked(which)
        assert not any(event.speak for event in events if isinstance(event, SentenceComposed))
        assert not events[-1].spoken


class BreaksOff(ScriptedAnswerer):
    """Each try ends with the next of these errors; then it answers."""

    def __init__(self, *errors: AnswerError, pieces: Sequence[str] = (*PIECES, "Tom agreed.")) -> None:
        super().__init__(lambda _: pieces)
        self._errors = list(errors)

    async def answer(self, request: AnswerRequest) -> AsyncGenerator[Text | Done, None]:
        async for part in super().answer(request):
            if self._errors and isinstance(part, Text) and self.said_enough(part):
                raise self._errors.pop(0)
            yield part

    def said_enough(self, part: Text) -> bool:
        return part.text.startswith("Tom")


def down(**more: object) -> AnswerError:
    return AnswerError("It broke off.", category=Category.CONNECTIVITY, **more)


async def test_an_answer_that_broke_off_goes_on_with_the_next_sentence() -> None:
    pieces = ("The release moves to Tuesday [1]. ", "Maya tells the sales team [2]. ", "Tom is fine.")
    model = BreaksOff(down(), down(), pieces=pieces)
    events = await asked(brain(*listening(), answerer=model))
    assert [request.said for request in model.requests] == [
        [],
        ["The release moves to Tuesday."],
        ["The release moves to Tuesday."],
    ]
    assert events[-1].answer == "The release moves to Tuesday. Maya tells the sales team. Tom is fine."
    assert [event.n for event in events if isinstance(event, SentenceComposed)] == [0, 1, 2]


async def test_three_tries_are_enough() -> None:
    model = BreaksOff(*[down()] * 9)
    events = await asked(brain(*listening(), answerer=model))
    assert len(model.requests) == 3
    assert kinds(events)[-1] is QuestionFailed
    assert events[-1].reason == "It broke off."


async def test_a_model_that_asks_for_much_time_is_not_waited_for() -> None:
    model = BreaksOff(down(retry_after_s=30.0))
    events = await asked(brain(*listening(), answerer=model))
    assert len(model.requests) == 1
    assert kinds(events)[-1] is QuestionFailed


async def test_a_question_that_waited_has_less_time_left() -> None:
    clock = ManualClock(100_000)
    waited = structs.replace(QUESTION, at=100_000 - 12_000)
    assert Deadline.of(waited, clock, 20.0).left_s == 8.0
    assert Deadline.of(structs.replace(QUESTION, at=1), clock, 20.0).left_s == 5.0
    assert Deadline.of(structs.replace(QUESTION, at=200_000), clock, 20.0).left_s == 20.0


async def test_the_same_lines_are_briefed_once() -> None:
    which = brain(*listening())
    command = WriteBrief(id="b1", meeting_id=MEETING, at=1, since_ms=500)
    (first,) = [event async for event in on_write_brief(command, which)]
    which.memory.seen.apply(first)
    (second,) = [event async for event in on_write_brief(structs.replace(command, id="b2"), which)]
    assert (second.brief, second.cause_id) == (first.brief, "b2")
    assert len(which.briefer.requests) == 1
    which.memory.seen.apply(line(3))
    (third,) = [event async for event in on_write_brief(structs.replace(command, id="b3"), which)]
    assert third.brief.upto_line_id == "mixed-3000"
    assert len(which.briefer.requests) == 2


async def test_a_part_of_a_meeting_is_briefed_by_its_lines() -> None:
    which = brain(*listening(), line(3))
    command = WriteBrief(id="b1", meeting_id=MEETING, at=1, since_ms=1_950, until_ms=2_950)
    (outcome,) = [event async for event in on_write_brief(command, which)]
    assert [said.id for said in which.briefer.requests[0].lines] == ["mixed-2000"]
    assert (outcome.brief.since_ms, outcome.brief.until_ms) == (1_950, 2_950)


async def test_silence_needs_no_model() -> None:
    which = brain()
    (outcome,) = [event async for event in on_write_brief(WriteBrief(id="b", meeting_id=MEETING, at=1), which)]
    assert outcome.brief.summary == "Nothing has been said yet."
    assert which.briefer.requests == []


async def test_a_model_that_fails_is_told_with_its_reason() -> None:
    error = AnswerError("The model is away; ask again.", category=Category.UNAVAILABLE)
    (failed,) = await asked(brain(*listening(), answerer=ScriptedAnswerer(lambda _: [error])))
    assert isinstance(failed, QuestionFailed)
    assert (failed.reason, failed.category) == ("The model is away; ask again.", "unavailable")


async def test_a_model_that_fails_in_the_middle_keeps_what_was_said() -> None:
    error = AnswerError("cut", category=Category.CONNECTIVITY)
    events = await asked(brain(*listening(), answerer=ScriptedAnswerer(lambda _: ["One. ", "Two", error])))
    assert kinds(events) == [SentenceComposed, QuestionFailed]


async def test_a_model_that_hangs_is_given_up_on_and_let_go() -> None:
    hangs = NeverAnswers()
    (failed,) = await asked(brain(*listening(), answerer=hangs, answer_limit_s=0.01))
    assert isinstance(failed, QuestionFailed)
    assert failed.category == "timeout"
    assert hangs.closed


async def test_an_empty_answer_is_a_failure() -> None:
    (failed,) = await asked(brain(*listening(), answerer=ScriptedAnswerer(lambda _: [" "])))
    assert isinstance(failed, QuestionFailed)


async def test_a_text_to_be_said_is_cut_into_sentences_and_the_last_says_so() -> None:
    command = SayText(id="t", meeting_id=MEETING, at=1, text="One. Two! Three?")
    events = [event async for event in on_say_text(command, brain())]
    assert [(event.n, event.text, event.is_last) for event in events] == [
        (0, "One.", False),
        (1, "Two!", False),
        (2, "Three?", True),
    ]


async def briefed(which: Brain, since_ms: int = 0) -> Event:
    command = WriteBrief(id="b", meeting_id=MEETING, at=1, since_ms=since_ms)
    (event,) = [event async for event in on_write_brief(command, which)]
    return event


async def test_a_briefing_knows_how_far_it_goes() -> None:
    written = await briefed(brain(*listening()))
    assert isinstance(written, BriefWritten)
    assert (written.brief.upto_line_id, written.brief.since_ms) == ("mixed-2000", 0)


async def test_a_briefing_since_a_moment_is_made_of_what_came_after() -> None:
    which = brain(*listening())
    written = await briefed(which, since_ms=1_950)
    assert [line.id for line in which.briefer.requests[0].lines] == ["mixed-2000"]
    assert written.brief.since_ms == 1_950


async def test_a_briefing_that_fails_says_why() -> None:
    which = Brain(
        bus=None, memory=FixedMemory(*listening()), answerer=ScriptedAnswerer(), clock=ManualClock(),
        briefer=ScriptedBriefer(error=AnswerError("no quota", category=Category.RATE_LIMIT)),
    )  # fmt: skip
    failed = await briefed(which)
    assert isinstance(failed, BriefFailed)
    assert (failed.reason, failed.category) == ("no quota", "rate_limit")


async def test_a_question_that_nobody_can_answer_fails_once_and_only_if_it_has_no_outcome() -> None:
    facts = listening()
    (failed,) = [event async for event in GIVEN_UP[AskQuestion](QUESTION, brain(*facts))]
    assert (failed.cause_id, failed.question, failed.category) == ("q1", "When?", "internal")
    assert [event async for event in GIVEN_UP[AskQuestion](QUESTION, brain(*facts, failed))] == []


async def test_a_briefing_that_nobody_can_write_fails() -> None:
    command = WriteBrief(id="b1", meeting_id=MEETING, at=1)
    (failed,) = [event async for event in GIVEN_UP[WriteBrief](command, brain(*listening()))]
    assert (type(failed), failed.cause_id, failed.category) == (BriefFailed, "b1", "internal")
