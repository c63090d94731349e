"""Standard Webhooks signatures. Pure."""

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence

SKEW_S = 300
FAMILIES = ("webhook", "svix")
"""Prefixes of the three headers: of new accounts, of older dashboards."""


ENTRY = re.compile(r"(?<![^ ,])v1,[A-Za-z0-9+/=]+")
"""One signature of the list, which is separated by spaces or commas."""


def delivery_id_of(headers: Mapping[str, str]) -> str:
    """What the sender repeats when it sends the same again; empty when it said nothing."""
    return next((headers[f"{family}-id"] for family in FAMILIES if f"{family}-id" in headers), "")


def is_signed(headers: Mapping[str, str], body: bytes, secrets: Sequence[bytes], now_s: float) -> bool:
    """One of the signatures is of one of the secrets, and fresh."""
    return any(is_signed_as(family, headers, body, secrets, now_s) for family in FAMILIES)


def is_signed_as(family: str, headers: Mapping[str, str], body: bytes, secrets: Sequence[bytes], now_s: float) -> bool:
    delivery_id, timestamp = headers.get(f"{family}-id", ""), headers.get(f"{family}-timestamp", "")
    if not delivery_id or not is_fresh(timestamp, now_s):
        return False
    signed = f"{delivery_id}.{timestamp}.".encode() + body
    expected = [signature_of(secret, signed) for secret in secrets]
    offered = [match.encode() for match in ENTRY.findall(headers.get(f"{family}-signature", ""))]
    return any(hmac.compare_digest(one, other) for one in expected for other in offered)


def is_fresh(timestamp: str, now_s: float) -> bool:
    return timestamp.isascii() and timestamp.isdigit() and len(timestamp) < 12 and abs(now_s - int(timestamp)) <= SKEW_S


def signature_of(secret: bytes, signed: bytes) -> bytes:
    return b"v1," + base64.b64encode(hmac.new(secret, signed, hashlib.sha256).digest())
