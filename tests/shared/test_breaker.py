from shared.breaker import Breaker
from shared.clock import ManualClock


def broken() -> tuple[Breaker, ManualClock]:
    clock = ManualClock(1_000_000)
    breaker = Breaker(clock)
    for _ in range(5):
        breaker.failed()
    return breaker, clock


def test_five_failures_within_five_seconds_open_it() -> None:
    breaker, _ = broken()
    assert breaker.is_open
    assert breaker.admit() == 10.0


def test_slow_failures_do_not() -> None:
    clock = ManualClock(1_000_000)
    breaker = Breaker(clock)
    for _ in range(20):
        breaker.failed()
        clock.advance(1_300)
    assert not breaker.is_open
    assert breaker.admit() == 0.0


def test_a_vendor_that_often_fails_is_still_asked() -> None:
    breaker = Breaker(ManualClock(1_000_000))
    for _ in range(40):
        breaker.succeeded()
        for _ in range(2):
            breaker.failed()
    assert not breaker.is_open


def test_old_successes_do_not_keep_it_closed() -> None:
    clock = ManualClock(1_000_000)
    breaker = Breaker(clock)
    for _ in range(100):
        breaker.succeeded()
    clock.advance(5_001)
    for _ in range(5):
        breaker.failed()
    assert breaker.is_open


def test_one_try_in_ten_seconds_while_it_is_open() -> None:
    breaker, clock = broken()
    clock.advance(9_999)
    assert breaker.admit() > 0
    clock.advance(1)
    assert breaker.admit() == 0.0
    assert breaker.admit() == 10.0
    breaker.failed()
    clock.advance(10_000)
    assert breaker.admit() == 0.0


def test_a_success_closes_it() -> None:
    breaker, clock = broken()
    clock.advance(10_000)
    breaker.admit()
    breaker.succeeded()
    assert not breaker.is_open
    assert breaker.admit() == 0.0
    breaker.failed()
    assert not breaker.is_open
