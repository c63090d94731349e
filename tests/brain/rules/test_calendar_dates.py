from datetime import UTC, date
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brain.rules.calendar_dates import date_of, day_of_meeting

MONDAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("due", "day"),
    [
        ("today", "2026-11-23"),
        ("by noon", "2026-11-23"),
        ("right after this call", "2026-11-23"),
        ("at 5 o'clock", "2026-11-23"),
        ("tomorrow", "2026-11-24"),
        ("first thing tomorrow", "2026-11-24"),
        ("tomorrow morning", "2026-11-24"),
        ("the day after tomorrow", "2026-11-25"),
        ("by Wednesday", "2026-11-25"),
        ("on Friday morning", "2026-11-27"),
        ("Monday", "2026-11-30"),
        ("next Friday", "2026-12-04"),
        ("by Friday next week", "2026-12-04"),
        ("this Thursday", "2026-11-26"),
        ("by the end of the week", "2026-11-27"),
        ("by the end of next week", "2026-12-04"),
        ("next week", "2026-12-04"),
        ("by the end of the month", "2026-11-30"),
        ("end of next month", "2026-12-31"),
        ("by the end of the quarter", "2026-12-31"),
        ("end of the year", "2026-12-31"),
        ("end of the day", "2026-11-23"),
        ("in two weeks", "2026-12-07"),
        ("within ten days", "2026-12-03"),
        ("in a month", "2026-12-23"),
        ("a week from today", "2026-11-30"),
        ("by the ninth of December", "2026-12-09"),
        ("by the twenty first of June", "2027-06-21"),
        ("on March 9", "2027-03-09"),
        ("before December the third", "2026-12-03"),
        ("on the 24th", "2026-11-24"),
        ("by the fourteenth", "2026-12-14"),
        ("2027-01-15", "2027-01-15"),
        ("bis Freitag", "2026-11-27"),
        ("morgen", "2026-11-24"),
        ("Ende der Woche", "2026-11-27"),
        ("am 3. Dezember", "2026-12-03"),
    ],
)
def test_words_become_a_day(due: str, day: str) -> None:
    found = date_of(due, MONDAY)
    assert found
    assert found.isoformat() == day


@pytest.mark.parametrize("due", ["", "soon", "before the next meeting", "when it is ready", "by the 31st of February"])
def test_what_names_no_day_is_no_date(due: str) -> None:
    assert date_of(due, MONDAY) is None


def test_without_the_day_of_the_meeting_there_is_none() -> None:
    assert date_of("tomorrow", None) is None


def test_the_end_of_a_week_on_a_saturday_is_in_the_next_one() -> None:
    assert date_of("by the end of the week", date(2026, 11, 28)) == date(2026, 12, 4)


def test_a_month_later_there_may_be_fewer_days() -> None:
    assert date_of("in a month", date(2027, 1, 31)) == date(2027, 2, 28)


def test_the_day_of_a_meeting_is_that_of_its_place() -> None:
    late = 1_795_993_200_000  # 23:00 UTC
    assert day_of_meeting(late, UTC) == date(2026, 11, 29)
    assert day_of_meeting(late, ZoneInfo("Europe/Berlin")) == date(2026, 11, 30)
    assert day_of_meeting(None) is None


@given(st.text(), st.dates(min_value=date(1990, 1, 1), max_value=date(2200, 1, 1)))
def test_no_words_break_it(due: str, day: date) -> None:
    date_of(due, day)
