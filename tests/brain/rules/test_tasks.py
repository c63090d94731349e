import pytest
from transcripts import meeting

from brain.rules.tasks import People, Task, tasks_in
from brain.rules.turns import turns_of

PEOPLE = ["Maya", "Tom", "Ana Lopez"]


def tasks(*said: str, people: list[str] = PEOPLE) -> list[Task]:
    return tasks_in(turns_of(meeting(*said)), People(people))


@pytest.mark.parametrize(
    ("said", "owner", "due", "text"),
    [
        (["Tom: I will order the pump by Friday."], "Tom", "by Friday", "Order the pump by Friday"),
        (["Tom: Okay, I'll call the plumber tomorrow."], "Tom", "tomorrow", "Call the plumber tomorrow"),
        (["Tom: I'm going to write the release notes."], "Tom", None, "Write the release notes"),
        (["Maya: You'll get a build on Monday."], "Maya", "on Monday", "You'll get a build on Monday"),
        (["Maya: Tom, can you order the pump?", "Tom: Sure."], "Tom", None, "Order the pump"),
        (["Maya: Please order the pump today.", "Tom: Will do."], "Tom", "today", "Order the pump today"),
        (["Maya: Could you order the pump, Ana?", "Ana Lopez: Yes."], "Ana Lopez", None, "Order the pump, Ana"),
        (["Tom: Should I order the pump?", "Maya: Yes please."], "Tom", None, "Order the pump"),
        (["Tom: I could ask the insurance.", "Maya: Please do."], "Tom", None, "Ask the insurance"),
        (["Maya: Ana will send the invoice on Friday."], "Ana Lopez", "on Friday", "Send the invoice on Friday"),
    ],
)
def test_what_somebody_takes_on_is_a_task(said: list[str], owner: str, due: str | None, text: str) -> None:
    (task,) = tasks(*said)
    assert (task.owner, task.due, task.statement.text) == (owner, due, text)


@pytest.mark.parametrize(
    "said",
    [
        ["Tom: I will not order the pump."],
        ["Tom: I will be out on Friday."],
        ["Tom: Will I order the pump?"],
        ["Maya: Tom, can you order the pump?", "Tom: No, I have no time."],
        ["Maya: Tom, can you order the pump?"],
        ["Maya: Tom, can you start?", "Tom: Sure."],
        ["Tom: Should I order the pump?", "Maya: No."],
        ["Tom: I can imagine the rest.", "Maya: Yes."],
        ["Maya: Somebody has to order the pump."],
        ["Maya: The vendor will send the invoice."],
    ],
)
def test_what_nobody_takes_on_is_none(said: list[str]) -> None:
    assert tasks(*said) == []


def test_a_request_answered_with_a_promise_is_one_task() -> None:
    (task,) = tasks("Maya: Tom, could you order the pump?", "Tom: Sure, I'll call the plumber today.")
    assert task.statement.text == "Call the plumber today"


def test_the_reply_to_an_offer_may_say_when() -> None:
    (task,) = tasks("Tom: Should I prepare the notes?", "Maya: Yes please. A draft by Friday would be fine.")
    assert (task.owner, task.due) == ("Tom", "by Friday")
    assert [sentence.line for sentence in task.statement.sentences] == [0, 1]


def test_a_stranger_owns_nothing() -> None:
    (task,) = tasks("Speaker 2: I will order the pump.")
    assert task.owner is None


def test_a_first_name_that_two_share_names_nobody() -> None:
    assert People(["Tom Hill", "Tom Dale"]).find("Tom") is None
    assert People(["Tom Hill", "Tom Dale"]).find("tom hill") == "Tom Hill"
