import pytest
from transcripts import committee, line, standup

from brain.addressed.addressing import PATIENCE_MS, Addressing, Ask, Decision, Ignore, WaitForMore

TO_IT = [
    ("Chime, what is the new date of the release?", "what is the new date of the release?"),
    ("Chime, what did we decide about the launch?", "what did we decide about the launch?"),
    ("Hey Chime, who will talk to the platform group?", "who will talk to the platform group?"),
    ("Okay Chime, how many payments failed?", "how many payments failed?"),
    ("Ok, Chime, when is the draft due?", "when is the draft due?"),
    ("Hi Chime, can you tell us what Tom is blocked by?", "can you tell us what Tom is blocked by?"),
    ("Chime what is the new date?", "what is the new date?"),
    ("Chime can you summarize the decisions?", "can you summarize the decisions?"),
    ("Chime summarize the decisions", "summarize the decisions"),
    ("Chime, please list the action items.", "please list the action items."),
    ("Chime, remind us who owns the index.", "remind us who owns the index."),
    ("Chime, could you repeat the date", "could you repeat the date"),
    ("Chime, is Tom blocked by anything?", "is Tom blocked by anything?"),
    ("Chime, the release date?", "the release date?"),
    ("Chime. What did we decide?", "What did we decide?"),
    ("Hey, Chime! Who is late?", "Who is late?"),
    ("Good. Chime, what is the date?", "what is the date?"),
    ("So, Chime, why is the page slow?", "why is the page slow?"),
    ("Chime, quick question. Who informs sales?", "Who informs sales?"),
    ("What did we decide about the launch, Chime?", "What did we decide about the launch?"),
    ("Can you sum that up, Chime?", "Can you sum that up?"),
    ("Chyme, what is the date?", "what is the date?"),
    ("Shime, who informs the sales team?", "who informs the sales team?"),
    ("Chai-m, who is late?", "who is late?"),
    ("Chimes, when do we meet?", "when do we meet?"),
    ("chime, where do we meet?", "where do we meet?"),
    ("Chime, in which room do we meet?", "in which room do we meet?"),
    ("Chime, what is the date? Who set it?", "what is the date? Who set it?"),
    ("Chime, what is the date? I forgot it.", "what is the date?"),
    ("And now, Chime, what are the numbers?", "what are the numbers?"),
    ("Chime, I'd like to know who is late.", "I'd like to know who is late."),
    ("Chime, did anybody mention the budget?", "did anybody mention the budget?"),
]
NOT_TO_IT = [
    "I think Chime said Tuesday.",
    "Chime is great.",
    "Chime did a great job, didn't it?",
    "Chime does the notes for us.",
    "Chime has a nice voice.",
    "Chime, thanks.",
    "Thanks, Chime.",
    "Chime, stop.",
    "What about Chime?",
    "Do you like Chime?",
    "Let's ask Chime what we decided.",
    "Maybe Chime knows who is late?",
    "Chime's answer was wrong.",
    "Chime, which we installed on Monday, is nice.",
    "Chime, what a nice name.",
    "Chime in whenever you like.",
    "Feel free to chime in?",
    "Time, what is it?",
    "What time is it?",
    "Chair, can you open the meeting?",
    "China, what about it?",
    "Shine, please.",
    "Tom, what did we decide?",
    "Chime. Tom, can you start?",
    "What did we decide?",
    "Is it the same problem that we saw in March?",
    "Then I said “Chime, what is the date?” and it answered.",
    "That is not what Chime said, right?",
    "",
]


def decide(text: str) -> Decision:
    return Addressing().consider(line(text))


@pytest.mark.parametrize(("text", "question"), TO_IT)
def test_a_question_to_the_assistant_is_answered(text: str, question: str) -> None:
    assert decide(text) == Ask(question)


@pytest.mark.parametrize("text", NOT_TO_IT)
def test_what_is_not_for_the_assistant_is_left_alone(text: str) -> None:
    assert decide(text) == Ignore()


@pytest.mark.parametrize(
    "text", ["Chime.", "Hey Chime,", "Okay, Chime?", "Chime, quick question.", "Chime, are you there?"]
)
def test_the_name_alone_waits_for_the_question(text: str) -> None:
    assert decide(text) == WaitForMore(line(text).end_ms + PATIENCE_MS)


def test_the_next_line_of_who_called_is_the_question() -> None:
    addressing = Addressing()
    addressing.consider(line("Chime,", "Maya", start_ms=0, end_ms=500))
    assert addressing.consider(line("Just a moment.", "Tom", start_ms=700)) == Ignore()
    assert addressing.consider(line("What did we decide?", "Maya", start_ms=4500)) == Ask("What did we decide?")


def test_somebody_else_does_not_have_the_assistants_ear() -> None:
    addressing = Addressing()
    addressing.consider(line("Chime,", "Maya", start_ms=0, end_ms=500))
    assert addressing.consider(line("What did we decide?", "Tom", start_ms=900)) == Ignore()


def test_a_question_that_comes_too_late_is_for_the_others() -> None:
    addressing = Addressing()
    addressing.consider(line("Chime,", start_ms=0, end_ms=500))
    assert addressing.consider(line("What did we decide?", start_ms=4501)) == Ignore()


def test_what_asks_nothing_after_the_name_ends_the_wait() -> None:
    addressing = Addressing()
    addressing.consider(line("Chime,", start_ms=0, end_ms=500))
    assert addressing.consider(line("Never mind.", start_ms=1000)) == Ignore()
    assert addressing.consider(line("What did we decide?", start_ms=2000)) == Ignore()


def test_hesitation_after_the_name_waits_on() -> None:
    addressing = Addressing()
    addressing.consider(line("Chime,", start_ms=0, end_ms=500))
    assert addressing.consider(line("Um,", start_ms=3000, end_ms=3300)) == WaitForMore(3300 + PATIENCE_MS)
    assert addressing.consider(line("what did we decide?", start_ms=6000)) == Ask("what did we decide?")


def test_the_assistant_does_not_ask_itself() -> None:
    assert Addressing().consider(line("Chime, what is the date?", "Chime")) == Ignore()


def test_it_listens_to_another_name() -> None:
    for text in ("Max Power, what is the date?", "Max, what is the date?", "Hey Max Bower, what is the date?"):
        assert Addressing("Max Power").consider(line(text)) == Ask("what is the date?")
    assert Addressing("Max Power").consider(line("Chime, what is the date?")) == Ignore()


def test_a_meeting_about_other_things_never_wakes_it() -> None:
    addressing = Addressing()
    decisions = [addressing.consider(said) for said in [*standup(), *committee()]]
    assert [found for found in decisions if not isinstance(found, Ignore)] == [
        Ask("what is the new date of the release?"),
        Ask("how many stalls do we have?"),
    ]
