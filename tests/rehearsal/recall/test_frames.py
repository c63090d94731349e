import base64
from datetime import UTC, datetime

import msgspec

from rehearsal.recall.frames import Origin, Person, audio, participant_event, separate_audio

ORIGIN = Origin(
    bot_id="bot1",
    recording_id="rec1",
    endpoint_id="r1",
    started_at=datetime(2026, 1, 10, 9, 0, 20, tzinfo=UTC),
    metadata={"run_id": "run_01"},
)


def test_audio_is_of_the_documented_form() -> None:
    message = msgspec.json.decode(audio(ORIGIN, base64.b64decode("AAAA//8AAP3/"), 12_340))
    message["data"]["audio_mixed"]["id"] = "any"
    assert message == {
        "event": "audio_mixed_raw.data",
        "data": {
            "data": {
                "buffer": "AAAA//8AAP3/",
                "timestamp": {"relative": 12.34, "absolute": "2026-01-10T09:00:32.340000Z"},
            },
            "realtime_endpoint": {"id": "r1", "metadata": {}},
            "audio_mixed": {"id": "any", "metadata": {}},
            "recording": {"id": "rec1", "metadata": {}},
            "bot": {"id": "bot1", "metadata": {"run_id": "run_01"}},
        },
    }


def test_a_chat_message_is_of_the_documented_form() -> None:
    lin = Person(id=200, name="Lin", platform="unknown")
    detail = {"text": "@chimein what did we decide?", "to": "everyone"}
    message = msgspec.json.decode(participant_event(ORIGIN, "chat_message", lin, 44_100, detail))
    assert message["event"] == "participant_events.chat_message"
    assert message["data"]["data"] == {
        "participant": {
            "id": 200,
            "name": "Lin",
            "is_host": False,
            "platform": "unknown",
            "extra_data": {},
            "email": None,
        },
        "timestamp": {"relative": 44.1, "absolute": "2026-01-10T09:01:04.100000Z"},
        "data": {"text": "@chimein what did we decide?", "to": "everyone"},
    }
    assert set(message["data"]) == {"data", "realtime_endpoint", "participant_events", "recording", "bot"}


def test_other_events_of_people_have_no_detail() -> None:
    message = msgspec.json.decode(participant_event(ORIGIN, "speech_on", Person(id=100, name=None), 0))
    assert message["data"]["data"]["data"] is None
    assert message["data"]["data"]["participant"]["name"] is None


def test_separate_audio_names_its_participant() -> None:
    message = msgspec.json.decode(separate_audio(ORIGIN, Person(id=100, name="Ada", is_host=True), bytes(6), 12_340))
    assert message["event"] == "audio_separate_raw.data"
    assert message["data"]["data"] == {
        "buffer": "AAAAAAAA",
        "timestamp": {"relative": 12.34, "absolute": "2026-01-10T09:00:32.340000Z"},
        "participant": {
            "id": 100,
            "name": "Ada",
            "is_host": True,
            "platform": "desktop",
            "extra_data": {},
            "email": None,
        },
    }
    assert "audio_separate" in message["data"]


def test_clocks_may_be_off() -> None:
    origin = msgspec.structs.replace(ORIGIN, relative_ms=-12_340, absolute_ms=60_000)
    message = msgspec.json.decode(audio(origin, b"", 12_340))
    assert message["data"]["data"]["timestamp"] == {"relative": 0.0, "absolute": "2026-01-10T09:01:32.340000Z"}
