"""What callers get who had something erased."""

from typing import Literal

import msgspec


class VendorErasure(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes of a vendor's copy."""

    vendor: str
    state: Literal["confirmed", "requested", "no_call", "whole"]
    """`requested`: it is asked until it confirms, which `GET /audit` then tells.

    `whole`: its recording is of everybody, and goes only with the whole meeting.
    """
    explanation: str


class EraseReceipt(msgspec.Struct, frozen=True, kw_only=True):
    """Everything kept of the meeting is gone here."""

    meeting_id: str
    stores: dict[str, int]
    """What was erased in Redis, with counts."""
    vendors: list[VendorErasure]
    """Everybody else who had a part in it."""
    erased_at: int
    """Unix ms."""


class WordsReceipt(msgspec.Struct, frozen=True, kw_only=True):
    """What one person said and wrote until then is gone here; the lines keep their places."""

    meeting_id: str
    participant_id: str
    lines: list[str]
    """Ids of the lines that read `(erased)` now."""
    stores: dict[str, int]
    """What was erased, with counts: lines, questions, answers from their words, briefings, and traces of their name."""
    vendors: list[VendorErasure]
    """Everybody else who had a part in it."""
    erased_at: int
    """Unix ms."""


class TenantErased(msgspec.Struct, frozen=True, kw_only=True):
    """What became of all meetings of a tenant."""

    erased: list[str]
    """Ids."""
    pending: list[str]
    """Ids of those that were not erased yet when time was over; they will be."""
