"""States only move forward, and say what to do."""

import pytest

from shared.events import BotJoined, Brief, BriefWritten, Hushed, JoinRefused, MeetingStateChanged
from shared.explanations import explain
from shared.meetings import Status, is_forward, state_of, status_of_code, write_of


@pytest.mark.parametrize(
    ("now", "then", "expected"),
    [
        ("requested", Status.JOINING, True),
        ("joining", Status.WAITING_ROOM, True),
        ("listening", Status.WAITING_ROOM, False),
        ("listening", Status.JOINING, False),
        ("in_call", Status.LISTENING, True),
        ("listening", Status.IN_CALL, True),
        ("listening", Status.LISTENING, False),
        ("listening", Status.DEAF, True),
        ("deaf", Status.LISTENING, True),
        ("recording_denied", Status.IN_CALL, True),
        ("deaf", Status.WAITING_ROOM, False),
        ("listening", Status.ENDED, True),
        ("ended", Status.LISTENING, False),
        ("ended", Status.FAILED, False),
        ("failed", Status.ENDED, False),
        ("", Status.JOINING, True),
    ],
)
def test_a_report_moves_a_meeting_only_forward(now: str, then: Status, expected: bool) -> None:
    assert is_forward(now, then) is expected


def test_codes_are_an_open_set() -> None:
    assert status_of_code("in_call_recording") is Status.LISTENING
    assert status_of_code("analysis_done") is None


def test_a_sub_code_is_explained_before_its_status() -> None:
    assert "wrong" in explain(Status.FAILED, "meeting_password_incorrect")
    assert explain(Status.FAILED, "never_heard_of")
    assert explain(Status.LISTENING, "") == ""


def test_a_fact_carries_its_change_of_state() -> None:
    joined = BotJoined(id="1", meeting_id="m", at=5, bot_id="b")
    assert state_of(joined) == {"bot_id": "b"}
    assert state_of(Hushed(id="1", meeting_id="m", at=5, by="A")) == {}


def test_a_reported_state_counts_only_while_no_newer_one_was() -> None:
    waiting = MeetingStateChanged(id="1", meeting_id="m", at=5, status="waiting_room", reported_at_ms=3)
    guard = write_of(waiting).guard
    assert guard is not None
    assert (guard.field, guard.value) == ("reported_at", 3)
    noticed = MeetingStateChanged(id="1", meeting_id="m", at=5, status="listening")
    over = MeetingStateChanged(id="1", meeting_id="m", at=5, status="ended", reported_at_ms=3)
    assert write_of(noticed).guard is None
    assert write_of(over).guard is None


def test_a_refused_join_leaves_nothing_to_work_on() -> None:
    assert write_of(JoinRefused(id="1", meeting_id="m", at=5, reason="r", category="c")).retire
    assert not write_of(MeetingStateChanged(id="1", meeting_id="m", at=5, status="ended")).retire


def test_only_the_briefing_of_the_whole_meeting_is_kept_at_hand() -> None:
    from_start = {"title": "t", "summary": "", "key_points": [], "decisions": [], "action_items": []}
    brief = Brief(**from_start, open_questions=[], made_by="m")
    whole = BriefWritten(id="1", meeting_id="m", at=5, brief=brief)
    part = BriefWritten(
        id="1", meeting_id="m", at=5, brief=Brief(**from_start, open_questions=[], made_by="m", since_ms=9)
    )
    assert "brief" in state_of(whole)
    assert state_of(part) == {}
