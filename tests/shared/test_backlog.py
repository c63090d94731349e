"""What waits, and for how long, on a clock that is moved by hand."""

from shared.backlog import Backlog
from shared.clock import ManualClock


def test_nothing_waits_at_first(clock: ManualClock) -> None:
    assert Backlog(clock).age_s() == 0


def test_the_oldest_counts(clock: ManualClock) -> None:
    backlog = Backlog(clock)
    backlog.begin("first")
    clock.advance(3_000)
    backlog.begin("second")
    clock.advance(1_000)
    assert backlog.age_s() == 4
    backlog.end("first")
    assert backlog.age_s() == 1


def test_what_waits_already_does_not_begin_anew(clock: ManualClock) -> None:
    backlog = Backlog(clock)
    backlog.begin("one", clock.now_ms() - 5_000)
    backlog.begin("one")
    assert backlog.age_s() == 5


def test_a_lag_is_replaced_by_the_next_one_and_grows_until_then(clock: ManualClock) -> None:
    backlog = Backlog(clock)
    backlog.behind("track", 8_000)
    clock.advance(2_000)
    assert backlog.age_s() == 10
    backlog.behind("track", 1_000)
    assert backlog.age_s() == 1


def test_a_clock_of_redis_that_is_ahead_gives_no_negative_age(clock: ManualClock) -> None:
    backlog = Backlog(clock)
    backlog.begin("one", clock.now_ms() + 500)
    assert backlog.age_s() == 0


def test_ending_what_does_not_wait_is_harmless(clock: ManualClock) -> None:
    backlog = Backlog(clock)
    backlog.end("nothing")
    assert backlog.age_s() == 0
