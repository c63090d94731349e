"""Recall's Bot object as it is documented, and as it may become."""

import msgspec
import pytest

from shared import lenient
from shared.recall_bots import FINAL_CODES, Bot, BotPage, StatusChange

DOCUMENTED = """
{
  "id": "5f0e6c1a-2f1b-4c58-9d63-0c6d0f5f8a11",
  "meeting_url": {"meeting_id": "abc-defg-hij", "platform": "google_meet"}, "bot_name": "chimein", "join_at": null,
  "recording_config": {"audio_mixed_raw": {}, "realtime_endpoints": []},
  "status_changes": [
    {"code": "joining_call", "message": null, "created_at": "2026-01-10T09:00:01.100000Z", "sub_code": null}
  ],
  "recordings": [
    {"id": "b6f5b8f0-93a5-4c0b-8a7e-2a7f6d0c1e22", "created_at": "2026-01-10T09:00:20Z",
     "started_at": "2026-01-10T09:00:20Z", "completed_at": null, "expires_at": null,
     "status": {"code": "processing", "sub_code": null, "updated_at": "2026-01-10T09:00:20Z"},
     "media_shortcuts": {"video_mixed": null, "transcript": null, "participant_events": null,
                         "meeting_metadata": null, "audio_mixed": null},
     "metadata": {}}
  ],
  "output_media": null, "automatic_video_output": null, "automatic_audio_output": null,
  "chat": null, "automatic_leave": {}, "variant": null, "calendar_meetings": [],
  "zoom": null, "google_meet": null, "slack_team": null, "breakout_room": null,
  "metadata": {"run_id": "run_01"}
}
"""


def bot(*changes: str, **fields: object) -> Bot:
    """Each change is a code and the second of its time."""
    listed = [
        {"code": code, "created_at": f"2026-01-10T09:00:{second}Z"} for code, second in (one.split() for one in changes)
    ]
    return msgspec.convert({"id": "b1", "status_changes": listed, **fields}, Bot)


def test_the_documented_object_is_read() -> None:
    read = msgspec.json.decode(DOCUMENTED, type=Bot)
    assert read.id == "5f0e6c1a-2f1b-4c58-9d63-0c6d0f5f8a11"
    assert [(change.code, change.sub_code, change.at_ms) for change in read.history] == [
        ("joining_call", None, 1768035601100)
    ]
    assert [(one.id[:4], one.status.code) for one in read.recordings] == [("b6f5", "processing")]
    assert read.metadata == {"run_id": "run_01"}


def test_a_page_of_them_is_read() -> None:
    page = f'{{"count": 1, "next": null, "previous": null, "results": [{DOCUMENTED}]}}'
    assert [one.id[:4] for one in msgspec.json.decode(page, type=BotPage).results] == ["5f0e"]


def test_codes_and_fields_that_are_new_are_let_by() -> None:
    text = """{"id": "b1", "is_new": {"deep": [1]}, "metadata": null,
      "status_changes": [{"code": "levitating", "sub_code": "high_up", "created_at": "2026-01-10T09:00:01+01:00",
                          "mood": "good"}],
      "recordings": [{"id": "r1", "status": {"code": "remixed", "why": "?"}}, {"id": "r2"}]}"""
    read = msgspec.json.decode(text, type=Bot)
    assert (read.status.code, read.status.sub_code, read.is_over) == ("levitating", "high_up", False)
    assert [one.status and one.status.code for one in read.recordings] == ["remixed", None]


def test_a_bot_that_was_just_made_has_no_status() -> None:
    assert bot().status is None
    assert bot().history == ()


def test_the_history_is_in_order_of_time_however_it_is_listed() -> None:
    made = bot("done 03", "joining_call 01", "in_call_recording 02")
    assert [change.code for change in made.history] == ["joining_call", "in_call_recording", "done"]
    assert made.status.code == "done"


def test_changes_at_the_same_moment_keep_their_order() -> None:
    assert bot("call_ended 01", "done 01").status.code == "done"


@pytest.mark.parametrize("code", sorted(FINAL_CODES))
def test_after_a_final_code_it_is_over_whatever_follows(code: str) -> None:
    assert bot("joining_call 01", f"{code} 02", "recording_done 03").is_over


def test_a_bot_in_the_call_is_not_over() -> None:
    assert not bot("joining_call 01", "in_call_recording 02").is_over


def test_a_time_without_a_zone_is_utc() -> None:
    change = msgspec.json.decode('{"code": "done", "created_at": "2026-01-10T09:00:01.1"}', type=StatusChange)
    assert change.at_ms == 1768035601100


def test_nulls_and_entries_that_say_nothing_are_passed_over():
    told = b"""{"id":"b","status_changes":[null,{},{"code":null},{"code":"done","created_at":"2026-01-10T09:00:01Z"}],
        "recordings":null,"metadata":null}"""
    bot = lenient.decode(told, Bot)
    assert [change.code for change in bot.history] == ["done"]
    assert bot.is_over
    assert lenient.decode(b'{"id":"b","status_changes":null}', Bot).status is None
