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
    ["", "{", "[]", '{"event":1}', AUDIO.replace("AAD//w==", "not base64!"), "[" * 100_000, "\0"],
)
def test_what_cannot_be_read_raises_one_error(broken: str) -> None:
    with pytest.raises(DecodeError):
        frames.decode(broken)


@pytest.mark.parametrize(
    "oddity",
    [
        '{"event":"participant_events.poll","data":{"data":{"participant":{"id":1},"data":["yes","no"]}}}',
        '{"event":"from.the.future","data":{"data":"s"}}',
        '{"event":"from.the.future","data":{"data":[1]}}',
        '{"event":"x","data":{"data":{"timestamp":"2026-01-01T00:00:00Z","buffer":"not base64!"}}}',
        '{"event":"heartbeat"}',
        '{"event":"x","data":null}',
    ],
)
def test_an_event_that_nobody_knows_says_nothing_whatever_it_holds(oddity: str) -> None:
    assert not frames.decode(oddity).is_audio
    assert fact(oddity) is None


@pytest.mark.parametrize(
    ("changed", "to"),
    [
        ('"relative":44.1', '"relative":null'),
        ('"relative":44.1', '"relative":"44.1"'),
        ('"timestamp":{"relative":44.1,"absolute":"x"}', '"timestamp":null'),
        ('"is_host":true', '"is_host":"yes"'),
        ('"extra_data":{}', '"extra_data":null'),
    ],
)
def test_nulls_and_numbers_as_text_are_read(changed: str, to: str) -> None:
    told = fact(event("join").replace(changed, to))
    assert isinstance(told, ParticipantJoined)
    assert told.participant_id == "200"


@pytest.mark.parametrize(("written", "read"), [('"abc"', "abc"), ("1.0", "1"), ("1", "1"), ('"1"', "1")])
def test_a_participants_number_may_have_any_form(written: str, read: str) -> None:
    assert fact(event("join").replace('"id":200', f'"id":{written}')).participant_id == read


def test_a_chat_message_of_nulls_is_an_empty_one() -> None:
    assert fact(event("chat_message", '{"text":null,"to":null}')).text == ""


def test_audio_without_a_buffer_is_silence_of_no_length() -> None:
    frame = frames.decode(AUDIO.replace('"AAD//w=="', "null"))
    assert frame.is_audio
    assert frame.data.data.buffer == b""
