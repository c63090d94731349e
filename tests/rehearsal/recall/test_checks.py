import pytest
from ears import bot_body

from rehearsal.recall.checks import problems_of

ENDPOINT = {"type": "websocket", "url": "wss://x.org/", "events": ["audio_mixed_raw.data"]}


def endpoint(**changes: object) -> dict[str, object]:
    return {"realtime_endpoints": [{**ENDPOINT, **changes}]}


def test_a_request_as_chimein_makes_it_is_good() -> None:
    assert problems_of(bot_body()) == {}


def test_the_smallest_request_is_good() -> None:
    assert problems_of({"meeting_url": "https://zoom.us/j/1234567890"}) == {}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("meeting_url", None),
        ("meeting_url", "https://example.org/call"),
        ("bot_name", ""),
        ("bot_name", "x" * 101),
        ("join_at", "tomorrow"),
        ("metadata", {"n": 1}),
        ("metadata", {"n": "x" * 501}),
        ("metadata", "x"),
        ("automatic_leave", {"waiting_room_timeout": 29}),
        ("automatic_leave", []),
        ("automatic_leave", {"everyone_left_timeout": 0}),
        ("automatic_leave", {"in_call_recording_timeout": 0}),
        ("automatic_leave", {"in_call_not_recording_timeout": "long"}),
        ("automatic_audio_output", {}),
        ("automatic_audio_output", {"in_call_recording": {"data": {"kind": "wav", "b64_data": "AAAA"}}}),
        ("recording_config", {"realtime_endpoints": "wss://x.org/"}),
        ("recording_config", endpoint(type="carrier pigeon")),
        ("recording_config", endpoint(url="x.org")),
        ("recording_config", endpoint(events=[])),
        ("recording_config", endpoint(events=["audio_raw.data"])),
        ("recording_config", endpoint(type="webhook")),
        ("recording_config", {"include_bot_in_recording": True}),
        ("recording_config", {"start_recording_on": 5}),
        ("output_media", {"camera": {"kind": "webpage"}}),
    ],
)
def test_a_bad_field_is_refused_by_its_name(field: str, value: object) -> None:
    assert list(problems_of(bot_body(**{field: value}))) == [field]


def test_the_meeting_url_is_refused_in_recalls_words() -> None:
    complaint = "The meeting_url is malformed, or for an unsupported platform."
    assert problems_of(bot_body(meeting_url="https://example.org/call")) == {"meeting_url": [complaint]}


@pytest.mark.parametrize(
    ("url", "longest"),
    [("https://meet.google.com/abc-defg-hij", 600), ("https://teams.live.com/meet/1234567890123", 1800)],
)
def test_a_platform_has_its_own_longest_lobby(url: str, longest: int) -> None:
    bodies = [
        {"meeting_url": url, "automatic_leave": {"waiting_room_timeout": seconds}} for seconds in (longest, longest + 1)
    ]
    assert [list(problems_of(body)) for body in bodies] == [[], ["automatic_leave"]]


def test_times_may_be_left_to_recall() -> None:
    assert problems_of(bot_body(automatic_leave={"in_call_recording_timeout": None})) == {}
