"""What a caller asked for in Accept and Prefer."""

import pytest
from aiohttp.test_utils import make_mocked_request

from gateway.answers import accepted, wait_of
from gateway.problems import ProblemError

OFFERED = ["application/json", "text/markdown", "text/vtt"]


def request(**headers: str):
    return make_mocked_request("GET", "/", headers=headers)


@pytest.mark.parametrize(
    ("accept", "given"),
    [
        ("*/*", "application/json"),
        ("text/*", "text/markdown"),
        ("text/vtt", "text/vtt"),
        ("TEXT/VTT", "text/vtt"),
        ("text/html, text/markdown;q=0.9, */*;q=0.1", "text/markdown"),
        ("application/json;q=0.5, text/vtt", "text/vtt"),
        ("application/json;q=0, */*", "application/json"),
        ("text/html,*/*;q=0.8", "application/json"),
    ],
)
def test_best_of_what_is_offered_is_given(accept, given):
    assert accepted(request(Accept=accept), OFFERED) == given


def test_who_does_not_care_gets_the_first():
    assert accepted(request(), OFFERED) == "application/json"


@pytest.mark.parametrize("accept", ["image/png", "application/json;q=0", ""])
def test_nothing_that_fits_is_said(accept):
    with pytest.raises(ProblemError) as caught:
        accepted(request(Accept=accept), OFFERED)
    assert caught.value.problem.status == 406


@pytest.mark.parametrize(
    ("prefer", "wait_s"), [("wait=5", 5), ("respond-async, wait=0", 0), ("wait=9999", 120), ("wait=x", 25), ("", 25)]
)
def test_wait_is_what_the_caller_prefers_within_reason(prefer, wait_s):
    assert wait_of(request(Prefer=prefer), 25) == wait_s
