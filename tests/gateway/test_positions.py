"""Places in a timeline and in a meeting's time: only their canonical form goes on."""

import pytest

from gateway.positions import position_of, since_ms_of
from gateway.problems import ProblemError
from shared.events import Line, LineHeard, ParticipantJoined
from shared.view import MeetingView


@pytest.mark.parametrize(("text", "position"), [("0", "0-0"), ("17", "17-0"), ("017-03", "17-3")])
def test_position_becomes_canonical(text, position):
    assert position_of(text) == position


@pytest.mark.parametrize("text", ["", "x", "1-", "-1", "1-2-3", "$", "+", "٣", "1\n", "9" * 16])
def test_what_redis_would_refuse_is_refused_before(text):
    with pytest.raises(ProblemError):
        position_of(text)


@pytest.mark.parametrize(("text", "ms"), [("0", 0), ("90000", 90_000), ("1:30", 90_000), ("1:00:05", 3_605_000)])
def test_since_is_milliseconds_or_clock_time(text, ms):
    assert since_ms_of(text, MeetingView()) == ms


@pytest.mark.parametrize("text", ["", "noon", "-1", "1:2", "1:2:3:4", "٣", "5\n"])
def test_since_that_is_no_time_is_refused(text):
    with pytest.raises(ProblemError):
        since_ms_of(text, MeetingView())


def view() -> MeetingView:
    """Began at 1,000,000; Maya came 40 s later, went, and came again after two minutes."""
    seen = MeetingView()
    common = {"meeting_id": "m"}
    said = Line(id="mixed-5000", track="mixed", speaker="Tom", start_ms=5_000, end_ms=7_000, text="Hi")
    for fact in (
        ParticipantJoined(id="a", at=990_000, participant_id="1", name="Tom Ford", **common),
        LineHeard(id="b", at=1_008_000, line=said, final_after_ms=1_000, **common),
        ParticipantJoined(id="c", at=1_040_000, participant_id="2", name="Maya Chen", **common),
        ParticipantJoined(id="d", at=1_120_000, participant_id="3", name="Maya Chen", **common),
    ):
        seen.apply(fact)
    return seen


@pytest.mark.parametrize(
    ("text", "ms"),
    [
        ("mixed-5000", 5_000),
        ("joined:Maya Chen", 120_000),
        ("joined: maya", 120_000),
        ("joined:Tom", 0),
    ],
)
def test_since_may_be_a_line_or_somebodys_joining(text, ms):
    assert since_ms_of(text, view()) == ms


def test_a_stranger_joined_never():
    with pytest.raises(ProblemError) as refused:
        since_ms_of("joined:Karen", view())
    assert "Tom Ford, Maya Chen" in str(refused.value.problem.errors[0].remedy)


def test_joining_before_anything_was_said_is_the_beginning():
    seen = MeetingView()
    seen.apply(ParticipantJoined(id="a", meeting_id="m", at=5, participant_id="1", name="Tom"))
    assert since_ms_of("joined:Tom", seen) == 0
