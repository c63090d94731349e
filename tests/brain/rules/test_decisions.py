import pytest
from transcripts import meeting

from brain.rules.decisions import decisions_in
from brain.rules.turns import turns_of


def texts(*said: str) -> list[str]:
    return [found.text for found in decisions_in(turns_of(meeting(*said)))]


@pytest.mark.parametrize(
    ("said", "text"),
    [
        (["Maya: So we agree, we poll the bank."], "We poll the bank"),
        (["Maya: So we agree.", "Maya: We poll the bank."], "We poll the bank"),
        (["Maya: Okay, decided, we go with one design."], "We go with one design"),
        (["Maya: We decided to drop the raffle."], "Drop the raffle"),
        (["Maya: Let's drop the raffle.", "Tom: Fine by me."], "Let's drop the raffle"),
        (["Tom: I'd rather move the release to Tuesday.", "Maya: Agreed."], "I'd rather move the release to Tuesday"),
        (["Tom: We pay the pump from the reserve. Is that okay?", "Maya: Yes."], "We pay the pump from the reserve"),
    ],
)
def test_what_was_decided_is_found(said: list[str], text: str) -> None:
    assert texts(*said) == [text]


@pytest.mark.parametrize(
    "said",
    [
        ["Maya: What did we decide about the raffle?", "Tom: Yes."],
        ["Maya: If we decided to drop it, fine."],
        ["Maya: We haven't decided yet."],
        ["Maya: Let's drop the raffle.", "Tom: No, people love it."],
        ["Maya: Let's drop the raffle.", "Maya: Yes."],
        ["Maya: Let's keep this short. Tom, can you start?", "Tom: Sure."],
        ["Maya: So the pump is broken."],
        ["Maya: So what did the bank say?"],
    ],
)
def test_what_was_not_decided_is_not_listed(said: list[str]) -> None:
    assert texts(*said) == []


def test_the_last_wording_stands_and_carries_all_lines() -> None:
    (found,) = decisions_in(
        turns_of(
            meeting(
                "Maya: I would rather move the release to Tuesday.",
                "Tom: Tuesday is better.",
                "Maya: So the release moves to Tuesday the fourteenth.",
            )
        )
    )
    assert found.text == "The release moves to Tuesday the fourteenth"
    assert [sentence.line for sentence in found.sentences] == [0, 2]


def test_decisions_about_other_things_are_listed_apart() -> None:
    said = ["Maya: Let's drop the raffle.", "Tom: Agreed.", "Maya: Let's order the pump.", "Tom: Fine."]
    assert texts(*said) == ["Let's drop the raffle", "Let's order the pump"]
