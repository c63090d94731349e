"""What a refusal or a broken connection means."""

import pytest
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosedError, InvalidMessage, InvalidStatus, InvalidURI
from websockets.frames import Close
from websockets.http11 import Response

from shared.errors import Category
from transcriber.adapters.deepgram_errors import error_of


def refusal(status: int, told: str = "", body: bytes = b"") -> InvalidStatus:
    headers = Headers({"dg-error": told} if told else {})
    return InvalidStatus(Response(status, "", headers, body))


@pytest.mark.parametrize(
    ("status", "category", "remedy"),
    [
        (400, Category.INVALID, "no such model"),
        (401, Category.AUTHENTICATION, "DEEPGRAM_API_KEY"),
        (402, Category.AUTHENTICATION, "no credit"),
        (403, Category.AUTHENTICATION, "DEEPGRAM_API_KEY"),
        (404, Category.NOT_FOUND, "DEEPGRAM_BASE_URL"),
        (408, Category.TIMEOUT, "408"),
        (418, Category.INVALID, "418"),
        (429, Category.RATE_LIMIT, "slots"),
        (500, Category.UNAVAILABLE, "500"),
        (503, Category.UNAVAILABLE, "503"),
    ],
)
def test_each_status_has_its_category_and_a_sentence(status: int, category: Category, remedy: str) -> None:
    error = error_of(refusal(status, "no such model."))
    assert (error.category, remedy in error.reason) == (category, True), error.reason


def test_the_vendors_words_come_from_the_body_too() -> None:
    error = error_of(refusal(400, body=b'{"err_code":"BAD","err_msg":"No such model.","request_id":"x"}'))
    assert error.reason == "Deepgram refused to transcribe (400): No such model"


def test_a_body_that_is_not_json_says_nothing() -> None:
    assert error_of(refusal(502, body=b"<html>")).reason == "Deepgram refused to transcribe (502)"


def test_names_and_the_key_are_left_out_of_the_vendors_words() -> None:
    error = error_of(refusal(400, "keyterm=Maya with key dg-secret " + "x" * 900), private=("dg-secret", "Maya", ""))
    assert "Maya" not in error.reason
    assert "dg-secret" not in error.reason
    assert len(error.reason) < 250


def test_waiting_for_a_slot_is_spread_over_some_seconds() -> None:
    waits = [error_of(refusal(429)).retry_after_s or 0 for _ in range(50)]
    assert all(1 <= wait_s <= 5 for wait_s in waits)
    assert len(set(waits)) > 10
    assert error_of(refusal(500)).retry_after_s is None


@pytest.mark.parametrize(
    ("code", "told", "category", "shown"),
    [
        (1008, "The payload cannot be decoded as audio. DATA-0000", Category.INVALID, "1008 DATA-0000"),
        (1011, "No answer in time. NET-0000", Category.UNAVAILABLE, "1011 NET-0000"),
        (1011, "See https://dpgr.am/net0001", Category.UNAVAILABLE, "1011 NET0001"),
        (1011, "Maya said no", Category.UNAVAILABLE, "(1011)"),
        (1001, "", Category.UNAVAILABLE, "(1001)"),
        (4242, "", Category.UNAVAILABLE, "(4242)"),
    ],
)
def test_each_close_code_has_its_category(code: int, told: str, category: Category, shown: str) -> None:
    error = error_of(ConnectionClosedError(Close(code, told), None))
    assert (error.category, shown in error.reason, "Maya" in error.reason) == (category, True, False), error.reason


@pytest.mark.parametrize(
    ("failed", "category"),
    [
        (ConnectionClosedError(None, None), Category.UNAVAILABLE),
        (TimeoutError(), Category.TIMEOUT),
        (ConnectionRefusedError(111, "Connection refused"), Category.CONNECTIVITY),
        (OSError(), Category.CONNECTIVITY),
        (InvalidMessage("garbage"), Category.UNAVAILABLE),
        (InvalidURI("ftp://x?keyterm=Maya", "scheme"), Category.NOT_FOUND),
    ],
)
def test_everything_else_has_one_too(failed: Exception, category: Category) -> None:
    error = error_of(failed)
    assert (error.category, "Maya" in error.reason) == (category, False)
