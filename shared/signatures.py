"""Standard Webhooks signatures, of webhooks and of the handshakes of sockets. Pure."""

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence

import msgspec

SKEW_S = 300
FAMILIES = ("webhook", "svix")
"""Prefixes of the three headers: of new accounts, of older dashboards."""


ENTRY = re.compile(r"(?<![^ ,])v1,[A-Za-z0-9+/=]+")
"""One signature of the list, which is separated by spaces or commas."""


class Delivery(msgspec.Struct, frozen=True):
    """What a good signature vouches for besides the body."""

    id: str
    """The sender repeats it when it sends the same again."""
    signed_at_s: int
    """Unix seconds; another time when it sends the same again."""


def is_signed(headers: Mapping[str, str], body: bytes, secrets: Sequence[bytes], now_s: float) -> bool:
    """One of the signatures is of one of the secrets, and fresh."""
    return delivery_of(headers, body, secrets, now_s) is not None


def delivery_of(headers: Mapping[str, str], body: bytes, secrets: Sequence[bytes], now_s: float) -> Delivery | None:
    """From the headers that are signed: those of another family may say anything. None where nothing is signed."""
    for family in FAMILIES:
        if is_signed_as(family, headers, body, secrets, now_s):
            return Delivery(headers[f"{family}-id"], int(headers[f"{family}-timestamp"]))
    return None


def is_signed_as(family: str, headers: Mapping[str, str], body: bytes, secrets: Sequence[bytes], now_s: float) -> bool:
    delivery_id, timestamp = headers.get(f"{family}-id", ""), headers.get(f"{family}-timestamp", "")
    if not delivery_id or not is_fresh(timestamp, now_s):
        return False
    signed = f"{delivery_id}.{timestamp}.".encode(errors="surrogateescape") + body
    expected = [signature_of(secret, signed) for secret in secrets]
    offered = [match.encode() for match in ENTRY.findall(headers.get(f"{family}-signature", ""))]
    return any(hmac.compare_digest(one, other) for one in expected for other in offered)


def is_fresh(timestamp: str, now_s: float) -> bool:
    return timestamp.isascii() and timestamp.isdigit() and len(timestamp) < 12 and abs(now_s - int(timestamp)) <= SKEW_S


def signature_of(secret: bytes, signed: bytes) -> bytes:
    return b"v1," + base64.b64encode(hmac.new(secret, signed, hashlib.sha256).digest())
