"""When a call to Recall is made again."""

import pytest

from shared.errors import Category, MeetingError
from shared.recall_http import Call
from shared.recall_refusals import Reply
from shared.recall_retries import JOINING, LONGEST_PAUSE_S, ONCE, SPEAKING, backoff_s, next_key, pause_s, repeated

NO_ANSWER = MeetingError("cut", category=Category.CONNECTIVITY)
CREATE = Call(name="create_bot", method="POST", path="/", idempotency_key="m-1:1")


def reply(status: int, retry_after: str = "") -> Reply:
    return Reply(status=status, content=b"", retry_after=retry_after)


@pytest.mark.parametrize("outcome", [NO_ANSWER, *map(reply, (409, 500, 502, 503, 504))])
def test_what_may_pass_is_tried_again_soon_and_under_the_same_key(outcome: Reply | MeetingError) -> None:
    assert pause_s(outcome, 1, JOINING, luck=1.0) == 0.5
    assert repeated(CREATE, outcome).idempotency_key == "m-1:1"


@pytest.mark.parametrize("status", [200, 201, 204, 302, 400, 401, 402, 403, 404, 405])
def test_what_is_done_or_cannot_be_helped_is_not_tried_again(status: int) -> None:
    assert pause_s(reply(status), 1, JOINING, luck=0) is None


def test_a_failure_that_lasts_is_not_tried_again() -> None:
    assert pause_s(MeetingError("no key", category=Category.AUTHENTICATION), 1, JOINING, luck=0) is None


@pytest.mark.parametrize(("status", "key"), [(429, "m-1:1"), (503, "m-1:1"), (507, "m-1:2")])
def test_recall_says_how_long_to_wait_and_an_empty_pool_takes_a_new_key(status: int, key: str) -> None:
    assert pause_s(reply(status, "7"), 1, JOINING, luck=0.5) == 7.5
    assert repeated(CREATE, reply(status)).idempotency_key == key


def test_an_empty_pool_that_says_nothing_is_given_half_a_minute() -> None:
    assert pause_s(reply(507), 1, JOINING, luck=0) == 30.0


def test_a_rate_limit_that_says_nothing_is_met_with_growing_pauses() -> None:
    assert [pause_s(reply(429), tries, JOINING, luck=1) for tries in (1, 2, 3)] == [0.5, 1.0, 2.0]


@pytest.mark.parametrize("outcome", [NO_ANSWER, *map(reply, (409, 500, 502, 503, 504, 507))])
def test_what_must_not_happen_twice_is_not_tried_again_when_it_may_have_happened(outcome: Reply | MeetingError) -> None:
    assert pause_s(outcome, 1, SPEAKING, luck=0) is None


def test_what_must_not_happen_twice_is_tried_again_when_it_surely_did_not_happen() -> None:
    assert pause_s(reply(429, "1"), 1, SPEAKING, luck=0) == 1.0


def test_tries_are_counted() -> None:
    assert pause_s(reply(503), 1, ONCE, luck=0) is None
    assert pause_s(reply(503), JOINING.tries - 1, JOINING, luck=0) is not None
    assert pause_s(reply(503), JOINING.tries, JOINING, luck=0) is None


def test_pauses_double_up_to_a_limit_and_are_spread_over_their_upper_half() -> None:
    assert [backoff_s(tries, 1) for tries in range(1, 7)] == [0.5, 1, 2, 4, 8, 8]
    assert backoff_s(6, 0) == LONGEST_PAUSE_S / 2


def test_the_next_key_counts_the_attempt_on() -> None:
    assert next_key("m-01-a:9") == "m-01-a:10"


def test_a_call_without_a_key_stays_without() -> None:
    call = Call(name="leave_call", method="POST", path="/")
    assert repeated(call, reply(507)) == call
