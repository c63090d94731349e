"""Rooms as a meeting platform: people are the bots, and all that is known of a room is in its meeting's state."""

from collections.abc import Mapping
from typing import Any, cast

from ingest.ports import BotChange, BotRequest
from shared.bus import Bus
from shared.clock import Clock
from shared.connections import LOST
from shared.errors import Category, MeetingError, MeetingGoneError
from shared.rooms import ABANDONED, CLOSED, EMPTY, bot_id_of, room_link
from shared.streams import (
    BOT_ID,
    CREATED_AT,
    HEARD_AT,
    LINKED_AT,
    ORIGIN,
    ROOM_LEFT,
    ROOM_OPENED,
    MeetingKeys,
    shard_of,
)

ABANDONED_MS = 15 * 60_000
"""A room without a microphone for so long is over."""


class RoomPlatform:
    """A MeetingPlatform."""

    def __init__(self, bus: Bus, clock: Clock) -> None:
        self._bus, self._clock = bus, clock

    async def send_bot(self, request: BotRequest) -> str:
        if room_link(request.meeting_url) is None:
            raise MeetingError("this is no room: ask for `room:`", category=Category.INVALID)
        field = f"{ROOM_OPENED}{request.attempt}"
        try:
            await cast("Any", self._bus.redis.hsetnx(self._key(request.meeting_id), field, str(self._clock.now_ms())))
        except LOST as error:
            raise away() from error
        return bot_id_of(request.meeting_id, request.attempt)

    async def changes(self, bot_id: str) -> tuple[BotChange, ...]:
        meeting_id, attempt = parts_of(bot_id)
        return changes_of(await self._state(meeting_id), attempt, self._clock.now_ms())

    async def leave(self, bot_id: str) -> bool:
        try:
            meeting_id, attempt = parts_of(bot_id)
            is_over = (await self.changes(bot_id))[-1].code == "call_ended"
        except MeetingError as error:
            if error.category is not Category.NOT_FOUND:
                raise
            return False
        if is_over:
            return False
        field, now_ms = f"{ROOM_LEFT}{attempt}", str(self._clock.now_ms())
        try:
            return bool(await cast("Any", self._bus.redis.hsetnx(self._key(meeting_id), field, now_ms)))
        except LOST as error:
            raise away() from error

    async def bots_of(self, meeting_id: str) -> tuple[str, ...]:
        """Its first one, which may never have been made."""
        return (bot_id_of(meeting_id, 1),)

    async def erase_media(self, bot_id: str) -> bool:
        """A room keeps nothing beside the meeting."""
        return True

    async def close(self) -> None:
        """The bus is the worker's."""

    def _key(self, meeting_id: str) -> str:
        return MeetingKeys(meeting_id).state

    async def _state(self, meeting_id: str) -> Mapping[str, str]:
        try:
            return await self._bus.state(meeting_id)
        except MeetingGoneError as error:
            raise unknown() from error
        except LOST as error:
            raise away() from error


def parts_of(bot_id: str) -> tuple[str, str]:
    """The meeting and the attempt. Raises MeetingError."""
    _, _, rest = bot_id.partition("/")
    meeting_id, _, attempt = rest.partition("/")
    try:
        shard_of(meeting_id)
    except ValueError as error:
        raise unknown() from error
    return meeting_id, attempt


def changes_of(state: Mapping[str, str], attempt: str, now_ms: int) -> tuple[BotChange, ...]:
    """Raises MeetingError for a room that was never opened. A Redis that died may have forgotten when that was."""
    opened = state.get(ROOM_OPENED + attempt) or (state.get(CREATED_AT) if BOT_ID in state else None)
    if opened is None:
        raise unknown()
    opened_ms = int(opened)
    changes = [
        BotChange(code="joining_call", at_ms=opened_ms),
        BotChange(code="in_waiting_room", sub_code=EMPTY, at_ms=opened_ms),
    ]
    if ORIGIN in state:
        changes.append(BotChange(code="in_call_recording", at_ms=max(opened_ms, int(state[ORIGIN]))))
    linked_ms = max(changes[-1].at_ms, *(int(state.get(field, 0)) for field in (LINKED_AT, HEARD_AT)))
    if left := state.get(ROOM_LEFT + attempt):
        changes.append(BotChange(code="call_ended", sub_code=CLOSED, at_ms=int(left)))
    elif now_ms - linked_ms > ABANDONED_MS:
        changes.append(BotChange(code="call_ended", sub_code=ABANDONED, at_ms=linked_ms + ABANDONED_MS))
    return tuple(changes)


def unknown() -> MeetingError:
    return MeetingError("there is no such room", category=Category.NOT_FOUND)


def away() -> MeetingError:
    return MeetingError("Redis is away", category=Category.CONNECTIVITY)
