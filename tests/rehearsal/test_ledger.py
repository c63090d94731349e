"""The checker itself: it must see every kind of fault."""

from rehearsal.ledger import check
from shared.events import Line


def line(text: str, start_ms: int = 0) -> Line:
    return Line(id=f"mixed-{start_ms}", track="mixed", speaker="A", start_ms=start_ms, end_ms=start_ms + 1, text=text)


def test_every_word_once_and_in_order_is_clean() -> None:
    assert check([line("n0 n1"), line("n2", 400)], 600).is_clean


def test_a_word_that_never_came_is_lost() -> None:
    verdict = check([line("n0 n2")], 600)
    assert verdict.lost == [1]
    assert verdict.lost_ms == 200


def test_a_word_in_a_known_hole_is_not_lost() -> None:
    assert check([line("n0 n2")], 600, [range(250, 300)]).is_clean


def test_a_word_that_came_twice_is_doubled() -> None:
    assert check([line("n0 n1"), line("n1 n2", 200)], 600).doubled == [1]


def test_words_out_of_order_are_seen() -> None:
    assert check([line("n1"), line("n0", 200)], 400).misplaced == [0]


def test_a_line_that_came_twice_is_seen() -> None:
    assert check([line("n0"), line("n1")], 400).doubled_lines == ["mixed-0"]


def test_the_verdict_says_it_in_one_line() -> None:
    assert str(check([line("n0")], 400)).startswith("1 words: 200 ms lost [1]")
