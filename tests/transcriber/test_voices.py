"""Whose voice is whose."""

import pytest

from transcriber.voices import KEPT_VOICES, STRONG_MS, Voices


def voices_with(**certain_ms: int) -> Voices:
    """One voice, `v`, and how long it was certainly whose."""
    voices = Voices()
    voices.number("v")
    for participant_id, ms in certain_ms.items():
        voices.learn("v", participant_id, ms)
    return voices


@pytest.mark.parametrize(
    ("certain_ms", "owner"),
    [
        ({}, ""),
        ({"m": STRONG_MS - 1}, ""),
        ({"m": STRONG_MS}, "m"),
        ({"m": 8000, "t": 2000}, "m"),
        ({"m": 8000, "t": 2001}, ""),
        ({"m": 5000, "t": 60_000}, "t"),
    ],
)
def test_a_voice_has_an_owner_when_nearly_all_of_enough_is_of_one(certain_ms: dict[str, int], owner: str) -> None:
    assert voices_with(**certain_ms).owner("v") == owner


def test_among_some_only_their_part_counts() -> None:
    voices = voices_with(m=8000, t=8000, e=100)
    assert (voices.owner("v"), voices.owner("v", {"m", "e"}), voices.owner("v", {"e"})) == ("", "m", "")


def test_a_voice_that_was_never_heard_is_nobodys() -> None:
    assert Voices().owner("v") == Voices().owner("") == ""


def test_learning_tells_when_the_owner_is_known_anew() -> None:
    voices = voices_with()
    certain = [("m", 2000), ("m", 1000), ("m", 9000), ("t", 12_000), ("t", 60_000)]
    assert [voices.learn("v", one, ms) for one, ms in certain] == [False, True, False, False, True]


def test_nothing_is_learned_of_no_voice() -> None:
    voices = Voices()
    assert not voices.learn("", "m", 9000)
    assert voices.owner("") == ""


def test_voices_are_numbered_as_they_appear() -> None:
    voices = Voices()
    assert [voices.number(voice) for voice in ("b", "a", "b", "c")] == [1, 2, 1, 3]


def test_without_voices_everybody_is_number_1() -> None:
    voices = Voices()
    assert [voices.number(voice) for voice in ("", "a", "")] == [1, 1, 1]


def test_a_number_that_was_told_counts_and_is_not_given_again() -> None:
    voices = Voices()
    assert [voices.number("a"), voices.number("b", told=5), voices.number("b"), voices.number("c")] == [1, 5, 5, 6]
    assert [voices.number("a", told=9), voices.number("a"), voices.number("d")] == [9, 9, 10]


def test_the_oldest_voices_are_forgotten_but_their_numbers_not_given_again() -> None:
    voices = Voices()
    for n in range(KEPT_VOICES):
        voices.number(f"v{n}")
        voices.learn(f"v{n}", "m", 9000)
    assert voices.number("one more") == KEPT_VOICES + 1
    assert (voices.owner("v0"), voices.owner("v1")) == ("", "m")
