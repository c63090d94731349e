import time

import pytest

from rehearsal.recall.limits import LIMITS, Limiter


@pytest.mark.parametrize(
    ("method", "route", "limit"),
    [
        ("POST", "/api/v1/bot/", 120),
        ("GET", "/api/v1/bot/", 60),
        ("PATCH", "/api/v1/bot/{id}/", 300),
        ("DELETE", "/api/v1/bot/{id}/output_audio/", 300),
        ("GET", "/api/v1/realtime_endpoint/", 60),
    ],
)
def test_limits_are_those_of_recall(method: str, route: str, limit: int) -> None:
    limiter = Limiter(60)
    assert LIMITS[method, route] == limit
    assert [limiter.wait_s(method, route) > 0 for _ in range(limit + 1)] == [False] * limit + [True]


def test_a_call_is_taken_again_when_the_minute_is_over() -> None:
    limiter, waits = Limiter(0.02), set()
    while 1 not in waits:
        waits.add(limiter.wait_s("GET", "/api/v1/bot/"))
    deadline = time.monotonic() + 5
    while (wait_s := limiter.wait_s("GET", "/api/v1/bot/")) and time.monotonic() < deadline:
        pass
    assert wait_s == 0


def test_a_call_without_a_known_limit_is_always_taken() -> None:
    limiter = Limiter(60)
    assert {limiter.wait_s("POST", "/api/v1/bot/{id}/pause_recording/") for _ in range(1000)} == {0}
