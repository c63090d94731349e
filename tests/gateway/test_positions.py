"""Places in a timeline and in a meeting's time: only their canonical form goes on."""

import pytest

from gateway.positions import position_of, since_ms_of
from gateway.problems import ProblemError


@pytest.mark.parametrize(("text", "position"), [("0", "0-0"), ("17", "17-0"), ("017-03", "17-3")])
def test_position_becomes_canonical(text, position):
    assert position_of(text) == position


@pytest.mark.parametrize("text", ["", "x", "1-", "-1", "1-2-3", "$", "+", "٣", "1\n", "9" * 16])
def test_what_redis_would_refuse_is_refused_before(text):
    with pytest.raises(ProblemError):
        position_of(text)


@pytest.mark.parametrize(("text", "ms"), [("0", 0), ("90000", 90_000), ("1:30", 90_000), ("1:00:05", 3_605_000)])
def test_since_is_milliseconds_or_clock_time(text, ms):
    assert since_ms_of(text) == ms


@pytest.mark.parametrize("text", ["", "noon", "-1", "1:2", "1:2:3:4", "٣", "5\n"])
def test_since_that_is_no_time_is_refused(text):
    with pytest.raises(ProblemError):
        since_ms_of(text)
