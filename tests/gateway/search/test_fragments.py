"""What is shown of a line that was found."""

import pytest

from gateway.search.folding import wanted_in
from gateway.search.fragments import fit_of, fragment_of


def pieces(text: str, query: str) -> list[tuple[str, bool]]:
    return [(piece.text, piece.hit) for piece in fragment_of(text, wanted_in(query))]


def test_the_pieces_of_a_short_line_are_the_line() -> None:
    found = pieces("The Release date moved; the date!", "date release")
    assert "".join(text for text, _ in found) == "The Release date moved; the date!"
    assert [text for text, is_hit in found if is_hit] == ["Release", "date", "date"]


def test_the_beginning_of_a_word_shows_the_whole_word() -> None:
    assert [text for text, is_hit in pieces("We planned it", "plan") if is_hit] == ["planned"]


@pytest.mark.parametrize("at", [0, 40, 79])
def test_a_long_line_is_cut_between_words_around_the_hit(at: int) -> None:
    words = [f"word{n}" for n in range(80)]
    words[at] = "needle"
    found = pieces(" ".join(words), "needle ")
    text = "".join(text for text, _ in found)
    assert [text for text, is_hit in found if is_hit] == ["needle"]
    assert len(text) < 220
    assert set(text.removeprefix("… ").removesuffix(" …").split(" ")) <= set(words)


def test_emoji_and_markup_come_as_they_were() -> None:
    assert pieces("<b>👩\u200d🚀 date</b>", "date ") == [("<b>👩\u200d🚀 ", False), ("date", True), ("</b>", False)]


def test_the_very_words_in_a_row_fit_best() -> None:
    query, lines = "release date", ["the date of the release", "our release date", "a release dated long ago"]
    ranked = sorted(lines, key=lambda line: fit_of(line, query, wanted_in(query)), reverse=True)
    assert ranked == ["our release date", "a release dated long ago", "the date of the release"]
