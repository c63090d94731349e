"""When a process says that it is full."""

from shared.fullness import BEATS, LOOKS, Fullness


def worked(share: float, fullness: Fullness | None = None) -> Fullness:
    fullness = fullness or Fullness()
    for _ in range(BEATS):
        fullness.note_work(share, 1.0)
    return fullness


def test_who_has_just_begun_is_not_full() -> None:
    assert not Fullness().is_full(1000)


def test_who_may_work_for_three_meetings_is_full_with_three() -> None:
    fullness = Fullness(3)
    assert [fullness.is_full(load) for load in (0, 2, 3, 4)] == [False, False, True, True]


def test_who_uses_most_of_a_core_is_full_until_it_uses_clearly_less() -> None:
    fullness = worked(0.85)
    assert fullness.is_full(1)
    assert worked(0.75, fullness).is_full(1)
    assert not worked(0.65, fullness).is_full(1)
    assert not worked(0.75, fullness).is_full(1)


def test_a_short_rush_fills_nobody() -> None:
    fullness = worked(0.3)
    fullness.note_work(1.0, 1.0)
    assert not fullness.is_full(1)


def test_who_is_served_late_most_of_the_time_is_full() -> None:
    fullness = Fullness()
    for _ in range(LOOKS):
        fullness.note_late(0.04)
    assert fullness.is_full(1)


def test_who_is_served_late_now_and_then_is_not() -> None:
    fullness = Fullness()
    for n in range(LOOKS):
        fullness.note_late(0.2 if n % 3 == 0 else 0.001)
    assert not fullness.is_full(1)


def test_who_has_nothing_to_do_is_not_full_however_busy_the_machine_is() -> None:
    assert not worked(0.95).is_full(0)


def test_who_was_told_how_many_counts_and_looks_at_nothing_else() -> None:
    assert not worked(0.95, Fullness(10)).is_full(9)
