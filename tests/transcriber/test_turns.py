"""Turns from what the platform told."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transcriber.turns import ENDLESS, LAG_MS, TRUST_MS, Claim, Turn, Turns, turns_of

Mark = tuple[str, int, bool]


def turns_from(*marks: Mark) -> Turns:
    turns = Turns()
    for participant_id, at_ms, is_start in marks:
        turns.note(participant_id, at_ms, is_start=is_start)
    return turns


@pytest.mark.parametrize(
    ("marks", "expected"),
    [
        ([], []),
        ([(0, True), (900, False)], [Turn(0, 900, 900)]),
        ([(0, True)], [Turn(0, ENDLESS, TRUST_MS)]),
        ([(900, False)], []),
        ([(0, True), (900, False), (950, False)], [Turn(0, 900, 900)]),
        ([(0, True), (500, True), (900, False)], [Turn(0, 500, 500), Turn(500, 900, 900)]),
        ([(0, True), (90_000, True), (91_000, False)], [Turn(0, 90_000, TRUST_MS), Turn(90_000, 91_000, 91_000)]),
        ([(0, True), (90_000, False)], [Turn(0, 90_000, 90_000)]),
        ([(0, True), (500, False), (500, True), (900, False)], [Turn(0, 500, 500), Turn(500, 900, 900)]),
    ],
    ids=[
        "nothing",
        "a turn",
        "no end yet",
        "a stop alone",
        "two stops",
        "two starts",
        "a missed stop",
        "a long turn",
        "stopped and started again",
    ],
)
def test_turns_of_marks(marks: list[tuple[int, bool]], expected: list[Turn]) -> None:
    assert turns_of(marks) == expected


def test_a_claim_adds_up_all_turns_of_somebody() -> None:
    turns = turns_from(("m", 0, True), ("m", 1000, False), ("m", 2000, True), ("m", 3000, False))
    assert turns.claims(0, 4000) == [Claim("m", 1000 + 1000 + LAG_MS, 1000 + 1000 + LAG_MS, 2000)]


def test_what_lies_beyond_trust_is_covered_but_not_sure() -> None:
    assert turns_from(("m", 0, True)).claims(TRUST_MS - 1000, TRUST_MS + 3000) == [Claim("m", 4000, 1000, 0)]


@pytest.mark.parametrize(("start_ms", "claims"), [(999 - LAG_MS, 1), (1000 - LAG_MS, 0)])
def test_a_turn_that_is_as_good_as_over_claims_nothing(start_ms: int, claims: int) -> None:
    assert len(turns_from(("m", 0, True), ("m", 1000, False)).claims(start_ms, 2000)) == claims


@pytest.mark.parametrize(
    ("start_ms", "end_ms", "nearest"),
    [(0, 699, ""), (0, 700, "m"), (2299, 2400, "m"), (2300, 2400, "")],
)
def test_the_nearest_is_close_on_either_side(start_ms: int, end_ms: int, nearest: str) -> None:
    assert turns_from(("m", 1000, True), ("m", 2000, False)).nearest(start_ms, end_ms) == nearest


def test_of_two_that_are_near_the_nearer_one_is_the_nearest() -> None:
    turns = turns_from(("m", 0, True), ("m", 1000, False), ("t", 1750, True))
    assert (turns.nearest(1005, 1400), turns.nearest(1290, 1740)) == ("m", "t")


def test_what_was_over_before_is_forgotten_and_who_still_speaks_is_not() -> None:
    turns = turns_from(("m", 0, True), ("m", 1000, False), ("m", 1500, True), ("t", 0, True), ("t", 900, False))
    turns.forget(2000)
    assert [claim.participant_id for claim in turns.claims(0, 3000)] == ["m"]
    assert turns.claims(0, 3000)[0].covered_ms == 1500 + LAG_MS


def test_stops_without_starts_are_forgotten_too() -> None:
    turns = turns_from(("m", 0, False), ("t", 0, False))
    turns.forget(1)
    turns.note("m", -10, is_start=True)
    assert turns.claims(100, 200)[0].covered_ms == 100


MARKS = st.lists(st.tuples(st.sampled_from("mt"), st.integers(0, 5000), st.booleans()), max_size=12)


@given(MARKS.flatmap(lambda marks: st.tuples(st.just(marks), st.permutations(marks))))
def test_the_order_and_number_of_tellings_makes_no_difference(tellings: tuple[list[Mark], list[Mark]]) -> None:
    once, again = turns_from(*tellings[0]), turns_from(*tellings[1], *tellings[0])
    for start_ms in range(0, 5000, 500):
        claims, others = once.claims(start_ms, start_ms + 700), again.claims(start_ms, start_ms + 700)
        assert sorted(claims, key=lambda claim: claim.participant_id) == sorted(
            others, key=lambda claim: claim.participant_id
        )
        assert once.nearest(start_ms, start_ms + 700) == again.nearest(start_ms, start_ms + 700)
