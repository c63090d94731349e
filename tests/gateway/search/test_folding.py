"""What counts as the same word."""

import unicodedata

import pytest

from gateway.search.folding import Wanted, fold, wanted_in, words_in


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Zoë", "zoe"),
        ("Straße", "STRASSE"),
        ("don't", "don’t"),
        ("Ångström", "angstrom"),
        ("ﬁne", "fine"),
        ("résumé", unicodedata.normalize("NFD", "RÉSUMÉ")),
        ("İstanbul", "istanbul"),
        ("ＡＢＣ", "abc"),
    ],
)
def test_capitals_accents_and_forms_make_no_difference(one: str, other: str) -> None:
    assert [word.folded for word in words_in(one)] == [word.folded for word in words_in(other)]


def test_words_know_where_they_stand() -> None:
    assert [(word.folded, word.start, word.end) for word in words_in("Well — it's 42%!")] == [
        ("well", 0, 4),
        ("its", 7, 11),
        ("42", 12, 14),
    ]


def test_a_decomposed_accent_does_not_part_its_word() -> None:
    text = unicodedata.normalize("NFD", "the résumé")
    assert [text[word.start : word.end] for word in words_in(text)] == ["the", unicodedata.normalize("NFD", "résumé")]


def test_languages_without_spaces_are_found_sign_by_sign() -> None:
    assert [word.folded for word in words_in("東京OK")] == ["東", "京", "ok"]


def test_signs_of_indian_scripts_stay_in_their_word() -> None:
    assert len(words_in("हिन्दी में")) == 2


def test_the_last_word_may_be_a_beginning_unless_it_is_finished_or_one_letter() -> None:
    assert wanted_in("new da") == Wanted(("new",), "da")
    assert wanted_in("new da ") == Wanted(("new", "da"))
    assert wanted_in("plan b") == Wanted(("plan", "b"))
    assert wanted_in("da da") == Wanted((), "da")
    assert wanted_in("?!").is_empty


def test_a_very_long_word_is_cut_alike_on_both_sides() -> None:
    assert fold("x" * 100) == fold("x" * 41)


def test_all_words_must_be_there() -> None:
    wanted = wanted_in("release dat")
    assert wanted.is_met_by({"the", "release", "date"})
    assert not wanted.is_met_by({"release"})
    assert not wanted.is_met_by({"releases", "date"})
