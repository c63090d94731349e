import pytest
from hypothesis import given
from hypothesis import strategies as st
from transcripts import meeting

from brain.citations import Citations, cites_of, visible

LINES = meeting("Maya: One.", "Tom: Two.", "Elena: Three.")


def strip(text: str, size: int = 1000) -> tuple[str, list[int]]:
    citations = Citations()
    clean = "".join(citations.push(text[at : at + size]) for at in range(0, len(text), size)) + citations.finish()
    return clean, citations.numbers


@pytest.mark.parametrize(
    ("text", "clean", "numbers"),
    [
        ("It moves [3].", "It moves.", [3]),
        ("It moves [3, 5] today.", "It moves today.", [3, 5]),
        ("It moves [3][5]!", "It moves!", [3, 5]),
        ("It moves.[3] Then we go.", "It moves. Then we go.", [3]),
        ("It moves [ 2 ; 4 ].", "It moves.", [2, 4]),
        ("It moves [2-4].", "It moves.", [2, 3, 4]),
        ("It moves [2–900].", "It moves.", [2, 900]),
        ("[1] It moves.", "It moves.", [1]),
        ("One[1]two", "One two", [1]),
        ("Is it [done]? See a[i].", "Is it [done]? See a[i].", []),
        ("An open [12", "An open [12", []),
        ("A [1 b", "A [1 b", []),
        ("One [1]\nTwo", "One\nTwo", [1]),
    ],
)
def test_citations_leave_the_text_and_are_kept(text: str, clean: str, numbers: list[int]) -> None:
    assert strip(text) == (clean, numbers)


def test_a_bracket_that_may_become_a_citation_is_held_back() -> None:
    citations = Citations()
    assert citations.push("It moves [1") == "It moves"
    assert citations.push("2]. Yes") == ". Yes"
    assert citations.numbers == [12]


@given(text=st.text(alphabet="ab [1],.\n", max_size=60), size=st.integers(min_value=1, max_value=5))
def test_where_a_text_is_cut_changes_nothing(text: str, size: int) -> None:
    assert strip(text, size) == strip(text)


def test_invented_lines_are_dropped_and_each_line_is_cited_once() -> None:
    cites = cites_of([2, 0, 99, -1, 2, 1], LINES)
    assert [(cite.line_id, cite.speaker, cite.at_ms) for cite in cites] == [
        ("l1", "Tom", LINES[1].start_ms),
        ("l0", "Maya", 0),
    ]


@pytest.mark.parametrize(
    "hidden", ["\u200b", "\u202e", "\u2066", "\ufeff", "\u00ad", "\U000e0041", "\x00", "\x1b", "\ud800", "\U000e0100"]
)
def test_what_nobody_sees_is_taken_out(hidden: str) -> None:
    assert visible(f"It {hidden}moves") == "It moves"


def test_newlines_accents_and_emoji_stay() -> None:
    assert visible("Café\n今日\tगया 🎉") == "Café\n今日 गया 🎉"
