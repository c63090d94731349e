"""What a microphone says, read carefully."""

import json

import pytest

from ingest.room_frames import TIME, Heard, Hello, Voice, decode
from shared.errors import DecodeError


def test_sound_has_a_time_and_samples() -> None:
    assert decode(TIME.pack(120.5) + b"\1\2") == Heard(120.5, b"\1\2")
    assert decode(TIME.pack(0)) == Heard(0, b"")


@pytest.mark.parametrize("message", [b"", b"\0" * 7, TIME.pack(0) + b"\1", TIME.pack(-1), TIME.pack(float("nan"))])
def test_sound_that_is_cut_off_or_of_no_time_is_refused(message: bytes) -> None:
    with pytest.raises(DecodeError):
        decode(message)


@pytest.mark.parametrize(
    ("given", "name"), [("Ann", "Ann"), (" A\u200b\nB ", "A B"), ("\u202e\t", "Somebody"), ("名前", "名前")]
)
def test_a_name_is_on_one_line_and_can_be_seen(given: str, name: str) -> None:
    said = decode(json.dumps({"type": "hello", "name": given}))
    assert said == Hello(name=name)


def test_voices_are_told() -> None:
    assert decode('{"type":"voice","at_ms":1.5,"is_on":true}') == Voice(at_ms=1.5, is_on=True)


@pytest.mark.parametrize(
    "message",
    [
        *("", "[]", "[" * 5000, '{"type":"hello"}', '{"type":"hello","name":""}', '{"type":"other"}'),
        *('{"type":"voice","at_ms":-5,"is_on":true}', '{"type":"voice","at_ms":1e300,"is_on":true}'),
    ],
)
def test_nonsense_is_refused(message: str) -> None:
    with pytest.raises(DecodeError):
        decode(message)
