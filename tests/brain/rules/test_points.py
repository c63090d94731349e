from transcripts import meeting

from brain.rules.points import MOST_POINTS, open_questions_in, points_in
from brain.rules.turns import turns_of


def open_questions(*said: str) -> list[str]:
    return [found.text for found in open_questions_in(turns_of(meeting(*said)))]


def points(*said: str) -> list[str]:
    return [found.text for found in points_in(turns_of(meeting(*said)), ())]


def test_numbers_and_obstacles_are_told_in_the_order_of_the_meeting() -> None:
    said = (
        "A: We had 37 failed payments.",
        "B: Nice weather outside today, friends.",
        "A: The staging server crashed again.",
    )
    assert points(*said, *["B: Hm."] * 10) == ["A: We had 37 failed payments.", "A: The staging server crashed again."]


def test_small_talk_is_no_point() -> None:
    assert points("A: Good morning everyone.", "B: Thanks.", "A: How are you?") == []


def test_what_is_listed_elsewhere_is_not_told_twice() -> None:
    turns = turns_of(meeting("A: We had 37 failed payments."))
    assert points_in(turns, turns[0].sentences) == []


def test_points_are_few() -> None:
    assert len(points(*[f"A: Payment number {n} failed badly." for n in range(100)])) == MOST_POINTS


def test_a_question_put_off_is_open() -> None:
    assert open_questions("Luc: Who gives the talk?", "Ann: I don't know yet.") == ["Luc: Who gives the talk?"]


def test_a_question_at_the_very_end_is_open() -> None:
    assert open_questions("Ann: Fine.", "Luc: Who gives the talk?") == ["Luc: Who gives the talk?"]


def test_an_answered_question_is_not_open() -> None:
    assert open_questions("Luc: Who gives the talk?", "Ann: Ravi does.") == []


def test_a_question_that_asks_nothing_is_not_open() -> None:
    assert open_questions("Luc: Any questions?") == []
