import pytest

from brain.retrying import TRIES, OutageError, pause_s
from shared.errors import AnswerError, Category

PASSING = AnswerError("", category=Category.UNAVAILABLE)


def test_pauses_grow_and_differ() -> None:
    first = {pause_s(PASSING, 1, 20.0) for _ in range(50)}
    second = {pause_s(PASSING, 2, 20.0) for _ in range(50)}
    assert len(first) > 10
    assert 0.25 <= min(first) <= max(first) <= 0.375
    assert 1.0 <= min(second) <= max(second) <= 1.5


@pytest.mark.parametrize(
    "error",
    [
        AnswerError("", category=Category.INVALID),
        AnswerError("", category=Category.AUTHENTICATION),
        OutageError("", category=Category.UNAVAILABLE),
        AnswerError("", category=Category.RATE_LIMIT, retry_after_s=9.0),
    ],
)
def test_what_cannot_help_is_not_done(error: AnswerError) -> None:
    assert pause_s(error, 1, 20.0) is None


def test_there_are_three_tries() -> None:
    assert TRIES == 3
    assert pause_s(PASSING, 3, 20.0) is None


def test_the_time_that_a_vendor_asks_for_is_waited() -> None:
    pause = pause_s(AnswerError("", category=Category.RATE_LIMIT, retry_after_s=3.0), 1, 20.0)
    assert pause is not None
    assert pause >= 3.0


def test_a_try_that_would_come_too_late_is_not_made() -> None:
    assert pause_s(PASSING, 1, 2.1) is None
    assert pause_s(AnswerError("", category=Category.RATE_LIMIT, retry_after_s=7.0), 1, 8.0) is None
