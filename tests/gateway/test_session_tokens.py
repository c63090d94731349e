"""Tokens of browser sessions: only our own, signed in our one way, for us, and not for ever."""

import base64
import json

import jwt
import msgspec
import pytest

from gateway.session_tokens import AUDIENCE, LONGEST_MS, begun, renewed, session_in, token_of

OLD, NEW, OTHER = "o" * 32, "n" * 32, "x" * 32
NOW = 1_700_000_000_000
LIFE = 1_800_000
SESSION = begun("acme", "k1", NOW, LIFE)


def claims(**changes: object) -> dict[str, object]:
    """Of a good token; None leaves one out."""
    good = jwt.decode(token_of(SESSION, NEW), options={"verify_signature": False})
    return {name: value for name, value in {**good, **changes}.items() if value is not None}


def unsigned(algorithm: str) -> str:
    parts = json.dumps({"alg": algorithm, "typ": "JWT"}), json.dumps(claims())
    return ".".join(base64.urlsafe_b64encode(part.encode()).rstrip(b"=").decode() for part in parts) + "."


BAD = {
    "unsigned": unsigned("none"),
    "unsigned, in capitals": unsigned("NONE"),
    "unsigned, as if it were": unsigned("HS256"),
    "another algorithm": jwt.encode(claims(), NEW * 2, algorithm="HS512"),
    "another secret": token_of(SESSION, OTHER),
    "another audience": jwt.encode(claims(aud="somebody"), NEW, algorithm="HS256"),
    "no audience": jwt.encode(claims(aud=None), NEW, algorithm="HS256"),
    "another issuer": jwt.encode(claims(iss="somebody"), NEW, algorithm="HS256"),
    "no end": jwt.encode(claims(exp=None), NEW, algorithm="HS256"),
    "an end that is no time": jwt.encode(claims(exp="never"), NEW, algorithm="HS256"),
    "no key": jwt.encode(claims(key=None), NEW, algorithm="HS256"),
    "no tenant": jwt.encode(claims(sub=None), NEW, algorithm="HS256"),
    "expired": token_of(begun("acme", "k1", NOW - LIFE - 1000, LIFE), NEW),
    "cut short": token_of(SESSION, NEW)[:-2],
    "changed": token_of(SESSION, NEW).replace(".", ".A", 1),
    "nothing": "",
    "no token": "a.b.c",
}


@pytest.mark.parametrize("how", BAD)
def test_a_bad_token_is_nobodys(how):
    assert session_in(BAD[how], [NEW, OLD], NOW) is None


def test_a_good_token_comes_back_as_it_went():
    assert session_in(token_of(SESSION, NEW), [NEW], NOW) == SESSION


def test_while_a_secret_is_rotated_both_are_good_and_the_old_one_alone_is_not():
    old, new = token_of(SESSION, OLD), token_of(SESSION, NEW)
    assert session_in(old, [NEW, OLD], NOW) == session_in(new, [NEW, OLD], NOW) == SESSION
    assert session_in(old, [NEW], NOW) is None


def test_it_ends_to_the_second():
    token = token_of(SESSION, NEW)
    assert session_in(token, [NEW], NOW + LIFE - 1)
    assert session_in(token, [NEW], NOW + LIFE) is None


def test_use_prolongs_it_up_to_the_longest():
    assert not SESSION.is_half_over(NOW + LIFE // 2 - 1)
    assert SESSION.is_half_over(NOW + LIFE // 2)
    later = renewed(SESSION, NOW + LONGEST_MS - 1000, LIFE)
    assert (later.ends_at, later.began_at, later.id) == (NOW + LONGEST_MS, NOW, SESSION.id)
    assert not later.is_half_over(NOW + LONGEST_MS - 1)


def test_the_token_holds_no_scope_and_no_key():
    assert claims().keys() == {"iss", "aud", "sub", "key", "jti", "iat", "exp", "auth_time"}
    assert claims()["aud"] == AUDIENCE
    assert "digest" not in msgspec.structs.asdict(SESSION)
