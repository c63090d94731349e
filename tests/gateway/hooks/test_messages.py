"""What is told, and that no words leave unless they were asked for."""

import json

from gateway.hooks.messages import Kind, body_of, message_of
from shared.events import (
    Brief,
    BriefWritten,
    Hushed,
    JoinRefused,
    Line,
    LineHeard,
    MeetingStateChanged,
    TranscriptCompleted,
)

MEETING = "m-07-00000000000000000000"
ABOUT = {"id": "e1", "meeting_id": MEETING, "at": 1_790_000_000_123}
LINE = LineHeard(
    line=Line(id="mixed-1200", track="mixed", speaker="Karen", start_ms=1200, end_ms=2600, text="Top secret."), **ABOUT
)


def state(status: str) -> MeetingStateChanged:
    return MeetingStateChanged(status=status, explanation="the host must admit it", **ABOUT)


def brief(**part: int) -> BriefWritten:
    parts = {"key_points": [], "decisions": [], "action_items": [], "open_questions": []}
    return BriefWritten(brief=Brief(title="Secret plans", summary="s", made_by="rules", **parts, **part), **ABOUT)


def body(event, *, with_words: bool = False, base_url: str = ""):
    return json.loads(body_of(message_of(event), MEETING, "7-0", base_url, with_words=with_words))


def test_each_kind_comes_of_its_event() -> None:
    completed = TranscriptCompleted(verdict="complete", heard_ms=9, missing_ms=0, lines=1, **ABOUT)
    refused = JoinRefused(reason="no such call", category="invalid", **ABOUT)
    told = [message_of(event) for event in (state("listening"), LINE, brief(), completed, refused, state("failed"))]
    assert [message.kind for message in told] == [
        Kind.STARTED,
        Kind.LINE,
        Kind.BRIEF,
        Kind.ENDED,
        Kind.FAILED,
        Kind.FAILED,
    ]


def test_nothing_else_is_told() -> None:
    for event in (state("joining"), state("waiting_room"), state("ended"), brief(since_ms=5), Hushed(by="a", **ABOUT)):
        assert message_of(event) is None


def test_a_meeting_starts_and_fails_once() -> None:
    assert message_of(state("in_call")).key == message_of(state("listening")).key
    assert message_of(state("failed")).key == message_of(JoinRefused(reason="", category="", **ABOUT)).key


def test_words_and_names_stay_here_unless_they_were_asked_for() -> None:
    for event in (LINE, brief()):
        text = json.dumps(body(event))
        assert "ecret" not in text
        assert "Karen" not in text
    assert body(LINE, with_words=True)["data"]["text"] == "Top secret."
    assert body(brief(), with_words=True)["data"]["title"] == "Secret plans"


def test_the_body_has_the_form_of_standard_webhooks_with_ids_and_links() -> None:
    assert body(LINE, base_url="https://chime.example.org/") == {
        "type": "line",
        "timestamp": "2026-09-21T14:13:20.123+00:00",
        "data": {
            "meeting_id": MEETING,
            "cursor": "7-0",
            "line_id": "mixed-1200",
            "start_ms": 1200,
            "end_ms": 2600,
            "links": {
                "status": f"https://chime.example.org/meetings/{MEETING}/status",
                "transcript": f"https://chime.example.org/meetings/{MEETING}/transcript",
            },
        },
    }
    assert len(body_of(message_of(LINE), MEETING, "7-0", "", with_words=False)) < 600
