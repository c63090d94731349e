import pytest

from speaker.overlap import interrupts, is_backchannel

SAID = "The release moves to Tuesday the fourteenth."


LISTENING = [
    "Mhm.",
    "Yes.",
    "Yeah, yeah.",
    "Okay",
    "Uh-huh.",
    "Right, right.",
    "Haha!",
    "hahaha",
    "Ja genau.",
    "はい",
    "",
]
MEANING_IT = ["Stop.", "Wait,", "No.", "Hold on.", "That is wrong.", "Yes, but when?", "Can I add", "Sorry, a question"]


@pytest.mark.parametrize("text", LISTENING)
def test_who_says_so_listens(text: str) -> None:
    assert is_backchannel([word.strip(".,!").lower() for word in text.split()])
    assert not interrupts(text.split(), SAID)


@pytest.mark.parametrize("text", MEANING_IT)
def test_who_says_so_wants_to_speak(text: str) -> None:
    assert interrupts(text.split(), SAID)


@pytest.mark.parametrize(
    "text", ["The release moves to", "release moves to Tuesday", "moves two Tuesday the fourteenth"]
)
def test_its_own_words_interrupt_nobody(text: str) -> None:
    assert not interrupts(text.split(), SAID)


def test_words_of_a_person_among_its_own_do() -> None:
    assert interrupts("The release moves to Tuesday no wait that is wrong".split(), SAID)
