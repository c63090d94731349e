"""Rooms: meetings whose microphones are browsers. Their links, and who is who in them. Pure."""

import re

from shared.meeting_urls import MeetingLink

PLATFORM_NAME = "room"
ROOM = re.compile(r"room:(?P<name>[a-z0-9][a-z0-9\-]{0,63})?", re.ASCII)
PARTICIPANT = re.compile(r"p-[0-9a-f]{12}", re.ASCII)
EMPTY, ABANDONED, CLOSED = "room_empty", "room_abandoned", "room_closed"
"""Why a room is as it is, beside the platform's own codes."""


def room_link(text: str) -> MeetingLink | None:
    """Of `room:`, a new room each time, or `room:weekly`, one room for all who say so. None for what names no room."""
    if not (found := ROOM.fullmatch(text.strip().lower())):
        return None
    name = found["name"]
    return MeetingLink(platform=PLATFORM_NAME, url=found[0], key=found[0] if name else "")


def bot_id_of(meeting_id: str, attempt: int) -> str:
    """A room has no bot, but a meeting that was joined has one."""
    return f"{PLATFORM_NAME}/{meeting_id}/{attempt}"


def is_room_bot(bot_id: str) -> bool:
    return bot_id.startswith(f"{PLATFORM_NAME}/")
