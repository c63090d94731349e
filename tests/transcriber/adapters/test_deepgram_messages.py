"""The wire format, held to the official SDK's types."""

import json

import pytest
from deepgram.core.unchecked_base_model import construct_type
from deepgram.listen.v1.socket_client import V1SocketClientResponse
from deepgram.listen.v1.types import listen_v1close_stream, listen_v1configure, listen_v1finalize, listen_v1keep_alive
from pydantic import BaseModel

from transcriber.adapters import deepgram_messages as wire
from transcriber.adapters.deepgram_messages import message_of

RESULTS = {
    "type": "Results",
    "channel_index": [0, 1],
    "start": 12.3,
    "duration": 1.02,
    "is_final": True,
    "speech_final": True,
    "from_finalize": False,
    "channel": {
        "alternatives": [
            {
                "transcript": "Hey there.",
                "confidence": 0.98,
                "languages": ["en"],
                "words": [
                    {
                        "word": "hey",
                        "punctuated_word": "Hey",
                        "start": 12.4,
                        "end": 12.6,
                        "confidence": 0.99,
                        "speaker": 0,
                        "language": "en",
                    },
                    {"word": "there", "start": 13, "end": 13.2, "confidence": 1},
                ],
            }
        ]
    },
    "metadata": {
        "request_id": "uuid",
        "model_uuid": "uuid",
        "model_info": {"name": "general-nova-3", "version": "2025-01-01.0", "arch": "nova-3"},
    },
}
DOCUMENTED = {
    wire.Results: RESULTS,
    wire.SpeechStarted: {"type": "SpeechStarted", "channel": [0], "timestamp": 12.31},
    wire.UtteranceEnd: {"type": "UtteranceEnd", "channel": [0, 1], "last_word_end": 13.1},
    wire.Metadata: {
        "type": "Metadata",
        "transaction_key": "deprecated",
        "request_id": "uuid",
        "sha256": "hex",
        "created": "2026-01-01T00:00:00.000Z",
        "duration": 60.0,
        "channels": 1,
    },
    wire.ConfigureSuccess: {"type": "ConfigureSuccess", "request_id": "uuid", "keyterms": ["Maya"]},
    wire.ConfigureFailure: {
        "type": "ConfigureFailure",
        "request_id": "uuid",
        "code": "CONFIGURE_KEYTERM_LIMIT_EXCEEDED",
        "description": "too many",
    },
    wire.Error: {"type": "Error", "variant": "SchemaError", "description": "bad", "message": "{"},
}


def without(part: object, name: str) -> object:
    if isinstance(part, list):
        return [without(item, name) for item in part]
    if isinstance(part, dict):
        return {key: without(value, name) for key, value in part.items() if key != name}
    return part


def field_names(part: object) -> set[str]:
    if isinstance(part, list):
        return set().union(*(field_names(item) for item in part))
    if isinstance(part, dict):
        return {*part, *set().union(*(field_names(value) for value in part.values()))}
    return set()


def agrees(ours: object, theirs: object) -> bool:
    """Every field that we read is a field of the SDK's type, with the same value."""
    if isinstance(ours, tuple):
        return len(ours) == len(theirs) and all(map(agrees, ours, theirs))
    if hasattr(ours, "__struct_fields__"):
        assert set(ours.__struct_fields__) <= set(type(theirs).model_fields), type(theirs)
        return all(agrees(getattr(ours, name), getattr(theirs, name)) for name in ours.__struct_fields__)
    return ours == theirs


@pytest.mark.parametrize(("kind", "message"), DOCUMENTED.items(), ids=lambda value: getattr(value, "__name__", ""))
def test_each_documented_message_is_read_as_the_sdk_reads_it(kind: type, message: dict[str, object]) -> None:
    frame = json.dumps(message)
    ours = message_of(frame)
    theirs = construct_type(type_=V1SocketClientResponse, object_=json.loads(frame))
    assert type(ours) is kind
    assert type(theirs).__name__ == f"ListenV1{kind.__name__}"
    assert agrees(ours, theirs)


@pytest.mark.parametrize(
    ("frame", "kind"),
    [
        (wire.KEEP_ALIVE, listen_v1keep_alive.ListenV1KeepAlive),
        (wire.FINALIZE, listen_v1finalize.ListenV1Finalize),
        (wire.CLOSE_STREAM, listen_v1close_stream.ListenV1CloseStream),
        (wire.configure(("Maya", "Åsa")), listen_v1configure.ListenV1Configure),
        (wire.configure(()), listen_v1configure.ListenV1Configure),
    ],
)
def test_each_command_is_what_the_sdk_would_send(frame: str, kind: type[BaseModel]) -> None:
    command = kind.model_validate_json(frame, strict=True)
    assert json.loads(command.model_dump_json(exclude_none=True)) == json.loads(frame)
    assert not command.model_extra


@pytest.mark.parametrize("name", sorted(field_names(RESULTS) - {"type"}))
def test_a_result_may_lack_any_field(name: str) -> None:
    message = message_of(json.dumps(without(RESULTS, name)))
    assert isinstance(message, wire.Results)
    expected = 0 if name in {"channel", "alternatives"} else 2
    assert len(wire.words_of(message)) == expected


@pytest.mark.parametrize("kind", DOCUMENTED)
def test_every_message_may_have_more_fields_and_lack_all(kind: type) -> None:
    assert isinstance(message_of(json.dumps({**DOCUMENTED[kind], "mood": {"calm": [1]}})), kind)
    assert isinstance(message_of(json.dumps({"type": kind.__name__})), kind)


@pytest.mark.parametrize(
    "frame",
    [
        "",
        "{",
        "[]",
        "null",
        "{}",
        '{"type":"SentimentShifted"}',
        '{"type":"Results","start":"soon"}',
        b"\xff\x00",
        b"\x00" * 640,
    ],
)
def test_what_cannot_be_read_is_none(frame: str | bytes) -> None:
    assert message_of(frame) is None
