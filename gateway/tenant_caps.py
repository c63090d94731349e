"""How many meetings a tenant may have at once: refused before a bot is sent or a transcription begins.

Nobody has to say when a meeting is over: only a tenant whose cap is reached has its meetings looked at.
"""

from typing import Any, cast

from gateway.problems import ProblemError
from shared.bus import Bus
from shared.clock import Clock
from shared.meetings import FINAL
from shared.scripting import SCRIPTS
from shared.streams import STATUS, TENANT_ACTIVE, MeetingKeys

MAKING_MS = 10_000
"""A meeting that is counted may take so long to be made; after that it counts as over."""


class TenantCap:
    """The meetings of one tenant that count, and its cap; 0 is none."""

    def __init__(self, bus: Bus, clock: Clock, tenant: str, cap: int) -> None:
        self._bus, self._clock, self._cap = bus, clock, cap
        self._key = TENANT_ACTIVE.format(tenant=tenant)
        self._admit = bus.redis.register_script((SCRIPTS / "admit.lua").read_text())

    async def admit(self, meeting_id: str) -> None:
        """Raises ProblemError."""
        if not self._cap or await self._counts(meeting_id):
            return
        await self._drop_those_over()
        if not await self._counts(meeting_id):
            raise ProblemError(
                429,
                "too-many-meetings",
                f"your tenant is in {self._cap} meetings, and may be in no more at once: leave one, then join again",
            )

    async def _counts(self, meeting_id: str) -> bool:
        return bool(await self._admit(keys=[self._key], args=[meeting_id, self._cap, self._clock.now_ms()]))

    async def _drop_those_over(self) -> None:
        counted = cast("list[tuple[bytes, float]]", await self._bus.redis.zrange(self._key, 0, -1, withscores=True))
        pipe = self._bus.redis.pipeline(transaction=False)
        for meeting_id, _ in counted:
            pipe.hget(MeetingKeys(meeting_id.decode()).state, STATUS)
        found = cast("list[bytes | None]", await pipe.execute())
        making_since = self._clock.now_ms() - MAKING_MS
        over = [
            meeting_id
            for (meeting_id, at_ms), status in zip(counted, found, strict=True)
            if (status.decode() in FINAL if status else at_ms < making_since)
        ]
        if over:
            await cast("Any", self._bus.redis.zrem(self._key, *over))
