import pytest

from brain.rules.words import stem, terms_of, words_of


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("thirty seven", ["37"]),
        ("Thirty-seven", ["37"]),
        ("37th", ["37"]),
        ("5,000 orders", ["5000", "orders"]),
        ("five thousand orders", ["5000", "orders"]),
        ("two hundred and ten", ["210"]),
        ("eleven thousand two hundred", ["11200"]),
        ("the fourteenth", ["the", "14"]),
        ("one sixty", ["1", "60"]),
        ("one and two", ["1", "and", "2"]),
        ("two hundred and so on", ["200", "and", "so", "on"]),
        ("at 10:30, 3.5 km", ["at", "10:30", "3.5", "km"]),
    ],
)
def test_numbers_are_written_one_way(text: str, words: list[str]) -> None:
    assert words_of(text) == words


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("planned", "plan"),
        ("releases", "release"),
        ("moving", "moves"),
        ("payments", "payment"),
        ("Tom's", "Tom"),
        ("batteries", "battery"),
    ],
)
def test_forms_of_a_word_meet(first: str, second: str) -> None:
    assert terms_of(first) == terms_of(second)


def test_numbers_keep_their_digits() -> None:
    assert stem("5000") == "5000"


def test_words_that_say_nothing_are_no_terms() -> None:
    assert terms_of("What is it that we will do?") == []
