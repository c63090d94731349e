import msgspec
import pytest
from ears import bot_body

from rehearsal.recall.order import AutomaticLeave, RecordingConfig, Request, described_url

CLASSIC = "https://teams.microsoft.com/l/meetup-join/19%3ameeting_abc%40thread.v2/0?context=%7b%22Tid%22%3a%22t%22%7d"


@pytest.mark.parametrize(
    ("config", "event", "allowed"),
    [
        ({}, "audio_mixed_raw.data", False),
        ({"audio_mixed_raw": {}}, "audio_mixed_raw.data", True),
        ({"audio_mixed_raw": {}}, "audio_separate_raw.data", False),
        ({"audio_separate_raw": {}}, "audio_separate_raw.data", True),
        ({}, "participant_events.join", True),
        ({"participant_events": None}, "participant_events.join", False),
    ],
)
def test_only_what_is_recorded_is_passed_on(config: dict[str, object], event: str, *, allowed: bool) -> None:
    assert msgspec.convert(config, RecordingConfig).allows(event) is allowed


@pytest.mark.parametrize(
    ("config", "includes"),
    [({}, False), ({"include_bot_in_recording": None}, False), ({"include_bot_in_recording": {"audio": True}}, True)],
)
def test_the_bot_is_not_recorded_unless_asked_for(config: dict[str, object], *, includes: bool) -> None:
    assert msgspec.convert(config, RecordingConfig).includes_bot is includes


def test_patience_is_recalls_by_default() -> None:
    leave = AutomaticLeave()
    assert (leave.patience_s("in_waiting_room"), leave.patience_s("recording_permission_denied")) == (1200, 30)
    assert (leave.patience_s("in_call_recording"), leave.patience_s("joining_call")) == (None, None)
    assert leave.everyone_left_s == 2


@pytest.mark.parametrize("given", [7, {"timeout": 7, "activate_after": None}])
def test_the_time_after_everyone_left_may_be_a_bare_number(given: object) -> None:
    assert msgspec.convert({"everyone_left_timeout": given}, AutomaticLeave).everyone_left_s == 7


@pytest.mark.parametrize(
    ("url", "described"),
    [
        (
            "https://zoom.us/j/1234567890?pwd=open",
            {"meeting_id": "1234567890", "meeting_password": "open", "platform": "zoom"},
        ),
        ("https://meet.google.com/abc-defg-hij", {"meeting_id": "abc-defg-hij", "platform": "google_meet"}),
        (
            "https://acme.webex.com/acme/j.php?MTID=m0123",
            {"meeting_subdomain": "acme", "meeting_mtid": "m0123", "meeting_path": "/acme/j.php"},
        ),
    ],
)
def test_a_meeting_url_becomes_an_object(url: str, described: dict[str, object]) -> None:
    assert described_url(url) == described


@pytest.mark.parametrize("url", [CLASSIC, "https://teams.microsoft.com/meet/1234567890123?p=secret"])
def test_a_teams_url_has_all_the_fields_of_teams(url: str) -> None:
    described = described_url(url)
    assert described["platform"] == "microsoft_teams"
    assert {"tenant_id", "organizer_id", "thread_id", "business_meeting_id", "business_meeting_password"} <= set(
        described
    )


def test_a_request_can_be_changed() -> None:
    request = Request(bot_body())
    assert (request.has_automatic_outputs, request.output_media) == (True, {})
    request.change({"meeting_url": "https://meet.google.com/abc-defg-hij", "output_media": {"camera": {}}})
    assert (request.order.platform, request.has_automatic_outputs) == ("google_meet", False)
    assert request.output_media == {"camera": {}}
