"""A webhook on its way: when it is tried next, when it is given up. Pure."""

import hashlib
from typing import Literal

import msgspec

from gateway.hooks.messages import Message
from shared.streams import shard_of

S, MIN, H = 1000, 60 * 1000, 3600 * 1000
DELAYS_MS = (5 * S, 30 * S, 2 * MIN, 10 * MIN, 30 * MIN, H, 2 * H, 4 * H, 8 * H, 8 * H)
"""After the first try, the second, and so on; about a day in all."""
LONGEST_RETRY_AFTER_MS = 2 * H
SPREAD = 0.2
ATTEMPTS_KEPT = 12

State = Literal["pending", "delivered", "failed"]


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """One try."""

    at: int
    """Unix ms."""
    status: int
    """Of HTTP; 0 where no answer came."""
    outcome: str
    """In words."""
    took_ms: int


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """As it is kept. The body is made of the timeline each time, so that nothing said is kept twice."""

    id: str
    endpoint_id: str
    type: str
    cursor: str
    """The event's place in the timeline."""
    created_at: int
    state: State = "pending"
    next_at: int = 0
    """When it is tried next, Unix ms."""
    tries: int = 0
    """Since it was made, or replayed."""
    attempts: list[Attempt] = []
    reason: str = ""
    """Why it was given up."""

    @property
    def meeting_id(self) -> str:
        return meeting_in(self.id)


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one call."""

    is_taken: bool
    status: int = 0
    told: str
    took_ms: int = 0
    retry_after_s: float = 0.0

    @property
    def is_gone(self) -> bool:
        """The receiver says that it wants no more, ever."""
        return self.status == 410


def delivery_of(message: Message, meeting_id: str, endpoint_id: str, cursor: str, now_ms: int) -> Delivery:
    """The same message for the same endpoint has the same id, whoever makes it and however often."""
    digest = hashlib.sha256(f"{meeting_id}\n{message.key}\n{endpoint_id}".encode()).hexdigest()[:16]
    return Delivery(
        id=f"msg_{meeting_id.removeprefix('m-')}_{digest}",
        endpoint_id=endpoint_id,
        type=message.kind,
        cursor=cursor,
        created_at=now_ms,
        next_at=now_ms,
    )


def meeting_in(delivery_id: str) -> str:
    """Raises ValueError for what is no delivery's id."""
    kind, place, _ = delivery_id.split("_")
    meeting_id = f"m-{place}"
    shard_of(meeting_id)
    if kind != "msg":
        raise ValueError(delivery_id)
    return meeting_id


def after(
    delivery: Delivery, answer: Answer, now_ms: int, chance: float, delays_ms: tuple[int, ...] = DELAYS_MS
) -> Delivery:
    """What becomes of it. `chance`, from 0 to 1, spreads what failed together."""
    attempt = Attempt(at=now_ms, status=answer.status, outcome=answer.told, took_ms=answer.took_ms)
    tried = msgspec.structs.replace(
        delivery, tries=delivery.tries + 1, attempts=[*delivery.attempts, attempt][-ATTEMPTS_KEPT:]
    )
    if answer.is_taken:
        return msgspec.structs.replace(tried, state="delivered", reason="")
    if answer.is_gone:
        return given_up(tried, "the receiver said 410 Gone")
    if delivery.tries >= len(delays_ms):
        return given_up(tried, f"{tried.tries} tries failed; the last: {answer.told}")
    wait_ms = delays_ms[delivery.tries] * (1 + SPREAD * (2 * chance - 1))
    asked_ms = min(answer.retry_after_s * 1000, LONGEST_RETRY_AFTER_MS)
    return msgspec.structs.replace(tried, next_at=now_ms + round(max(wait_ms, asked_ms)))


def given_up(delivery: Delivery, reason: str) -> Delivery:
    return msgspec.structs.replace(delivery, state="failed", reason=reason)


def replayed(delivery: Delivery, now_ms: int) -> Delivery:
    """From the beginning, under the same id."""
    return msgspec.structs.replace(delivery, state="pending", tries=0, next_at=now_ms, reason="")
