from collections.abc import Callable, Sequence

import evaluation
import pytest
from evaluation import Figures, Meeting, judge_answer, judge_items, meetings

from brain.adapters.embedded import EmbeddedAnswerer
from brain.adapters.embedded_brief import EmbeddedBriefer
from brain.adapters.scripted import ScriptedAnswerer, ScriptedBriefer
from brain.ports import AnswerRequest
from shared.events import ActionItem, Cite, QuestionAnswered

HELD = meetings()


def titles() -> list[str]:
    return [one.title for one in HELD]


@pytest.mark.parametrize("held", HELD, ids=titles())
def test_a_meeting_says_what_its_questions_ask(held: Meeting) -> None:
    lines = held.said
    assert len(lines) >= 25
    assert sum(not one.facts for one in held.questions) >= 2
    for one in (*held.questions, *held.action_items):
        assert all(1 <= number <= len(lines) for number in one.evidence)
    assert {task.owner for task in held.action_items} <= {line.speaker for line in lines}


async def test_the_embedded_model_keeps_its_level() -> None:
    answerer, briefer = EmbeddedAnswerer(), EmbeddedBriefer()
    figures = await evaluation.evaluate(answerer, briefer)
    assert figures.answer_accuracy >= 0.75, figures.misses
    assert figures.citation_precision >= 0.7
    assert figures.f1(figures.right_items) >= 0.85, figures.misses


def says(text: str) -> Callable[[AnswerRequest], Sequence[str]]:
    return lambda _: [text]


async def test_who_always_declines_is_right_about_what_nobody_said() -> None:
    figures = await evaluation.evaluate(ScriptedAnswerer(says("That was not said.")), ScriptedBriefer(), HELD[:1])
    assert (figures.answered_right, figures.declined) == (0, figures.unanswerable)
    assert figures.right_items == 0
    assert figures.listed_items == 1


async def test_who_talks_about_everything_declines_nothing() -> None:
    figures = await evaluation.evaluate(ScriptedAnswerer(says("It is Tuesday [1].")), ScriptedBriefer(), HELD[:1])
    assert figures.declined == 0
    assert 0 < figures.answer_accuracy < 0.5
    assert figures.citation_precision < 0.2


def answered(text: str, *numbers: int) -> QuestionAnswered:
    cites = [Cite(line_id=f"l{number - 1}", speaker="A", at_ms=0) for number in numbers]
    return QuestionAnswered(
        id="a", meeting_id="m", at=0, question="", asked_by="", answer=text, cites=cites, spoken=False
    )


def test_a_right_answer_with_one_of_two_cites() -> None:
    figures = Figures()
    judge_answer(
        evaluation.Question(ask="?", facts=["seven|7", "days"], evidence=[3]), answered("7 days", 3, 4), figures
    )
    assert (figures.answered_right, figures.cites_right, figures.cites) == (1, 1, 2)


def test_half_an_answer_is_none() -> None:
    figures = Figures()
    judge_answer(evaluation.Question(ask="?", facts=["seven|7", "days"], evidence=[3]), answered("7 weeks", 3), figures)
    assert figures.answered_right == 0


def test_an_item_counts_once_and_only_with_owner_and_date() -> None:
    held = next(one for one in HELD if "oven" in one.title)
    wanted = held.action_items[2]
    cites = [Cite(line_id=f"l{wanted.evidence[0] - 1}", speaker="A", at_ms=0)]
    right = ActionItem(task="Get the price list", owner="Paolo", due="tomorrow", due_on="2026-03-05", cites=cites)
    late = ActionItem(task="Get the price list", owner="Paolo", due="soon", due_on=None, cites=cites)
    figures = Figures()
    judge_items(held, [right, right], figures)
    assert (figures.found_items, figures.right_items, figures.listed_items) == (1, 1, 2)
    figures = Figures()
    judge_items(held, [late], figures)
    assert (figures.found_items, figures.right_items) == (1, 0)
