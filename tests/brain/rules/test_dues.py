import pytest

from brain.rules.dues import due_in


@pytest.mark.parametrize(
    ("text", "due"),
    [
        ("I will finish that by Wednesday.", "by Wednesday"),
        ("I will add it today and measure again.", "today"),
        ("I'll talk to her right after this call.", "right after this call"),
        ("A first draft by Friday would be perfect.", "by Friday"),
        ("End of next week should be realistic.", "End of next week"),
        ("I'll order it this afternoon.", "this afternoon"),
        ("Do it before the next meeting.", "before the next meeting"),
        ("I need it in two days.", "in two days"),
        ("We ship on the fourteenth.", "on the fourteenth"),
        ("Send it by June 5.", "by June 5"),
        ("Call me at two o'clock.", "at two o'clock"),
        ("Today I start, and it is done by Monday morning.", "by Monday morning"),
    ],
)
def test_a_due_time_is_given_as_it_was_said(text: str, due: str) -> None:
    assert due_in(text) == due


@pytest.mark.parametrize(
    "text", ["I will do it.", "It took two weeks.", "the first draft", "five days a week", "in the meeting"]
)
def test_what_is_no_due_time_is_none(text: str) -> None:
    assert due_in(text) is None
