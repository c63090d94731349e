"""Meetings for rigs that have no platform: as the gateway makes them, without the command that sends a bot."""

from typing import Any, cast

from shared.bus import Bus
from shared.events import MeetingRequested, Settings, new_id
from shared.streams import SETTINGS, SOCKET_TOKEN, STATUS, MeetingKeys, new_meeting_id

TOKEN = "secret"  # noqa: S105  # a rig's sockets guard nothing


async def new_meeting(bus: Bus, *, shard: int = 3, settings: Settings | None = None, token: str = TOKEN) -> str:
    """Returns its id; sockets are admitted with the token."""
    meeting_id = new_meeting_id(shard)
    keys = MeetingKeys(meeting_id)
    state = {STATUS: "requested", SOCKET_TOKEN: token, SETTINGS: "{}"}
    await cast("Any", bus.redis.hset(keys.state, mapping=cast("Any", state)))
    await cast("Any", bus.redis.sadd(keys.shard.active, meeting_id))
    await bus.redis.zadd(keys.shard.meetings, {meeting_id: 1})
    told = settings or Settings()
    requested = MeetingRequested(id=new_id(), meeting_id=meeting_id, at=1, platform="meet", settings=told)
    await bus.append(meeting_id, requested)
    await bus.nudge(meeting_id)
    return meeting_id
