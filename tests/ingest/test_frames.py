"""Recall's messages, as documented."""

import pytest

from ingest import frames
from shared.clock import ManualClock
from shared.errors import DecodeError
from shared.events import (
    ChatReceived,
    Event,
    ParticipantJoined,
    ParticipantLeft,
    ParticipantRenamed,
    SpeakingStarted,
    SpeakingStopped,
)

MEETING = "m-03-" + "a" * 20
AUDIO = '{"event":"audio_mixed_raw.data","data":{"data":{"buffer":"AAD//w==","timestamp":{"relative":12.34}}}}'


def event(kind: str, inner: str = "null", name: str = '"Lin"') -> str:
    person = f'{{"id":200,"name":{name},"is_host":true,"platform":"unknown","extra_data":{{}},"email":null}}'
    data = f'{{"participant":{person},"timestamp":{{"relative":44.1,"absolute":"x"}},"data":{inner}}}'
    return f'{{"event":"participant_events.{kind}","data":{{"data":{data},"bot":{{"id":"b","metadata":{{}}}}}}}}'


def fact(message: str) -> Event | None:
    return frames.fact_of(frames.decode(message), MEETING, 44_100, ManualClock(5))


def test_audio_is_bytes_with_its_time() -> None:
    frame = frames.decode(AUDIO)
    assert frame.is_audio
    assert (frame.data.data.buffer, frame.data.data.timestamp.relative) == (b"\0\0\xff\xff", 12.34)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("join", ParticipantJoined),
        ("leave", ParticipantLeft),
        ("update", ParticipantRenamed),
        ("speech_on", SpeakingStarted),
        ("speech_off", SpeakingStopped),
    ],
)
def test_participant_events_become_facts(kind: str, expected: type[Event]) -> None:
    told = fact(event(kind))
    assert type(told) is expected
    assert (told.participant_id, told.name) == ("200", "Lin")


def test_chat_carries_its_text() -> None:
    told = fact(event("chat_message", '{"text":"@chime hello","to":"everyone"}'))
    assert isinstance(told, ChatReceived)
    assert told.text == "@chime hello"


def test_a_participant_without_a_name_still_has_one() -> None:
    assert fact(event("join", name="null")).name == "Participant 200"


def test_two_sockets_tell_one_fact() -> None:
    assert fact(event("speech_on")).id == fact(event("speech_on")).id


@pytest.mark.parametrize("kind", ["webcam_on", "screenshare_off", "from_the_future"])
def test_an_event_that_is_none_of_ours_is_no_fact(kind: str) -> None:
    assert fact(event(kind)) is None


def test_audio_is_no_fact() -> None:
    assert fact(AUDIO) is None


@pytest.mark.parametrize(
    "broken",
    ["", "{", "[]", '{"event":1}', '{"event":"x"}', AUDIO.replace("AAD//w==", "not base64!"), "[" * 100_000, "\0"],
)
def test_what_cannot_be_read_raises_one_error(broken: str) -> None:
    with pytest.raises(DecodeError):
        frames.decode(broken)
