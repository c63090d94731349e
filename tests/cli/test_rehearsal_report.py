"""The report of a rehearsal: figures, formats, and each thing that can fail."""

import json
import struct
import wave
from pathlib import Path

import pytest

from cli.rehearsal_report import Report, failures_of, percentile, spread
from cli.witness import Seen, Witness
from rehearsal.recordings import Recording, Script, Segment
from shared.events import (
    Asked,
    Brief,
    Cite,
    Event,
    Line,
    LineHeard,
    QuestionAnswered,
    SentenceComposed,
    SpeechFinished,
    SpeechStarted,
    TranscriptCompleted,
)

BASE = {"meeting_id": "m", "at": 1}
LINE = Line(id="mixed-0", track="mixed", speaker="Maya", start_ms=0, end_ms=900, text="Hello all.")
HEARD = LineHeard(id="l", line=LINE, **BASE)
ASKED = Asked(id="a", question="When?", asked_by="HTTP", via="api", question_id="q", **BASE)
SENTENCE = SentenceComposed(id="q/0", cause_id="q", n=0, text="Now.", speak=True, **BASE)
ANSWERED = QuestionAnswered(
    id="q/a", cause_id="q", question="When?", asked_by="HTTP", answer="Now.",
    cites=[Cite(line_id="mixed-0", speaker="Maya", at_ms=0)], spoken=True, **BASE,
)  # fmt: skip
FINISHED = SpeechFinished(id="f", cause_id="q/0", **BASE)
BRIEF = Brief(title="t", summary="s", key_points=[], decisions=[], action_items=[], open_questions=[], made_by="r")
ALL_WELL = (HEARD, ASKED, SENTENCE, ANSWERED, FINISHED)


def completed(verdict: str = "complete", heard_ms: int = 1_000, missing_ms: int = 0) -> TranscriptCompleted:
    return TranscriptCompleted(id="t", verdict=verdict, heard_ms=heard_ms, missing_ms=missing_ms, lines=1, **BASE)


def report(*events: Event, brief: Brief | None = BRIEF) -> Report:
    seen = Witness([Seen(event, 11_500.0) for event in events])
    seen.asked_at_ms["When?"] = 11_000.0
    script = Script(segments=[Segment("Maya", 0.0, 0.9, "Hello all.")])
    recording = Recording(path=Path("made-up.wav"), pcm=bytes(32_000), script=script)
    return Report(
        meeting_id="m", recording=recording, speed=1.0, witness=seen, sent_at=sent_at, subtitles=b"WEBVTT", brief=brief,
        wall_s=2.0,
    )  # fmt: skip


def sent_at(source_ms: float) -> float:
    return 10_000 + source_ms


def failures(tmp_path: Path, told: Report, loudness: int = 9_000) -> list[str]:
    with wave.open(str(tmp_path / "answer.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(24_000)
        file.writeframes(struct.pack("<3h", 0, -loudness, 1))
    return failures_of(told, tmp_path)


def test_when_all_is_well_nothing_failed(tmp_path: Path) -> None:
    assert failures(tmp_path, report(*ALL_WELL, completed())) == []


@pytest.mark.parametrize(
    ("events", "failure"),
    [
        ((ASKED, SENTENCE, ANSWERED, FINISHED, completed("silent")), "nothing was transcribed"),
        ((*ALL_WELL, completed("lost")), "the transcript is lost"),
        (ALL_WELL, "the transcript is unfinished"),
        ((*ALL_WELL, completed(heard_ms=700)), "300 ms of the recording have no words"),
        ((*ALL_WELL, completed("partial", missing_ms=400)), "400 ms of the recording have no words"),
        ((*ALL_WELL, HEARD, completed()), "1 lines came twice"),
        ((HEARD, completed()), "the question was never taken: When?"),
        ((HEARD, ASKED, completed()), "there is no answer to: When?"),
        ((HEARD, ASKED, SENTENCE, ANSWERED, completed()), "the answer was not said aloud: When?"),
    ],
)
def test_each_thing_that_failed_is_said(tmp_path: Path, events: tuple[Event, ...], failure: str) -> None:
    assert failure in failures(tmp_path, report(*events))


def test_a_silent_answer_is_a_failure(tmp_path: Path) -> None:
    assert failures(tmp_path, report(*ALL_WELL, completed()), loudness=3) == ["answer.wav is silent"]


def test_a_missing_briefing_is_a_failure(tmp_path: Path) -> None:
    assert failures(tmp_path, report(*ALL_WELL, completed(), brief=None)) == ["there is no briefing"]


def test_the_files_have_the_promised_fields() -> None:
    told = report(*ALL_WELL, completed())
    assert told.transcript() == {
        "meeting_id": "m",
        "lines": [{"id": "mixed-0", "speaker": "Maya", "start_ms": 0, "end_ms": 900, "text": "Hello all."}],
    }
    assert told.answers() == [told_answer(latency=None)]


def test_an_answer_that_was_heard_tells_where_its_time_went() -> None:
    started = SpeechStarted(
        id="st",
        cause_id="q/0",
        text="Now.",
        duration_ms=900,
        first_audio_ms=5,
        turn_at=ASKED.at,
        **{**BASE, "at": 13_000},
    )
    (answer,) = report(*ALL_WELL, started, completed()).answers()
    assert answer["latency"].keys() == {"first_audio_ms", "vendors_ms", "own_ms", "waited_for_a_pause_ms"}
    assert answer["latency"]["first_audio_ms"] == 13_000 - ASKED.at


def told_answer(latency: object) -> dict[str, object]:
    return {
        "question": "When?",
        "answer": "Now.",
        "cites": [{"line_id": "mixed-0", "speaker": "Maya", "at_ms": 0}],
        "spoken": True,
        "asked_by": "HTTP",
        "via": "api",
        "latency": latency,
    }


def test_the_figures_are_plain_numbers() -> None:
    figures = json.loads(json.dumps(report(*ALL_WELL, completed()).figures()))
    assert figures["final_p95_ms"] == 600
    assert figures["hops"]["answer"] == {"p50_ms": 500, "p95_ms": 500, "p99_ms": 500, "n": 1}
    assert (figures["wer"], figures["speaker_accuracy"], figures["lost_ms"], figures["words"]) == (0, 1, 0, 2)


def test_percentiles_are_values_that_were_measured() -> None:
    assert percentile(list(range(1, 101)), 95) == 95
    assert percentile([7], 99) == 7
    assert spread([]) == {"p50_ms": None, "p95_ms": None, "p99_ms": None, "n": 0}
