"""Times of words on the meeting's clock."""

from transcriber.endpointing import Utterance
from transcriber.ports import Word
from transcriber.timing import place

UTTERANCE = Utterance(start_ms=1000, end_ms=3000, voice_start_ms=1200, voice_end_ms=2800)


def times(*words: tuple[int, int]) -> list[tuple[int, int]]:
    placed = place([Word("word", start_ms, end_ms) for start_ms, end_ms in words], UTTERANCE)
    return [(word.start_ms, word.end_ms) for word in placed]


def test_words_are_moved_to_where_the_utterance_is() -> None:
    assert times((300, 500), (600, 900), (900, 1800)) == [(1300, 1500), (1600, 1900), (1900, 2800)]


def test_the_first_word_does_not_begin_before_the_voice() -> None:
    assert times((0, 500), (500, 900))[0] == (1200, 1500)


def test_the_last_word_does_not_end_after_the_voice() -> None:
    assert times((1500, 2000)) == [(2500, 2800)]


def test_the_last_word_ends_with_the_voice() -> None:
    assert times((300, 500), (500, 600)) == [(1300, 1500), (1500, 2800)]


def test_no_words_have_no_times() -> None:
    assert times() == []


def test_each_word_begins_after_the_one_before() -> None:
    assert times((300, 900), (500, 700), (650, 1000)) == [(1300, 1900), (1900, 1910), (1910, 2800)]


def test_no_word_is_without_length_or_outside() -> None:
    placed = times(*[(9000, 9000)] * 5)
    assert placed == [(2800, 2810), (2810, 2820), (2820, 2830), (2830, 2840), (2840, 2850)]
