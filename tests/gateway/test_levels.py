from hypothesis import given
from hypothesis import strategies as st

from gateway.levels import GLANCE_WORDS, at_level, text_of
from shared.events import ActionItem, Brief, Point


def brief(entries: int = 12, words: int = 8) -> Brief:
    text = " ".join(["word"] * words)
    points = [Point(text=f"{n} {text}", cites=[]) for n in range(entries)]
    items = [ActionItem(task=f"{n} {text}", owner="Maya", due=None, cites=[]) for n in range(entries)]
    return Brief(
        title="A meeting", summary=f"{text} " * 20, key_points=points, decisions=points, action_items=items,
        open_questions=points, made_by="model", upto_line_id="l1", since_ms=5,
    )  # fmt: skip


def words_of(one: Brief) -> int:
    entries = [*one.key_points, *one.decisions, *one.action_items, *one.open_questions]
    return sum(len(text.split()) for text in (one.title, one.summary, *map(text_of, entries)))


@given(st.integers(0, 20), st.integers(1, 60))
def test_a_glance_is_read_in_half_a_minute(entries: int, words: int) -> None:
    assert words_of(at_level(brief(entries, words), "glance")) <= GLANCE_WORDS


def test_a_glance_has_decisions_and_tasks_alike() -> None:
    seen = at_level(brief(), "glance")
    assert len(seen.decisions) - len(seen.action_items) in {0, 1}
    assert seen.action_items
    assert seen.decisions == brief().decisions[: len(seen.decisions)]
    assert seen.summary.endswith("…")


def test_a_short_meeting_is_seen_whole_at_a_glance() -> None:
    small = brief(1, 3)
    seen = at_level(small, "glance")
    assert (seen.decisions, seen.action_items, seen.open_questions) == (
        small.decisions,
        small.action_items,
        small.open_questions,
    )


def test_short_leaves_out_the_key_points_and_full_nothing() -> None:
    assert at_level(brief(), "short").key_points == []
    assert at_level(brief(), "short").open_questions == brief().open_questions
    assert at_level(brief(), "full") == brief()


def test_how_far_it_goes_stays() -> None:
    seen = at_level(brief(), "glance")
    assert (seen.upto_line_id, seen.since_ms, seen.made_by) == ("l1", 5, "model")
