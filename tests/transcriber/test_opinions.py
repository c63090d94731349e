"""Who said it, weighed from turns and voices."""

import pytest

from transcriber.opinions import Judge, Opinion, certain_of, likeliest
from transcriber.turns import Claim, Turns
from transcriber.voices import Voices


def claim(participant_id: str, ms: float, *, sure_ms: float | None = None, began_ms: int = 0) -> Claim:
    return Claim(participant_id, ms, ms if sure_ms is None else sure_ms, began_ms)


@pytest.mark.parametrize(
    ("claims", "certain"),
    [
        ([], ""),
        ([claim("m", 1000)], "m"),
        ([claim("m", 500)], "m"),
        ([claim("m", 499)], ""),
        ([claim("m", 1000, sure_ms=499)], ""),
        ([claim("m", 800), claim("t", 200)], "m"),
        ([claim("m", 800), claim("t", 201)], ""),
        ([claim("m", 1000, sure_ms=0), claim("t", 900)], "t"),
    ],
    ids=[
        "nobody",
        "one",
        "one for half of it",
        "one for less",
        "one, but who knows whether still",
        "one and hardly another",
        "two",
        "one and perhaps another",
    ],
)
def test_only_one_who_spoke_alone_is_certain(claims: list[Claim], certain: str) -> None:
    found = certain_of(claims, 1000)
    assert (found.participant_id if found else "") == certain


def test_in_no_time_nobody_is_certain() -> None:
    assert certain_of([claim("m", 0)], 0) is None


@pytest.mark.parametrize(
    ("covered_ms", "name"), [((1000, 799), "m"), ((1000, 800), "t"), ((800, 1000), "t"), ((799, 1000), "t")]
)
def test_of_about_equal_claims_the_later_one_is_likelier(covered_ms: tuple[int, int], name: str) -> None:
    claims = [claim("m", covered_ms[0], began_ms=10), claim("t", covered_ms[1], began_ms=20)]
    assert likeliest(claims).participant_id == name


def judge_of(*flagged: str, owner: str = "") -> Judge:
    """Over voice `v`, with participants flagged from 0 to 1000."""
    turns, voices = Turns(), Voices()
    for participant_id in flagged:
        turns.note(participant_id, 0, is_start=True)
        turns.note(participant_id, 1000, is_start=False)
    voices.number("v")
    if owner:
        voices.learn("v", owner, 9000)
    return Judge(turns, voices)


@pytest.mark.parametrize(
    ("judge", "participant_id", "is_firm", "is_certain"),
    [
        (judge_of(), "", False, False),
        (judge_of("m"), "m", True, True),
        (judge_of("m", "t"), "m", False, False),
        (judge_of("m", "t", owner="t"), "t", True, False),
        (judge_of("m", owner="t"), "m", True, True),
        (judge_of(owner="t"), "t", True, False),
        (judge_of("m", "t", owner="e"), "e", True, False),
    ],
    ids=[
        "nothing known",
        "one flagged",
        "two flagged",
        "two flagged, voice known",
        "one flagged, another's voice",
        "nobody flagged, voice known",
        "two flagged, a third one's voice",
    ],
)
def test_an_opinion_is_firm_where_one_is_flagged_or_the_voice_is_known(
    judge: Judge, participant_id: str, *, is_firm: bool, is_certain: bool
) -> None:
    opinion = judge.opinion(0, 900, "v")
    assert (opinion.participant_id, opinion.is_firm, bool(opinion.certain)) == (participant_id, is_firm, is_certain)


def test_who_is_near_is_a_guess() -> None:
    assert judge_of("m").opinion(1100, 1200, "v") == Opinion("m")
