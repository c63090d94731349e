"""Events on the wire: today's code reads yesterday's entries."""

from pathlib import Path

import msgspec
import pytest

from shared.clock import ManualClock
from shared.errors import DecodeError
from shared.events import CODEC, AnyEvent, AskQuestion, Event, Hushed, SpeechCut, effect, kinds, tag_of
from shared.tracing import new_trace

GOLDEN = Path(__file__).parent / "golden"
"""One example per event, as it was first written. They are never changed: a change of meaning is a new tag."""


@pytest.mark.parametrize("kind", kinds(), ids=tag_of)
def test_every_event_has_an_example_and_it_is_still_read(kind: type[Event]) -> None:
    written = (GOLDEN / f"{tag_of(kind)}.json").read_bytes()
    event = msgspec.json.decode(written, type=AnyEvent)
    assert type(event) is kind
    assert msgspec.json.decode(msgspec.json.encode(event)) == msgspec.json.decode(written)


@pytest.mark.parametrize("kind", kinds(), ids=tag_of)
def test_an_entry_of_a_stream_comes_back_as_it_went(kind: type[Event]) -> None:
    event = msgspec.json.decode((GOLDEN / f"{tag_of(kind)}.json").read_bytes(), type=AnyEvent)
    tag, body = CODEC.encode(event)
    assert CODEC.decode({b"type": tag, b"body": body}) == event


def test_no_two_events_share_a_tag() -> None:
    assert len({tag_of(kind) for kind in kinds()}) == len(kinds())


def test_a_field_that_a_newer_version_added_is_passed_over() -> None:
    hushed = {"type": "speech.hushed", "id": "1", "meeting_id": "m", "at": 1, "by": "Ann", "volume": 3}
    fields = {b"type": b"speech.hushed", b"body": msgspec.msgpack.encode(hushed)}
    assert CODEC.decode(fields) == Hushed(id="1", meeting_id="m", at=1, by="Ann")


def test_a_type_from_the_future_is_told_from_a_broken_one() -> None:
    with pytest.raises(DecodeError) as unknown:
        CODEC.decode({b"type": b"from.the.future", b"body": b""})
    with pytest.raises(DecodeError) as broken:
        CODEC.decode({b"type": b"speech.hushed", b"body": b""})
    assert unknown.value.reason == "unknown type"
    assert broken.value.reason != "unknown type"


def test_an_entry_without_fields_is_no_crash() -> None:
    with pytest.raises(DecodeError):
        CODEC.decode({})


def test_an_effect_is_known_by_its_cause() -> None:
    cause = AskQuestion(id="q", meeting_id="m", at=1, question="?", trace=new_trace())
    cut = effect(SpeechCut, cause, 3, ManualClock(9), reason="r")
    assert (cut.id, cut.cause_id, cut.meeting_id, cut.at, cut.trace) == ("q/3", "q", "m", 9, cause.trace)


def test_a_trace_is_a_w3c_traceparent() -> None:
    version, trace, span, flags = new_trace().split("-")
    assert (version, len(trace), len(span), flags) == ("00", 32, 16, "01")
