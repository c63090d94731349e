import pytest

from brain.rules.replies import accepts, agrees, defers, steers, wants


@pytest.mark.parametrize(
    "text",
    ["Agreed.", "Fine with me.", "I am fine with Tuesday.", "Tuesday is better for me.", "Fair point.", "I like that."],
)
def test_consent_is_known(text: str) -> None:
    assert agrees(text)


@pytest.mark.parametrize("text", ["No.", "I disagree.", "We measured four seconds.", "Not yet."])
def test_what_is_no_consent_is_none(text: str) -> None:
    assert not agrees(text)


@pytest.mark.parametrize("text", ["Sure, but later.", "Will do.", "Yes please.", "Okay, I'll do it."])
def test_a_request_is_accepted(text: str) -> None:
    assert accepts(text)


@pytest.mark.parametrize("text", ["No, I have no time.", "I already did.", "Why?"])
def test_a_request_is_not_accepted(text: str) -> None:
    assert not accepts(text)


@pytest.mark.parametrize(
    "text", ["I don't know yet.", "Let me come back to you on that.", "I'm not sure.", "Good question."]
)
def test_an_answer_is_put_off(text: str) -> None:
    assert defers(text)


def test_an_answer_is_not_put_off() -> None:
    assert not defers("It is Tuesday.")


def test_an_offer_is_taken_up_by_more_than_a_yes() -> None:
    assert wants("Yes please.")
    assert not wants("Yes.")


def test_what_moves_the_meeting_along_is_known() -> None:
    assert steers("Let's keep this short.")
    assert not steers("Let's drop the raffle.")
    assert not steers("I will start the migration and close the ticket.")
