"""The arithmetic from measured constants to a table."""

from bench.capacity import CELL, Constants, needs_of, table_of

MEASURED = Constants(pair_us=160, all_us=300, redis_us=60, redis_bytes=100_000, rss_mb=0.5, rss_mb_of_one=450)


def test_a_hundred_meetings_fit_a_small_machine() -> None:
    need = needs_of(100, MEASURED)
    assert (need.cells, need.worker_cores, need.redis_cores) == (1, 2, 1)
    assert need.audio_mb_per_s == 3.2
    assert 0.2 < need.redis_gb < 0.3


def test_ten_thousand_meetings_use_what_their_frames_cost() -> None:
    need = needs_of(10_000, MEASURED)
    assert need.worker_cores == 50  # 100,000 frames a second of 300 µs, at 60 % of each core
    assert need.redis_cores == 12


def test_beyond_a_cell_there_are_more_of_them() -> None:
    assert needs_of(CELL, MEASURED).cells == 1
    assert needs_of(CELL + 1, MEASURED).cells == 2


def test_the_table_has_a_row_for_each_scale() -> None:
    table = table_of(MEASURED)
    assert "| 1,000,000 | 50 |" in table
    assert "160 µs of CPU" in table
