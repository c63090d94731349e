"""A transcript against what was really said."""

import pytest

from rehearsal.scoring import align, word_errors, words_of


def test_case_and_punctuation_do_not_count() -> None:
    assert words_of("Good morning, everyone. Let’s GO!") == words_of("good morning everyone let's go")


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("thirty seven", "37"),
        ("thirty-seven", "37"),
        ("two o'clock", "2 o'clock"),
        ("five thousand", "5,000"),
        ("two thousand three hundred forty one", "2341"),
        ("twelve thousand", "12,000"),
        ("the fourteenth", "the 14th"),
        ("twenty first", "21st"),
        ("twenty second", "22nd"),
        ("thirtieth", "30th"),
        ("eleventh", "11th"),
        ("5 thousand", "5000"),
        ("OK, alright", "okay all right"),
    ],
)
def test_numbers_and_spellings_are_folded(said: str, written: str) -> None:
    assert words_of(said) == words_of(written)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("one two three", ["1", "2", "3"]),
        ("zero five", ["0", "5"]),
        ("nineteen sixty", ["19", "60"]),
        ("twenty ten", ["20", "10"]),
        ("a thousand thanks", ["a", "thousand", "thanks"]),
        ("one more point", ["1", "more", "point"]),
        ("", []),
    ],
)
def test_what_is_not_one_number_stays_apart(text: str, words: list[str]) -> None:
    assert words_of(text) == words


def test_a_perfect_transcript_has_no_errors() -> None:
    assert word_errors(["a", "b"], ["a", "b"]) == (0, 0, 0)


def test_each_kind_of_error_is_counted() -> None:
    assert word_errors(["a", "b", "c", "d"], ["a", "x", "c"]) == (1, 0, 1)
    assert word_errors(["a", "b"], ["a", "x", "b", "y"]) == (0, 2, 0)


def test_an_empty_transcript_misses_everything() -> None:
    assert word_errors(["a", "b"], []) == (0, 0, 2)


def test_nothing_said_makes_everything_invented() -> None:
    assert word_errors([], ["a", "b"]) == (0, 2, 0)


def test_alignment_names_the_word_in_each_place() -> None:
    assert align(["a", "b", "c", "d"], ["a", "c", "x"]) == [0, None, 1, 2]


def test_alignment_goes_on_after_invented_words() -> None:
    assert align(["a", "b"], ["x", "a", "y", "b"]) == [1, 3]
