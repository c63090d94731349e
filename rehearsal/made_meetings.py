"""Meetings for rigs that have no platform: as the gateway makes them, without the command that sends a bot."""

import time
from typing import Any, cast

import msgspec

from shared.bus import Bus
from shared.events import MeetingRequested, Settings, new_id
from shared.socket_tokens import new_token
from shared.streams import DEFAULT_TENANT, SETTINGS, SOCKET_TOKEN, STATUS, MeetingKeys, new_meeting_id

SECRET = "secret"  # noqa: S105  # a rig's sockets guard nothing


def socket_path(meeting_id: str) -> str:
    """Where a bot of such a meeting dials, on an ingest's port; good for a day."""
    return f"/recall/{meeting_id}/?token={new_token(SECRET, meeting_id, time.time())}"


async def new_meeting(bus: Bus, *, shard: int = 3, settings: Settings | None = None) -> str:
    """Returns its id."""
    meeting_id, told = new_meeting_id(shard), settings or Settings()
    keys = MeetingKeys(meeting_id)
    state = {STATUS: "requested", SOCKET_TOKEN: SECRET, SETTINGS: msgspec.json.encode(told).decode()}
    await cast("Any", bus.redis.hset(keys.state, mapping=cast("Any", state)))
    await cast("Any", bus.redis.sadd(keys.shard.active, meeting_id))
    await bus.redis.zadd(keys.shard.meetings, {meeting_id: 1})
    await bus.redis.zadd(keys.shard.listing(DEFAULT_TENANT), {meeting_id: 1})
    requested = MeetingRequested(id=new_id(), meeting_id=meeting_id, at=1, platform="meet", settings=told)
    await bus.append(meeting_id, requested)
    await bus.nudge(meeting_id)
    return meeting_id
