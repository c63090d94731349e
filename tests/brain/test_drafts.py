from datetime import date

import msgspec
import pytest
from transcripts import meeting

from brain.drafts import ActionDraft, BriefDraft, Check, PointDraft, clean, read_draft, strict_schema
from brain.rules.tasks import People

LINES = meeting("Maya: One.", "Tom: Two.")
CHECK = Check(LINES, People(["Maya Chen", "Tom"]))


def draft(**changes: object) -> BriefDraft:
    empty = {"title": "T", "summary": "S", "key_points": [], "decisions": [], "action_items": [], "open_questions": []}
    return BriefDraft(**{**empty, **changes})


def test_the_schema_is_strict_to_the_last_object() -> None:
    schema = strict_schema(BriefDraft)
    for part in [schema, *schema["$defs"].values()]:
        assert part["type"] == "object"
        assert part["additionalProperties"] is False
        assert sorted(part["required"]) == sorted(part["properties"])


def test_json_is_found_inside_a_fence() -> None:
    body = msgspec.json.encode(draft()).decode()
    assert read_draft(f"Here it is:\n```json\n{body}\n```") == draft()


@pytest.mark.parametrize("text", ["", "no json", '{"title": 3}', '{"title": "T", "mood": "good"}'])
def test_what_does_not_fit_is_refused(text: str) -> None:
    with pytest.raises(msgspec.DecodeError):
        read_draft(text)


def test_what_cites_no_real_line_is_not_listed() -> None:
    points = [PointDraft("Real", [1, 9]), PointDraft("Invented", [9]), PointDraft("Bare", []), PointDraft(" ", [1])]
    found = CHECK.points(points)
    assert [(point.text, [cite.line_id for cite in point.cites]) for point in found] == [("Real", ["l0"])]


def test_only_people_of_the_meeting_own_tasks() -> None:
    items = CHECK.items([ActionDraft("A", "maya", " ", None, [1]), ActionDraft("B", "Karen", "Friday", None, [2])])
    assert [(item.owner, item.due) for item in items] == [("Maya Chen", None), (None, "Friday")]


@pytest.mark.parametrize(
    ("due", "told", "day"),
    [
        ("by Friday", None, "2026-11-27"),
        ("by Friday", "2026-12-04", "2026-11-27"),
        ("after the summer school", "2026-12-04", "2026-12-04"),
        ("after the summer school", "soon", None),
        ("after the summer school", "2031-01-01", None),
        ("after the summer school", None, None),
        (None, "2026-12-04", None),
    ],
)
def test_a_day_needs_words_that_mean_it(due: str | None, told: str | None, day: str | None) -> None:
    check = Check(LINES, People(["Maya"]), date(2026, 11, 23))
    (item,) = check.items([ActionDraft("A", None, due, told, [1])])
    assert item.due_on == day


def test_text_of_a_model_is_cleaned_and_bounded() -> None:
    assert clean("It moves [1].\u200b") == "It moves."
    assert len(clean("x" * 10_000)) == 600


def test_a_briefing_knows_how_far_it_goes() -> None:
    brief = CHECK.brief(draft(decisions=[PointDraft("D", [2])]), made_by="model", since_ms=7)
    assert (brief.title, brief.made_by, brief.since_ms, brief.upto_line_id) == ("T", "model", 7, "l1")
    assert brief.decisions[0].cites[0].speaker == "Tom"
