"""What Whisper says is judged and put together."""

import pytest

from transcriber.adapters.whisper import PROMPT_NAMES, is_plausible, join, prompt_for
from transcriber.ports import Word


@pytest.mark.parametrize("text", [" Good morning, everyone.", " 42.", " No, no, no, no!", " Très bien."])
def test_speech_is_plausible(text: str) -> None:
    assert is_plausible(text, 0.01, -0.1)


@pytest.mark.parametrize("text", ["", " .", " ...", " - !"])
def test_text_without_letters_is_not(text: str) -> None:
    assert not is_plausible(text, 0.01, -0.1)


def test_unsure_text_for_what_is_likely_no_speech_is_not() -> None:
    assert not is_plausible(" Thank you.", 0.9, -1.5)


def test_sure_text_is_plausible_even_where_little_is_speech() -> None:
    assert is_plausible(" Thank you.", 0.9, -0.2)


@pytest.mark.parametrize("phrase", [" and the", " you", " I am going to do that."])
def test_a_decoder_that_goes_round_in_circles_is_not(phrase: str) -> None:
    assert not is_plausible(phrase * 12, 0.01, -0.1)


@pytest.mark.parametrize("text", [" you" * 7, " Bye." * 7])
def test_a_short_loop_is_not(text: str) -> None:
    assert not is_plausible(text, 0.01, -0.1)


def test_pieces_become_words_as_printed() -> None:
    pieces = [
        (" 5", 0, 100),
        (",000", 100, 200),
        (" time", 200, 300),
        ("-up", 300, 400),
        (" fix", 400, 500),
        (".", 500, 900),
    ]
    assert join([Word(*piece) for piece in pieces]) == (
        Word("5,000", 0, 200),
        Word("time-up", 200, 400),
        Word("fix.", 400, 500),
    )


def test_a_first_piece_without_a_space_begins_a_word() -> None:
    assert join([Word("Yes", 0, 100), Word(",", 100, 200)]) == (Word("Yes,", 0, 100),)


def test_empty_pieces_are_no_words() -> None:
    assert join([Word(" ", 0, 100), Word("", 100, 200)]) == ()


def test_the_prompt_names_the_assistant_and_the_people() -> None:
    prompt = prompt_for("Echo", ("Maya", "Tom"))
    assert prompt.startswith("Maya, Tom. Echo is")
    assert "Hey Echo," in prompt


def test_the_prompt_stays_short_in_a_crowd() -> None:
    assert prompt_for("Chime", tuple(f"P{n}" for n in range(1000))).count(",") <= PROMPT_NAMES + 1
