import pytest

from brain.addressed.requests import is_preface, is_request, is_request_after_bare_name, without_openers


@pytest.mark.parametrize(
    "text",
    [
        "what is the date?",
        "what did we decide about the launch",
        "the release date?",
        "so, who will do it?",
        "summarize the decisions",
        "please tell us who is late.",
        "could you repeat that",
        "did Tom say when",
        "I'd like to know the date.",
        "in which room are we?",
    ],
)
def test_what_asks_is_a_request(text: str) -> None:
    assert is_request(text)


@pytest.mark.parametrize(
    "text",
    [
        "thanks.",
        "what a nice name.",
        "which we installed, works.",
        "is great.",
        "right?",
        "Tom, can you start?",
        "stop.",
        "",
    ],
)
def test_what_asks_nothing_is_none(text: str) -> None:
    assert not is_request(text)


@pytest.mark.parametrize(
    "text", ["is great.", "did a good job, didn't it?", "does the notes.", "in whenever you like.", "and I"]
)
def test_after_a_bare_name_a_statement_about_it_is_no_request(text: str) -> None:
    assert not is_request_after_bare_name(text)


@pytest.mark.parametrize(
    "text", ["can you help", "what did we decide?", "is the release on Tuesday?", "summarize this"]
)
def test_after_a_bare_name_a_question_is_one(text: str) -> None:
    assert is_request_after_bare_name(text)


@pytest.mark.parametrize(
    "text", ["", "quick question.", "I have a question", "um,", "are you there?", "can you hear us?"]
)
def test_what_only_announces_is_a_preface(text: str) -> None:
    assert is_preface(text)


def test_a_question_about_a_question_is_no_preface() -> None:
    assert not is_preface("what was the question of Tom?")


def test_openers_are_taken_off() -> None:
    assert without_openers("Okay, so, um, who does it?") == "who does it?"
