import pytest
from multidict import MultiDict

from rehearsal.deepgram.query import problem_of, wanted_of

GOOD = {
    "model": "nova-3",
    "language": "multi",
    "encoding": "linear16",
    "sample_rate": "16000",
    "channels": "1",
    "interim_results": "true",
    "smart_format": "true",
    "endpointing": "300",
    "utterance_end_ms": "1000",
    "vad_events": "true",
    "diarize_model": "latest",
}


def query(**changes: str | None) -> MultiDict[str]:
    return MultiDict({name: value for name, value in {**GOOD, **changes}.items() if value is not None})


def problem(**changes: str | None) -> str:
    return problem_of(query(**changes), 500)


def test_the_usual_query_has_no_problem() -> None:
    assert problem() == ""


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"encoding": "mp3"}, "encoding"),
        ({"sample_rate": "fast"}, "sample_rate"),
        ({"sample_rate": None}, "sample_rate"),
        ({"channels": "2"}, "channels"),
        ({"model": "nova-9"}, "model"),
        ({"language": "english, please"}, "language"),
        ({"diarize_model": "v2"}, "diarize_model"),
        ({"interim_results": "True"}, "interim_results"),
        ({"endpointing": "soon"}, "endpointing"),
        ({"utterance_end_ms": "1.5"}, "utterance_end_ms"),
        ({"interim_results": None}, "utterance_end_ms"),
        ({"model": "nova-2", "keyterm": "chimein"}, "keyterm"),
        ({"keywords": "chimein:2"}, "keywords"),
        ({"keyterm": "word " * 501}, "Keyterm limit"),
        ({"model": "nova\r\n3"}, "model"),
    ],
)
def test_a_problem_is_named_on_one_line(changes: dict[str, str | None], named: str) -> None:
    found = problem(**changes)
    assert named in found
    assert "\n" not in found


@pytest.mark.parametrize("changes", [{"endpointing": "false"}, {"keyterm": "word " * 500}, {"unheard_of": "1"}])
def test_what_deepgram_takes_is_no_problem(changes: dict[str, str]) -> None:
    assert problem(**changes) == ""


def test_a_query_is_understood() -> None:
    asked = query()
    asked.extend([("keyterm", "Maya"), ("keyterm", "stand-up")])
    wanted = wanted_of(asked)
    assert (wanted.model, wanted.language, wanted.keyterms) == ("nova-3", "multi", ("Maya", "stand-up"))
    assert (wanted.is_diarized, wanted.is_formatted, wanted.has_interims, wanted.has_vad_events) == (True,) * 4


def test_nothing_is_on_that_was_not_asked_for() -> None:
    wanted = wanted_of(MultiDict())
    assert (wanted.is_diarized, wanted.is_formatted, wanted.has_interims, wanted.has_vad_events) == (False,) * 4
    assert (wanted.gap_ms, wanted.keyterms, wanted.is_audio_known) == (0, (), False)


@pytest.mark.parametrize(("asked", "gap_ms"), [("400", 1000), ("1500", 1500)])
def test_a_gap_below_a_second_counts_as_one(asked: str, gap_ms: int) -> None:
    assert wanted_of(query(utterance_end_ms=asked)).gap_ms == gap_ms
