"""Recall's webhooks as it writes them, of both forms; what is new or broken is nothing worse than nothing."""

import msgspec
import pytest

from gateway.problems import ProblemError
from gateway.recall_reports import Status, read, unix_ms_of

MEETING = f"m-07-{'a' * 20}"


def webhook(event: str, **about: object):
    return read(msgspec.json.encode({"event": event, "data": about}))


def test_form_of_today():
    bot = {"id": "bot-1", "metadata": {"meeting_id": MEETING}}
    read_ = webhook("bot.call_ended", data={"code": "call_ended", "sub_code": "bot_kicked_from_call"}, bot=bot)
    assert (read_.bot_id, read_.meeting_id) == ("bot-1", MEETING)
    assert (read_.status.code, read_.status.sub_code) == ("call_ended", "bot_kicked_from_call")


def test_form_of_before():
    status = {"code": "done", "sub_code": None, "created_at": "2026-01-10T09:00:20Z", "message": None}
    read_ = webhook("bot.status_change", bot_id="bot-1", status=status)
    assert (read_.bot_id, read_.meeting_id, read_.status.code) == ("bot-1", None, "done")


@pytest.mark.parametrize("meeting_id", [None, 7, "", "nonsense", "m-ff-" + "a" * 20])
def test_metadata_that_name_no_meeting_of_ours_name_none(meeting_id):
    assert webhook("bot.done", data={"code": "done"}, bot={"metadata": {"meeting_id": meeting_id}}).meeting_id is None


@pytest.mark.parametrize("event", ["recording.done", "transcript.failed", "something.new", ""])
def test_events_about_other_things_are_nothing(event):
    assert webhook(event, data={"code": "done"}) is None


def test_status_of_a_socket_is_not_the_bots():
    assert webhook("realtime_endpoint.done", data={"code": "done"}).status is None


@pytest.mark.parametrize(
    ("event", "about", "complaint"),
    [
        ("realtime_endpoint.failed", {"data": {"code": "failed", "error": {"code": "refused"}}}, "refused"),
        ("realtime_endpoint.failed", {"data": {"code": "failed"}}, "failed"),
        ("realtime_endpoint.failed", {}, ""),
        ("realtime_endpoint.running", {"data": {"code": "running"}}, None),
        ("bot.log", {"log": {"level": "ERROR", "message": "x"}}, "error"),
        ("bot.log", {"log": {"level": "info", "message": "x"}}, None),
        ("bot.log", {}, None),
    ],
)
def test_complaint_is_a_code(event, about, complaint):
    assert webhook(event, **about).complaint == complaint


def test_known_event_of_another_shape_is_nothing():
    assert webhook("bot.done", data={"code": 5}) is None


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b"\xff", b"[" * 5000])
def test_body_without_an_event_is_a_problem(body):
    with pytest.raises(ProblemError):
        read(body)


@pytest.mark.parametrize(
    ("status", "at"),
    [
        (Status(updated_at="1970-01-01T00:00:01.5+00:00", created_at="1970-01-01T00:00:00Z"), 1500),
        (Status(created_at="1970-01-01T00:00:02Z"), 2000),
        (Status(updated_at="yesterday"), 77),
        (Status(), 77),
    ],
)
def test_time_of_a_status_is_the_newest_that_can_be_read(status, at):
    assert unix_ms_of(status, 77) == at


@pytest.mark.parametrize(
    "change",
    [
        {"updated_at": None},
        {"updated_at": None, "created_at": None},
        {"sub_code": None, "error": {"code": None}},
    ],
)
def test_nulls_in_a_status_cost_nothing(change: dict):
    state = {"code": "in_call_recording", "updated_at": "2026-01-10T09:00:20+00:00", **change}
    told = {"event": "bot.in_call_recording", "data": {"data": state, "bot": {"id": None, "metadata": None}}}
    assert read(msgspec.json.encode(told)).status.code == "in_call_recording"


def test_a_webhook_without_a_bot_is_nobodys():
    told = {
        "event": "bot.done",
        "data": {"data": {"code": "done"}, "bot": None, "bot_id": None, "log": {"level": None}},
    }
    assert read(msgspec.json.encode(told)).meeting_id is None
