import pytest
from transcripts import committee, meeting, standup

from brain.adapters.embedded_brief import MADE_BY, NOTHING_YET, EmbeddedBriefer
from brain.ports import BriefRequest
from brain.sentences import split
from shared.events import ActionItem, Brief, Line, Usage

PEOPLE = ["Maya", "Tom", "Daniel", "Elena"]


async def brief(lines: list[Line], people: list[str] = PEOPLE, since_ms: int = 0) -> Brief:
    request = BriefRequest(meeting_id="m-1", lines=lines, participants=people, since_ms=since_ms)
    written, usage = await EmbeddedBriefer().brief(request)
    assert usage == Usage()
    return written


def as_heard(lines: list[Line]) -> list[Line]:
    """One line per sentence, as a speech engine cuts them."""
    return meeting(*[f"{line.speaker}: {text}" for line in lines for text in split(line.text)])


def in_short(item: ActionItem) -> tuple[str | None, str | None, str]:
    return item.owner, item.due, item.task.partition(" (“")[0]


@pytest.mark.parametrize("cut", [list, as_heard])
async def test_the_action_items_of_the_sample_have_their_owners_and_dates(cut) -> None:
    written = await brief(cut(standup()))
    assert [in_short(item) for item in written.action_items] == [
        ("Maya", "right after this call", "Talk to Karen from the platform group right after this call"),
        ("Daniel", "today", "Add it today and measure again"),
        ("Elena", "by Wednesday", "Finish that by Wednesday"),
        ("Maya", "today", "Send them a note today"),
        ("Daniel", "by Friday", "Prepare the release notes"),
    ]


@pytest.mark.parametrize("cut", [list, as_heard])
async def test_the_decisions_of_the_sample_are_found(cut) -> None:
    written = await brief(cut(standup()))
    assert [point.text for point in written.decisions] == [
        "We poll the payment status until the bank fixes the callback",
        "The release moves to Tuesday the fourteenth",
    ]


async def test_what_a_task_leans_on_is_quoted_and_cited() -> None:
    note = (await brief(standup())).action_items[3]
    assert "somebody has to tell the sales team" in note.task
    assert [cite.line_id for cite in note.cites] == ["l23", "l24"]


async def test_numbers_and_obstacles_are_key_points() -> None:
    texts = " ".join(point.text for point in (await brief(standup())).key_points)
    assert "thirty seven failed payments" in texts
    assert "I still need the new certificate" in texts


async def test_a_meeting_of_another_hand_is_briefed_without_inventions() -> None:
    written = await brief(committee(), ["Nora", "Ben", "Sofia"])
    assert {in_short(item) for item in written.action_items} == {
        ("Ben", "tomorrow", "Call the plumber first thing tomorrow"),
        ("Ben", None, "Ask her what is going on"),
        ("Sofia", "tonight", "Message her tonight"),
        ("Nora", None, "Hang them myself"),
        ("Ben", "by Friday", "Send me the file by Friday"),
        ("Sofia", "before the next meeting", "Find out"),
    }
    assert [point.text.partition(" (“")[0] for point in written.decisions] == [
        "We pay it from the reserve",
        "I'd suggest we drop it and get a second face painter instead",
    ]
    assert [point.text for point in written.open_questions] == ["Sofia: One more thing, should we take card payments?"]


async def test_it_says_that_no_language_model_was_used() -> None:
    assert (await brief(standup())).made_by == MADE_BY == "rules, no language model"


async def test_the_summary_holds_only_what_is_listed() -> None:
    written = await brief(standup())
    assert written.summary.startswith("Decided: We poll the payment status until the bank fixes the callback; ")
    assert "Elena: finish that by Wednesday" in written.summary


async def test_the_summary_of_a_long_meeting_is_short() -> None:
    lines = meeting(*[f"Tom: I will order part number {n} today." for n in range(10)])
    written = await brief(lines)
    assert len(written.action_items) == 10
    assert "part number 5 today; and 4 more." in written.summary
    assert "part number 6" not in written.summary


async def test_the_title_says_who_and_what() -> None:
    assert (await brief(standup())).title == "Maya, Tom, Daniel and Elena on payment, release and invoice"


async def test_many_people_are_counted_in_the_title() -> None:
    lines = meeting(*[f"Person{n}: The invoice is here." for n in range(7)])
    assert (await brief(lines)).title.startswith("Person0, Person1, Person2, Person3 and 3 others on invoice")


async def test_what_came_before_is_left_out() -> None:
    lines = standup()
    written = await brief(lines, since_ms=lines[20].end_ms)
    assert [item.task.partition(" (“")[0] for item in written.action_items] == [
        "Send them a note today",
        "Prepare the release notes",
    ]
    assert written.since_ms == lines[20].end_ms


async def test_questions_to_the_assistant_are_not_open() -> None:
    assert (await brief(meeting("Maya: Hello.", "Tom: Chime, what is the date?"))).open_questions == []


async def test_an_empty_meeting_has_an_empty_briefing() -> None:
    written = await brief([])
    assert (written.summary, written.title, written.upto_line_id) == (NOTHING_YET, "Meeting", "")
    assert written.key_points == written.decisions == written.action_items == written.open_questions == []


async def test_small_talk_is_nothing_decided() -> None:
    written = await brief(meeting("Maya: Good morning.", "Tom: Hi."))
    assert written.summary == "Nothing was decided or taken on so far."
