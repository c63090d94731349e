"""What Deepgram is asked for."""

from urllib.parse import parse_qs

import pytest

from transcriber.adapters.deepgram_query import MOST_TERMS, MOST_TOKENS, TOKEN, keyterms_of, query_of
from transcriber.ports import StreamSpec


def asked(model: str = "nova-3", *, opts_out: bool = False, **spec: object) -> dict[str, list[str]]:
    built = StreamSpec(**{"track": "mixed", "start_ms": 0, "fresh_from_ms": 0, **spec})
    return parse_qs(query_of(built, model, opts_out=opts_out))


def test_the_query_is_what_the_reference_recommends() -> None:
    assert asked() == {
        "model": ["nova-3"],
        "language": ["en"],
        "encoding": ["linear16"],
        "sample_rate": ["16000"],
        "channels": ["1"],
        "interim_results": ["true"],
        "smart_format": ["true"],
        "punctuate": ["true"],
        "endpointing": ["300"],
        "utterance_end_ms": ["1000"],
        "vad_events": ["true"],
        "diarize_model": ["latest"],
    }


def test_a_track_of_one_voice_is_not_diarized() -> None:
    assert "diarize_model" not in asked(has_many_voices=False)


@pytest.mark.parametrize("language", ["multi", "de", "pt-BR"])
def test_the_language_is_passed_on(language: str) -> None:
    assert asked(language=language)["language"] == [language]


def test_opting_out_is_asked_for() -> None:
    assert asked(opts_out=True)["mip_opt_out"] == ["true"]


def test_each_term_has_its_own_key() -> None:
    assert asked(vocabulary=("Åsa Öberg", "R&D"))["keyterm"] == ["Åsa Öberg", "R&D"]


def test_only_nova_3_is_given_terms() -> None:
    assert "keyterm" not in asked("nova-2-meeting", vocabulary=("Maya",))


@pytest.mark.parametrize(
    ("vocabulary", "terms"),
    [
        (("Maya", "maya", "MAYA "), ("Maya",)),
        (("  ", "", "!?"), ()),
        (("Project\n<b>Falcon</b>",), ("Project b Falcon b",)),
        (("O'Neil-Smith", "Node.js"), ("O'Neil-Smith", "Node.js")),
        (("one two three four five six seven eight nine ten eleven twelve thirteen", "Tom"), ("Tom",)),
    ],
)
def test_terms_are_plain_and_told_once(vocabulary: tuple[str, ...], terms: tuple[str, ...]) -> None:
    assert keyterms_of(vocabulary, "nova-3") == terms


@pytest.mark.parametrize("term", ["Supercalifragilistic {n}", "n{n}", "会议记录系统 {n}", "a-b-c.d {n}"])
def test_terms_stay_below_the_limits(term: str) -> None:
    terms = keyterms_of([term.format(n=n) for n in range(1000)], "nova-3")
    tokens = sum(len(TOKEN.findall(kept)) for kept in terms)
    assert tokens <= MOST_TOKENS
    assert len(terms) == MOST_TERMS or tokens > MOST_TOKENS - 20
    assert terms[0] == term.format(n=0)


def test_a_term_that_does_not_fit_leaves_room_for_others() -> None:
    terms = keyterms_of([*(f"Supercalifragilistic abcd {n:03}" for n in range(1000)), "Jo"], "nova-3")
    assert terms[-1] == "Jo"
