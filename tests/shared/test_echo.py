"""The assistant speaks from 10 to 14 s; what is heard then is an echo, or it is not."""

import pytest

from shared.echo import Spoken, without_echo

SAID = "Maya said that the release moves to Tuesday the fourteenth."
BEGINS, ENDS = 10_000, 14_000
GERMAN = "Der Termin wurde auf Dienstag den vierzehnten verschoben."


def kept(heard: str, begins_ms: int, ends_ms: int, said: str = SAID) -> str:
    words = heard.split()
    left = without_echo(words, begins_ms, ends_ms, [Spoken(said, BEGINS, ENDS)])
    return " ".join(words[place] for place in left)


ECHOES = [
    (SAID, 10_300, 14_300),
    ("maya said that the release moves to tuesday the fourteenth", 10_900, 14_900),
    ("Maya said the release moves to Tuesday, the 14th.", 10_300, 14_300),
    ("My uh said that the release moves to Tuesday the four teeth.", 10_300, 14_400),
    ("Said that the least moves to Tuesday the fourteenth.", 10_700, 14_300),
    ("Maya said that the release", 10_300, 12_000),
    ("release moves to Tuesday the fourteenth", 11_900, 14_200),
    ("moves to Tuesday the", 12_600, 13_800),
    ("the release moves to", 11_700, 13_000),
    ("that the release moves two Tuesday", 11_300, 13_400),
    ("Tuesday the fourteenth.", 13_000, 14_300),
    ("Tuesday.", 13_100, 13_600),
    ("Maya said that", 10_200, 11_400),
    ("the fourteenth", 13_600, 14_400),
    ("moves to Tuesday", 12_700, 13_500),
    ("Maya said that the police moves to Tuesday the fourteenth", 10_100, 14_000),
    ("Maya said at the release moves Tuesday the fourteenth", 10_400, 14_300),
    ("mayor said that the release moves to Tuesday the fourteenth", 9_700, 13_700),
    ("Maya said that the release moves", 10_000, 12_500),
    ("said that the release moves to Tuesday", 10_600, 13_200),
]
PEOPLE = [
    ("No, that is wrong, it was Wednesday.", 11_000, 13_000),
    ("Wait a moment please.", 12_000, 13_000),
    ("Okay.", 12_000, 12_400),
    ("Yes, exactly.", 13_000, 13_600),
    ("Can we talk about the budget?", 14_500, 16_000),
    ("So the release moves to Tuesday the fourteenth.", 17_000, 20_000),
    ("Tuesday the fourteenth.", 15_500, 16_700),
    ("Maya said that the release moves to Tuesday the fourteenth.", 30_000, 34_000),
    ("Maya said that the release moves to Tuesday the fourteenth.", 4_000, 8_500),
    ("I will tell the sales team about Tuesday.", 14_600, 16_500),
    ("Is the fourteenth a Tuesday?", 15_200, 16_400),
    ("Tuesday is better for me as well, I could then include the export.", 14_300, 17_500),
    ("And who tells the customers about the release?", 14_400, 16_400),
    ("The", 12_000, 12_200),
    ("What did Maya say about the invoice export on Friday?", 12_000, 14_800),
    ("Great, thanks, that helps a lot.", 14_100, 15_500),
    ("Sorry, can you repeat that?", 14_300, 15_300),
    ("Stop.", 11_500, 11_800),
    ("Let us move on to the next topic.", 13_000, 14_600),
    ("Right, and the payment errors?", 14_800, 16_000),
]


@pytest.mark.parametrize(("heard", "begins_ms", "ends_ms"), ECHOES)
def test_an_echo_is_dropped(heard: str, begins_ms: int, ends_ms: int) -> None:
    assert kept(heard, begins_ms, ends_ms) == ""


@pytest.mark.parametrize(("heard", "begins_ms", "ends_ms"), PEOPLE)
def test_what_people_say_stays(heard: str, begins_ms: int, ends_ms: int) -> None:
    assert kept(heard, begins_ms, ends_ms) == heard


@pytest.mark.parametrize(
    ("heard", "begins_ms", "ends_ms", "left"),
    [
        (f"{SAID} Okay, thank you, that is good to know.", 10_300, 17_000, "Okay, thank you, that is good to know."),
        (f"Anyway, let us see. {SAID}", 8_900, 14_300, "Anyway, let us see."),
        ("release moves to Tuesday the fourteenth no no it was Wednesday", 11_900, 16_000, "no no it was Wednesday"),
    ],
)
def test_of_a_line_that_holds_both_the_people_s_part_stays(heard: str, begins_ms: int, ends_ms: int, left: str) -> None:
    assert kept(heard, begins_ms, ends_ms) == left


def test_another_language_has_echoes_too() -> None:
    heard = "der Termin wurde auf Dienstag den 14. verschoben"
    assert kept(heard, 10_300, 14_300, GERMAN) == ""


def test_two_sentences_of_the_assistant_in_one_line_are_both_echoes() -> None:
    words = "The release moves to Tuesday. Maya tells the sales team today.".split()
    spoken = [
        Spoken("The release moves to Tuesday.", 10_000, 12_000),
        Spoken("Maya tells the sales team today.", 12_000, 14_000),
    ]
    assert without_echo(words, 10_300, 14_300, spoken) == []


def test_where_the_assistant_said_nothing_there_is_no_echo() -> None:
    assert without_echo(["Hello."], 0, 500, []) == [0]
    assert without_echo([], 0, 500, [Spoken("", 0, 500)]) == []
