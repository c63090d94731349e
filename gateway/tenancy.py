"""Whose a meeting is. Another tenant's looks like one that never was: the same answer after the same questions."""

from collections.abc import Mapping
from typing import Any, cast

from shared.bus import Bus, decoded, entries_of
from shared.errors import MeetingGoneError
from shared.events import MeetingErased
from shared.streams import DEFAULT_TENANT, STATUS, TENANT, MeetingKeys, shard_of


async def ensure_own(bus: Bus, meeting_id: str, tenant: str) -> None:
    """Raises MeetingGoneError, also for what is no meeting's id."""
    if await tenant_of(bus, checked(meeting_id)) != tenant:
        raise MeetingGoneError(meeting_id)


def checked(meeting_id: str) -> str:
    try:
        shard_of(meeting_id)
    except ValueError as error:
        raise MeetingGoneError(meeting_id) from error
    return meeting_id


async def tenant_of(bus: Bus, meeting_id: str) -> str | None:
    """None for a meeting that is not kept; one that was erased is its tenant's for the moment that the receipt stays.

    Both are always read, in one trip, so that no answer is quicker than another.
    """
    keys = MeetingKeys(meeting_id)
    pipe = bus.redis.pipeline(transaction=False)
    pipe.hmget(keys.state, [TENANT, STATUS])
    pipe.xrevrange(keys.timeline, count=1)
    (tenant, status), last = await cast("Any", pipe.execute())
    if status is not None:
        return tenant.decode() if tenant else DEFAULT_TENANT
    receipt = next((decoded(entry) for entry in entries_of(last)), None)
    return receipt.tenant or DEFAULT_TENANT if isinstance(receipt, MeetingErased) else None


def is_own(state: Mapping[str, str], tenant: str) -> bool:
    return state.get(TENANT, DEFAULT_TENANT) == tenant
