"""One bot per call and tenant: whoever joins the same call again is led to the meeting that has it already.

A place and its meeting are not in one slot of a Redis cluster, so no transaction holds both: the place is taken first,
the meeting made after it. A place whose meeting does not come within moments belongs to a gateway that died.
"""

import contextlib
import hashlib
from collections.abc import Mapping
from typing import Any, cast

from shared.bus import Bus
from shared.clock import Clock
from shared.meeting_urls import MeetingLink, parse_meeting_url
from shared.meetings import FINAL
from shared.rooms import room_link
from shared.scripting import SCRIPTS
from shared.streams import MEETING_URL, PLACE, STATUS, TENANT, MeetingKeys

KEPT_MS = 48 * 3600 * 1000
"""Longer than any call."""
MAKING_MS = 3000
"""How long a gateway may take from the place to the meeting."""
POLL_S = 0.05


class Place:
    """The bot's place in one call."""

    def __init__(self, bus: Bus, clock: Clock, tenant: str, link: MeetingLink) -> None:
        self._bus, self._clock = bus, clock
        digest = hashlib.sha256(f"{tenant}\n{link.key}".encode()).hexdigest()[:32]
        self._key = PLACE.format(digest=digest)
        self._swap = bus.redis.register_script((SCRIPTS / "place.lua").read_text())

    async def take(self, meeting_id: str, *, force: bool) -> str:
        """Returns the meeting that has the place: this one, or one that was first and is not over."""
        if force:
            await self._bus.redis.set(self._key, meeting_id, px=KEPT_MS)
            return meeting_id
        holder = await self._swapped("", meeting_id)
        while holder != meeting_id and await self._is_over(holder):
            holder = await self._swapped(holder, meeting_id)
        return holder

    async def give_back(self, meeting_id: str) -> None:
        """Unless another meeting has it."""
        await self._swapped(meeting_id, "")

    async def _swapped(self, holder: str, successor: str) -> str:
        reply: bytes = await self._swap(keys=[self._key], args=[successor, holder, KEPT_MS])
        return reply.decode()

    async def _is_over(self, meeting_id: str) -> bool:
        """Waits a moment for a meeting that is just being made."""
        deadline = self._clock.now_ms() + MAKING_MS
        while (status := await self._status(meeting_id)) is None:
            if self._clock.now_ms() > deadline:
                return True
            await self._clock.sleep(POLL_S)
        return status in FINAL

    async def _status(self, meeting_id: str) -> str | None:
        found: bytes | None = await cast("Any", self._bus.redis.hget(MeetingKeys(meeting_id).state, STATUS))
        return found.decode() if found is not None else None


async def give_back_place(bus: Bus, clock: Clock, meeting_id: str, state: Mapping[str, str]) -> None:
    """Of a meeting that is no more; one without a link never had a place."""
    with contextlib.suppress(ValueError):
        url = state.get(MEETING_URL, "")
        link = room_link(url) or parse_meeting_url(url)
        await Place(bus, clock, state.get(TENANT, ""), link).give_back(meeting_id)
