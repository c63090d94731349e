"""One moment of the meeting has one source time, whatever the sockets' clocks do."""

from datetime import UTC, datetime

from ingest.source_clock import SourceClock

START = 1_750_000_000_000


def iso(unix_ms: float) -> str:
    return datetime.fromtimestamp(unix_ms / 1000, UTC).isoformat()


def place(clock: SourceClock, relative_ms: float, at_ms: float, *, dated: bool = True) -> float:
    """A message that arrives as it is said, `at_ms` after the start."""
    return round(clock.place(relative_ms, iso(START + at_ms) if dated else "", START + at_ms))


def test_the_first_message_tells_where_the_meeting_began():
    clock = SourceClock()
    assert place(clock, 340, 340) == 340
    assert clock.origin_ms == START


def test_a_second_socket_of_the_same_recording_agrees():
    clock = SourceClock(START + 700)
    assert place(clock, 5000, 5000) == 5000


def test_a_recording_begun_anew_goes_on_where_the_meeting_is():
    clock = SourceClock(START)
    assert place(clock, 0, 60_000) == 60_000
    assert place(clock, 20, 60_020) == 60_020


def test_without_a_date_the_arrival_tells():
    clock = SourceClock(START)
    assert place(clock, 0, 60_000, dated=False) == 60_000


def test_a_clock_restarted_within_a_socket_goes_on():
    clock = SourceClock()
    place(clock, 60_000, 60_000)
    assert place(clock, 0, 60_020) == 60_020


def test_what_is_sent_again_keeps_its_time():
    clock = SourceClock()
    clock.place(20_000, iso(START + 20_000), START + 20_000)
    assert round(clock.place(15_000, iso(START + 15_000), START + 20_020)) == 15_000
    assert round(clock.place(15_020, iso(START + 15_020), START + 20_030)) == 15_020


def test_a_hole_keeps_its_length():
    clock = SourceClock()
    place(clock, 1000, 1000)
    assert place(clock, 9000, 9000) == 9000


def test_a_clock_that_leaps_ahead_is_not_followed_nor_when_it_comes_back():
    clock = SourceClock()
    place(clock, 1000, 1000)
    ahead = START + 3_600_000
    assert round(clock.place(3_601_020, iso(ahead + 1020), START + 1020)) == 1020
    assert round(clock.place(3_601_040, iso(ahead + 1040), START + 1040)) == 1040
    assert round(clock.place(1060, iso(START + 1060), START + 1060)) == 1060


def test_a_clock_that_is_set_back_is_not_followed():
    clock = SourceClock()
    place(clock, 100_000, 100_000)
    assert round(clock.place(40_020, iso(START + 40_020), START + 100_020)) == 100_020


def test_disorder_is_left_as_it_is():
    clock = SourceClock()
    place(clock, 5000, 5000)
    assert place(clock, 4600, 5010) == 4600
    assert place(clock, 5020, 5020) == 5020


def test_what_came_before_the_recording_is_negative():
    clock = SourceClock()
    assert place(clock, -2000, -2000) == -2000
    assert clock.origin_ms == START


def test_a_hurried_rehearsal_is_no_leap():
    clock = SourceClock()
    for n in range(1, 500):
        assert round(clock.place(n * 100, iso(START + n * 100), START + n * 10)) == n * 100
