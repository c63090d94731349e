"""Holes in the audio, and how a transcript stands."""

import pytest

from transcriber.coverage import Coverage, Hole, verdict_of
from transcriber.latency import KEPT, Arrivals
from transcriber.lines import fresh, line_of
from transcriber.ports import Word


def test_chunks_without_a_hole_say_nothing() -> None:
    coverage = Coverage(0)
    assert [coverage.take(ms) for ms in (0, 100, 200)] == [None, None, None]
    assert coverage.heard_ms == 300


def test_a_hole_is_told_once() -> None:
    coverage = Coverage(0)
    coverage.take(0)
    assert coverage.take(1_000) == Hole(100, 1_000)
    assert coverage.take(1_100) is None


def test_a_short_hole_is_jitter() -> None:
    coverage = Coverage(0)
    coverage.take(0)
    assert coverage.take(300) is None


def test_the_first_chunk_is_the_beginning_whenever_it_comes() -> None:
    assert Coverage(None).take(5_000) is None


@pytest.mark.parametrize(
    ("heard_ms", "missing_ms", "lines", "verdict"),
    [(0, 0, 0, "lost"), (9, 5, 3, "partial"), (9, 0, 3, "complete"), (9, 0, 0, "silent")],
)
def test_the_verdict(heard_ms: int, missing_ms: int, lines: int, verdict: str) -> None:
    assert verdict_of(heard_ms, missing_ms, lines) == verdict


def test_lateness_counts_from_the_arrival_of_the_audio() -> None:
    arrivals = Arrivals()
    arrivals.note(100, 5_000)
    arrivals.note(200, 5_100)
    assert arrivals.since(150, 5_900) == 800


def test_of_audio_that_is_not_known_no_lateness_is_claimed() -> None:
    assert Arrivals().since(150, 5_900) == 0


def test_arrivals_are_forgotten_in_time() -> None:
    arrivals = Arrivals()
    for n in range(2 * KEPT):
        arrivals.note(n, n)
    assert arrivals.since(0, 2 * KEPT) == KEPT


def test_words_whose_middle_was_committed_are_dropped() -> None:
    words = (Word("a", 0, 200), Word("b", 150, 260), Word("c", 200, 400))
    assert fresh(words, 200) == (words[1], words[2])


def test_a_line_is_known_by_its_place() -> None:
    line = line_of("mixed", (Word("Good", 100, 300), Word("morning.", 310, 600)), "7", "Maya")
    assert (line.id, line.text, line.start_ms, line.end_ms) == ("mixed-100", "Good morning.", 100, 600)


@pytest.mark.parametrize(
    ("heard_ms", "missing_ms", "lines", "had_sound", "verdict"),
    [
        (60_000, 0, 9, False, "complete"),
        (60_000, 0, 9, True, "complete"),
        (60_000, 4_000, 9, False, "partial"),
        (2_000, 60_000, 1, False, "partial"),
        (60_000, 0, 0, False, "silent"),
        (60_000, 4_000, 0, False, "partial"),
        (60_000, 60_000, 0, False, "lost"),
        (60_000, 0, 0, True, "lost"),
        (0, 0, 0, False, "lost"),
    ],
)
def test_the_verdict_tells_silence_from_loss(heard_ms: int, missing_ms: int, lines: int, had_sound: bool, verdict: str):
    assert verdict_of(heard_ms, missing_ms, lines, had_sound=had_sound) == verdict
