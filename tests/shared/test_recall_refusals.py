from datetime import UTC, datetime

import pytest

from shared.errors import Category
from shared.recall_refusals import Reply, category_of, reason_of, retry_after_s_of

NOON = datetime(2026, 1, 10, 12, 0, 0, tzinfo=UTC)


def reply(status: int, content: bytes = b"", retry_after: str = "") -> Reply:
    return Reply(status=status, content=content, retry_after=retry_after)


@pytest.mark.parametrize(
    ("status", "category", "remedy"),
    [
        (401, Category.AUTHENTICATION, "RECALL_REGION"),
        (402, Category.AUTHENTICATION, "top it up"),
        (403, Category.AUTHENTICATION, "WEBSOCKET_DOMAIN"),
        (404, Category.NOT_FOUND, "RECALL_REGION"),
        (409, Category.UNAVAILABLE, "try again"),
        (429, Category.RATE_LIMIT, "try again later"),
        (502, Category.UNAVAILABLE, "try again"),
        (503, Category.UNAVAILABLE, "try again"),
        (504, Category.UNAVAILABLE, "try again"),
        (507, Category.RATE_LIMIT, "half a minute"),
        (500, Category.UNAVAILABLE, "HTTP 500"),
        (418, Category.INVALID, "HTTP 418"),
    ],
)
def test_each_refusal_has_a_category_and_names_its_remedy(status: int, category: Category, remedy: str) -> None:
    assert category_of(reply(status)) is category
    assert remedy in reason_of(reply(status))


def test_a_refused_field_is_named_with_its_complaint() -> None:
    refusal = reply(400, b'{"meeting_url": ["The meeting_url is malformed."]}')
    assert category_of(refusal) is Category.INVALID
    assert reason_of(refusal).endswith("meeting_url: The meeting_url is malformed.")


def test_a_command_error_has_its_code_and_detail() -> None:
    refusal = reply(400, b'{"code": "cannot_command_completed_bot", "detail": "Cannot send a command."}')
    assert refusal.code == "cannot_command_completed_bot"
    assert reason_of(refusal).endswith("Cannot send a command.")


@pytest.mark.parametrize("content", [b"", b"<html>no</html>", b"[1]", b"null", b"\xff\xfe", b"[" * 5000])
def test_any_body_is_survived(content: bytes) -> None:
    assert reply(400, content).code == ""
    assert "gave no reason" in reason_of(reply(400, content))


def test_addresses_in_a_complaint_are_left_out_because_they_hold_tokens() -> None:
    refusal = reply(400, b'{"url": ["wss://ears.example.org/recall/?token=CANARY is not reachable"]}')
    assert "CANARY" not in reason_of(refusal)
    assert "(address) is not reachable" in reason_of(refusal)


def test_a_long_complaint_is_shortened() -> None:
    assert len(reason_of(reply(400, b'{"detail": "' + b"x" * 5000 + b'"}'))) < 300


@pytest.mark.parametrize(
    ("retry_after", "seconds"),
    [
        ("7", 7.0),
        ("Sat, 10 Jan 2026 12:00:30 GMT", 30.0),
        ("Sat, 10 Jan 2026 11:00:00 GMT", 0.0),
        ("soon", None),
        ("-5", None),
        ("\u0667", None),
        ("Fri, 31 Dec 9999 23:59:59 -2300", None),
        ("", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(retry_after: str, seconds: float | None) -> None:
    assert retry_after_s_of(reply(429, retry_after=retry_after), NOON) == seconds


def test_an_empty_pool_refills_in_half_a_minute_unless_recall_says_otherwise() -> None:
    assert retry_after_s_of(reply(507)) == 30.0
    assert retry_after_s_of(reply(507, retry_after="5")) == 5.0
