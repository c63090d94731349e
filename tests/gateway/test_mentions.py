from transcripts import meeting

from gateway.mentions import mentions_of
from shared.events import ActionItem, Brief, Cite

LINES = meeting(
    "Tom Ford: Maya, can you send it?",
    "Maya Chen: Sure, Maya does what Maya can.",
    "Tom Ford: The mayan calendar.",
    "Ann: I asked maya chen.",
    "Ann: Somebody has to write the notes.",
)


def brief(since_ms: int = 0) -> Brief:
    item = ActionItem(task="Notes", owner="Maya Chen", due=None, cites=[Cite(line_id="l4", speaker="Ann", at_ms=0)])
    empty = {"key_points": [], "decisions": [], "open_questions": []}
    return Brief(title="T", summary="S", action_items=[item], made_by="x", since_ms=since_ms, **empty)


def numbers(name: str, since_ms: int = 0) -> list[str]:
    return [point.cites[0].line_id for point in mentions_of(name, LINES, brief(since_ms))]


def test_what_others_say_with_the_name_in_it_and_what_was_given() -> None:
    assert numbers("Maya Chen") == ["l0", "l3", "l4"]
    assert numbers("maya") == ["l0", "l3", "l4"]


def test_only_the_part_that_is_asked_for() -> None:
    assert numbers("Maya Chen", LINES[2].end_ms) == ["l3", "l4"]


def test_nobody_spoke_of_a_stranger() -> None:
    assert numbers("Karen") == []


def test_a_name_is_no_pattern() -> None:
    assert numbers("M.*a") == []
