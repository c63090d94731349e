"""The request for a bot."""

import msgspec
import pytest
from ears import MEETING_URL, bot_request

from ingest.adapters.recall_body import body_of
from ingest.config import IngestSettings
from ingest.ports import BotRequest
from shared.events import Settings

SOCKETS = tuple(f"wss://ears.example.org/recall/m-1/?token=secret&socket={number}" for number in (1, 2))
PEOPLE = [
    "participant_events.join",
    "participant_events.leave",
    "participant_events.update",
    "participant_events.speech_on",
    "participant_events.speech_off",
    "participant_events.chat_message",
]


def request(**settings: object) -> BotRequest:
    made = bot_request("")
    return msgspec.structs.replace(made, socket_urls=SOCKETS, settings=Settings(**settings))


def test_the_request_is_exactly_what_recall_recommends_for_a_bot_that_listens_and_speaks() -> None:
    body = body_of(request(), IngestSettings())
    output = body.pop("automatic_audio_output")
    events = ["audio_mixed_raw.data", *PEOPLE]
    assert body == {
        "meeting_url": MEETING_URL,
        "bot_name": "Chime",
        "metadata": {"meeting_id": "m-1"},
        "recording_config": {
            "audio_mixed_raw": {},
            "participant_events": {},
            "video_mixed_mp4": None,
            "video_mixed_layout": "audio_only",
            "start_recording_on": "call_join",
            "retention": None,
            "realtime_endpoints": [
                {"type": "websocket", "url": SOCKETS[0], "events": events},
                {"type": "websocket", "url": SOCKETS[1], "events": events},
            ],
        },
        "automatic_leave": {
            "waiting_room_timeout": 600,
            "noone_joined_timeout": 900,
            "everyone_left_timeout": {"timeout": 60, "activate_after": 60},
            "recording_permission_denied_timeout": 300,
            "in_call_not_recording_timeout": 3600,
            "in_call_recording_timeout": 8 * 3600,
        },
    }
    assert output["in_call_recording"]["data"]["kind"] == "mp3"


def test_a_bot_that_speaks_through_a_page_takes_no_clips() -> None:
    page = "https://chimein.example.org/media/m-1/token/"
    body = body_of(msgspec.structs.replace(request(), media_url=page), IngestSettings())
    assert body["output_media"] == {"camera": {"kind": "webpage", "config": {"url": page}}}
    assert "automatic_audio_output" not in body
    assert set(body["variant"].values()) == {"web_4_core"}


def test_separate_tracks_come_instead_of_the_mix_and_take_stronger_bots() -> None:
    body = body_of(request(), IngestSettings(recall_audio="separate"))
    recording = body["recording_config"]
    assert recording["audio_separate_raw"] == {}
    assert "audio_mixed_raw" not in recording
    assert [endpoint["events"] for endpoint in recording["realtime_endpoints"]] == [
        ["audio_separate_raw.data", *PEOPLE]
    ] * 2
    assert body["variant"] == dict.fromkeys(("zoom", "google_meet", "microsoft_teams"), "web_4_core")


def test_a_name_is_cut_to_what_recall_takes() -> None:
    assert body_of(request(bot_name="x" * 300), IngestSettings())["bot_name"] == "x" * 100


@pytest.mark.parametrize(("hours", "seconds"), [(0.5, 1800), (23, 82_800)])
def test_a_bot_stays_no_longer_than_it_may(hours: float, seconds: int) -> None:
    leaving = body_of(request(), IngestSettings(recall_max_hours=hours))["automatic_leave"]
    assert leaving["in_call_recording_timeout"] == seconds
