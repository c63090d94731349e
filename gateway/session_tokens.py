"""The token of a browser session: a signed JWT with one algorithm, one audience and an end."""

from collections.abc import Sequence

import jwt
import msgspec

from shared.events import new_id

ALGORITHM = "HS256"
ISSUER = "chimein"
AUDIENCE = "chimein-console"
LONGEST_MS = 12 * 3600 * 1000
"""However much it is used, then somebody signs in again."""
REQUIRED = ("iss", "aud", "sub", "key", "jti", "iat", "exp", "auth_time")


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """Who is signed in. What they may do is looked up by the key every time, so that it ends with the key."""

    id: str
    tenant: str
    key_id: str
    began_at: int
    """Unix ms of the signing in."""
    renewed_at: int
    ends_at: int

    def is_half_over(self, now_ms: int) -> bool:
        return now_ms * 2 >= self.renewed_at + self.ends_at and self.ends_at < self.began_at + LONGEST_MS


class Claims(msgspec.Struct, frozen=True, kw_only=True):
    """As they are in the token; times in seconds."""

    sub: str
    key: str
    jti: str
    iat: int
    exp: int
    auth_time: int


def begun(tenant: str, key_id: str, now_ms: int, life_ms: int) -> Session:
    session = Session(
        id=new_id(), tenant=tenant, key_id=key_id, began_at=now_ms, renewed_at=now_ms, ends_at=now_ms + life_ms
    )
    return renewed(session, now_ms, life_ms)


def renewed(session: Session, now_ms: int, life_ms: int) -> Session:
    ends_at = min(now_ms + life_ms, session.began_at + LONGEST_MS)
    return msgspec.structs.replace(session, renewed_at=now_ms, ends_at=ends_at)


def token_of(session: Session, secret: str) -> str:
    claims = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": session.tenant,
        "key": session.key_id,
        "jti": session.id,
        "iat": session.renewed_at // 1000,
        "exp": session.ends_at // 1000,
        "auth_time": session.began_at // 1000,
    }
    return jwt.encode(claims, secret, algorithm=ALGORITHM)


def session_in(token: str, secrets: Sequence[str], now_ms: int) -> Session | None:
    """None unless it was signed with one of these, in our way, for us, and has not ended."""
    for secret in secrets:
        try:
            claims = jwt.decode(
                token,
                secret,
                algorithms=[ALGORITHM],
                audience=AUDIENCE,
                issuer=ISSUER,
                options={"require": list(REQUIRED), "verify_exp": False, "verify_iat": False},
            )
            found = msgspec.convert(claims, Claims)
        except (jwt.InvalidTokenError, msgspec.ValidationError):
            continue
        return session_of(found) if now_ms < found.exp * 1000 else None
    return None


def session_of(claims: Claims) -> Session:
    return Session(
        id=claims.jti,
        tenant=claims.sub,
        key_id=claims.key,
        began_at=claims.auth_time * 1000,
        renewed_at=claims.iat * 1000,
        ends_at=claims.exp * 1000,
    )
