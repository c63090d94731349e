"""What a platform's report makes of a meeting: forward only, newest wins, whatever order they come in."""

import itertools

import pytest

from ingest.ports import BotChange
from ingest.reporting import next_status, recorded_ms
from shared.explanations import SUB_CODES, explain
from shared.meetings import Status


def after(now: str, code: str, at_ms: int = 10, **state: int) -> Status | None:
    known = {"status": now, **{name: str(value) for name, value in state.items()}}
    return next_status(known, BotChange(code=code, at_ms=at_ms))


@pytest.mark.parametrize(
    ("now", "code", "then"),
    [
        ("requested", "joining_call", "joining"),
        ("joining", "in_waiting_room", "waiting_room"),
        ("waiting_room", "in_call_not_recording", "in_call"),
        ("in_call", "recording_permission_denied", "recording_denied"),
        ("recording_denied", "in_call_recording", "listening"),
        ("in_call", "in_call_recording", "listening"),
        ("listening", "in_call_not_recording", "in_call"),
        ("deaf", "in_call_not_recording", "in_call"),
        ("listening", "call_ended", "ended"),
        ("waiting_room", "fatal", "failed"),
        ("waiting_room", "joining_call", None),
        ("listening", "in_waiting_room", None),
        ("listening", "in_call_recording", None),
        ("ended", "in_call_recording", None),
        ("ended", "fatal", None),
        ("failed", "done", None),
        ("joining", "recording_permission_allowed", None),
        ("joining", "from_the_future", None),
    ],
)
def test_what_follows(now: str, code: str, then: str | None):
    assert after(now, code) == then


def test_an_older_report_than_the_last_changes_nothing_but_the_end_always_counts():
    assert after("in_call", "in_call_recording", at_ms=10, reported_at=10) is None
    assert after("in_call", "in_call_recording", at_ms=11, reported_at=10) == "listening"
    assert after("in_call", "call_ended", at_ms=5, reported_at=10) == "ended"


def test_a_pause_from_before_the_audio_came_is_none():
    assert after("listening", "in_call_not_recording", at_ms=99, status_at=100) is None
    assert after("listening", "in_call_not_recording", at_ms=101, status_at=100) == "in_call"


LIFE = ["joining_call", "in_waiting_room", "in_call_not_recording", "in_call_recording", "call_ended", "done"]


@pytest.mark.parametrize("order", list(itertools.permutations(range(len(LIFE))))[::17])
def test_whatever_the_order_and_however_often_it_ends_as_it_ended(order: tuple[int, ...]):
    state = {"status": "requested"}
    seen = [state["status"]]
    for index in (*order, *order):
        then = next_status(state, BotChange(code=LIFE[index], at_ms=index + 1))
        if then:
            state = {"status": then, "reported_at": str(index + 1), "status_at": str(index + 1)}
            seen.append(then)
    ranks = [list(Status).index(Status(one)) for one in seen]
    assert state["status"] == "ended"
    assert ranks == sorted(set(ranks))


def test_what_was_recorded_is_known_where_it_was_recording():
    assert recorded_ms({"status": "listening", "origin": "1000"}, 61_000) == 60_000
    assert recorded_ms({"status": "deaf", "origin": "1000"}, 61_000) == 60_000
    assert recorded_ms({"status": "in_call", "origin": "1000"}, 61_000) == 0
    assert recorded_ms({"status": "listening"}, 61_000) == 0


@pytest.mark.parametrize("sub_code", SUB_CODES)
def test_every_reason_is_a_sentence_for_people(sub_code: str):
    sentence = explain(Status.FAILED, sub_code)
    assert sentence[0].isupper()
    assert sentence.endswith(".")
    assert "_" not in sentence


def test_a_reason_nobody_has_heard_of_is_passed_on_in_words():
    assert explain(Status.FAILED, "zoom_flux_capacitor_empty").endswith("reason: zoom flux capacitor empty.")
    assert explain(Status.LISTENING, "") == ""
    assert "again" in explain(Status.FAILED, "google_meet_internal_error")
