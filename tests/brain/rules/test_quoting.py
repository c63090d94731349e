from collections.abc import Sequence

from transcripts import line, meeting, standup

from brain.rules.quoting import NOT_SAID, NOTHING_YET, Question, answer, clock
from brain.rules.retrieval import overlap
from shared.events import Line


def ask(question: str, lines: Sequence[Line]) -> str:
    return answer(Question(question, lines, "Chime"), overlap)


def test_an_answer_says_who_said_what_and_when() -> None:
    said = ask("Who will talk to the platform group?", standup())
    assert said == "Maya, at 0:24: “Okay, I will talk to Karen from the platform group right after this call.” [5]"


def test_a_reply_that_leans_on_its_question_comes_with_it() -> None:
    lines = meeting("Daniel: Should I prepare the release notes?", "Maya: Yes please. A first draft by Friday.")
    assert ask("When are the release notes due?", lines) == (
        "Daniel asked: “Should I prepare the release notes?” [1] "
        "Maya answered, at 0:02: “Yes please. A first draft by Friday.” [2]"
    )


def test_who_takes_up_a_demand_is_plain() -> None:
    lines = meeting("Elena: Somebody has to tell the sales team.", "Maya: I will send them a note this afternoon.")
    said = ask("Who tells the sales team?", lines)
    assert said.startswith("Elena said: “Somebody has to tell the sales team.” [1] Maya answered, at 0:03:")


def test_a_long_turn_is_cut_to_what_was_asked_for() -> None:
    filler = "I went to the office and met a few people there about other matters of no weight. "
    lines = meeting(f"Tom: {filler}The certificate expires on Sunday. {filler}{filler}")
    said = ask("When does the certificate expire?", lines)
    assert "The certificate expires on Sunday." in said
    assert len(said.split()) < 45


def test_what_was_left_out_shows() -> None:
    lines = meeting("Tom: The pump is broken. Is that bad? The pump costs 900.", "Maya: Hm.")
    assert "“The pump is broken. … The pump costs 900.”" in ask("What about the broken pump costs?", lines)


def test_what_was_not_said_is_called_so() -> None:
    assert ask("What is the budget for marketing?", standup()) == NOT_SAID


def test_before_anything_was_said_it_says_so() -> None:
    assert ask("What is the date?", []) == NOTHING_YET


def test_a_passage_without_the_time_that_was_asked_for_loses() -> None:
    lines = meeting("Tom: The release of the page is nice.", "Maya: The release is on Tuesday.")
    assert ask("When is the release?", lines).startswith("Maya")


def test_questions_to_the_assistant_and_its_own_words_answer_nothing() -> None:
    lines = [
        line("Chime, when is the release of the shop?", "Tom", number=0),
        line("The release of the shop is when you say it is, today.", "Chime", start_ms=5000, number=1),
        line("Chime,", "Tom", start_ms=9000, number=2),
        line("when is the release of the shop today?", "Tom", start_ms=10000, number=3),
        line("When is the release of the shop?", "Maya", start_ms=20000, number=4),
    ]
    assert ask("When is the release of the shop?", lines) == NOTHING_YET


def test_brackets_in_what_was_said_are_no_citations() -> None:
    assert "(3)" in ask("Where is the plumber?", meeting("Tom: The plumber is in room [3] now."))


def test_a_word_misheard_changes_nothing() -> None:
    lines = meeting(
        "Tom: I asked the platform group on Thursday and I have heard nothing.",
        "Maya: Okay, I will talk to Carol from the plat form",
        "Maya: group right after this call.",
        "Tom: Thanks.",
    )
    assert ask("Who will talk to the platform group?", lines).startswith("Maya")


def test_times_are_written_as_people_write_them() -> None:
    assert (clock(0), clock(24_400), clock(3_849_000)) == ("0:00", "0:24", "1:04:09")
