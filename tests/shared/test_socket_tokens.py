"""Who gets through a socket's door."""

import pytest

from shared.socket_tokens import is_good, new_token, signature_of

MEETING = "m-03-" + "a" * 20
NOW = 1_750_000_000.0
TOKEN = new_token("secret", MEETING, NOW)


def test_a_token_opens_its_meeting_for_a_day():
    assert is_good(TOKEN, "secret", MEETING, NOW)
    assert is_good(TOKEN, "secret", MEETING, NOW + 86_399)
    assert not is_good(TOKEN, "secret", MEETING, NOW + 86_401)


@pytest.mark.parametrize(
    "token",
    [
        *("", ".", "1750086400", TOKEN[:-1], TOKEN + "0", TOKEN.replace("1750086400", "1850086400")),
        "abc." + signature_of("secret", MEETING, "abc"),
        "٣." + signature_of("secret", MEETING, "٣"),
        new_token("secret", "m-03-" + "b" * 20, NOW),
        new_token("other", MEETING, NOW),
    ],
)
def test_nothing_else_does(token: str):
    assert not is_good(token, "secret", MEETING, NOW)


def test_a_meeting_without_a_secret_has_no_door():
    assert not is_good(new_token("", MEETING, NOW), "", MEETING, NOW)
