"""Standard Webhooks signatures, with the vectors of the format and every way to be wrong."""

import base64

import pytest

from shared.signatures import Delivery, delivery_of, is_signed, signature_of

SECRET = base64.b64decode("MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=")
OTHER = b"another secret of 32 bytes......"
NOW = 1_750_000_000
BODY = b'{"event":"bot.done"}'
SIGNATURE = "v1,nJZmKa9ZP9AtDn/+YjWFQ9LY9/9Wo2ZBC3gdTBO17i8="


def headers(family: str = "webhook", **changed: str):
    made = {"id": "msg_test1", "timestamp": str(NOW), "signature": SIGNATURE, **changed}
    return {f"{family}-{name}": value for name, value in made.items()}


def test_known_vector_is_accepted():
    assert is_signed(headers(), BODY, [SECRET], NOW)


def test_empty_body_has_a_signature_too():
    signature = "v1,udIJ6Jq3kJGNqKqdw6sUMZmrtHv4/ABd04OmAJY3cp4="
    assert is_signed(headers(id="msg_test2", signature=signature), b"", [SECRET], NOW)


def test_headers_of_older_dashboards_are_accepted():
    assert is_signed(headers("svix"), BODY, [SECRET], NOW)


@pytest.mark.parametrize("separator", [" ", ",", ", "])
def test_one_good_signature_of_a_list_is_enough(separator):
    listed = separator.join([f"v1,{'A' * 43}=", SIGNATURE, "v2,zzz"])
    assert is_signed(headers(signature=listed), BODY, [SECRET], NOW)


def test_both_secrets_count_while_one_is_rotated():
    assert is_signed(headers(), BODY, [OTHER, SECRET], NOW)


@pytest.mark.parametrize("skew_s", [-300, 300])
def test_five_minutes_off_is_still_fresh(skew_s):
    assert is_signed(headers(), BODY, [SECRET], NOW + skew_s)


@pytest.mark.parametrize(
    ("changed", "body", "secrets", "now"),
    [
        ({"signature": ""}, BODY, [SECRET], NOW),
        ({"signature": SIGNATURE[3:]}, BODY, [SECRET], NOW),
        ({"signature": SIGNATURE.replace("v1", "v2")}, BODY, [SECRET], NOW),
        ({"signature": SIGNATURE[:-3] + "9="}, BODY, [SECRET], NOW),
        ({"id": "msg_test2"}, BODY, [SECRET], NOW),
        ({"id": ""}, BODY, [SECRET], NOW),
        ({"timestamp": str(NOW + 1)}, BODY, [SECRET], NOW),
        ({"timestamp": "soon"}, BODY, [SECRET], NOW),
        ({"timestamp": "-5"}, BODY, [SECRET], NOW),
        ({"timestamp": "٣"}, BODY, [SECRET], NOW),
        ({}, BODY + b" ", [SECRET], NOW),
        ({}, BODY, [OTHER], NOW),
        ({}, BODY, [], NOW),
        ({}, BODY, [SECRET], NOW + 301),
        ({}, BODY, [SECRET], NOW - 301),
    ],
)
def test_anything_else_is_refused(changed, body, secrets, now):
    assert not is_signed(headers(**changed), body, secrets, now)


def test_headers_of_two_families_are_never_mixed():
    mixed = {**headers(signature=""), "svix-signature": SIGNATURE}
    assert not is_signed(mixed, BODY, [SECRET], NOW)


def test_delivery_is_told_under_either_name():
    found = [delivery_of(headers(family), BODY, [SECRET], NOW) for family in ("webhook", "svix")]
    assert found == [Delivery("msg_test1", NOW)] * 2


def test_delivery_is_that_of_the_signed_headers_whatever_the_others_say():
    forged = {"webhook-id": "fresh", "webhook-timestamp": str(NOW + 9), "webhook-signature": "v1,AAAA"}
    assert delivery_of({**forged, **headers("svix")}, BODY, [SECRET], NOW) == Delivery("msg_test1", NOW)


def test_bytes_that_are_no_text_in_a_header_are_a_wrong_signature_and_nothing_worse():
    assert not is_signed(headers(id="msg\udcff"), BODY, [SECRET], NOW)


def test_signature_is_made_as_the_vector_says():
    assert signature_of(SECRET, f"msg_test1.{NOW}.".encode() + BODY) == SIGNATURE.encode()
