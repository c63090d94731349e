"""Erases meetings whose retention is over, and has vendors erase theirs until they confirm.

Every ingest looks; Redis lets one of them act.
"""

import asyncio
from collections.abc import Iterator, Sequence

import structlog

from ingest import metrics
from ingest.erasing import PLATFORM, erase, is_erased
from ingest.resources import Ingest
from ingest.vendor_erasures import VendorErasure
from shared.audit import Deed
from shared.connections import LOST
from shared.dead_letters import KEPT_MS
from shared.errors import MeetingError, MeetingGoneError
from shared.events import EraseMeeting
from shared.scripting import SCRIPTS
from shared.servers import Servers
from shared.streams import SHARDS, ShardKeys
from shared.waiting import is_wanted

LOOK_S = 5.0
AT_ONCE = 50
"""Of each shard."""
CLAIMED_MS = 60_000
"""Who took something and has not finished it by then is dead."""
VENDOR_WITHIN_S = 30.0
REMEMBERED_MS = 3_600_000
"""Nothing makes a meeting anew so long after it was erased."""

log = structlog.get_logger()


class Keeper:
    """`run` until cancelled."""

    def __init__(self, ingest: Ingest) -> None:
        self._ingest = ingest
        self._servers = Servers(ingest.bus.redis)
        self._look = ingest.bus.redis.register_script((SCRIPTS / "look_due.lua").read_text())
        self._claim = ingest.bus.redis.register_script((SCRIPTS / "claim_due.lua").read_text())

    async def run(self) -> None:
        while is_wanted():
            try:
                await self.look()
            except LOST as error:
                log.warning("keeping.interrupted", error=type(error).__name__)
            await self._ingest.clock.sleep(LOOK_S)

    async def look(self) -> None:
        """Once over all shards."""
        now_ms = self._ingest.clock.now_ms()
        args = [now_ms, AT_ONCE, max(0, now_ms - REMEMBERED_MS), max(0, now_ms - KEPT_MS)]
        found = await self._servers.run(self._look, {shard: (keys_of(shard), args) for shard in range(SHARDS)})
        for number, (meetings, erasures) in found.items():
            shard = ShardKeys(number)
            for member, due_ms in pairs(meetings):
                if await self._take(shard.due, member, due_ms, now_ms + CLAIMED_MS):
                    await self._expire(shard, member)
            for member, due_ms in pairs(erasures):
                erasure = VendorErasure.of(member)
                if await self._take(shard.vendor_erasures, member, due_ms, erasure.next_at(now_ms)):
                    await self._ask_vendor(shard, erasure)

    async def _take(self, key: str, member: bytes, due_ms: bytes, next_ms: int) -> bool:
        return bool(await self._claim(keys=[key], args=[member, due_ms, next_ms]))

    async def _expire(self, shard: ShardKeys, member: bytes) -> None:
        meeting_id, now_ms = member.decode(), self._ingest.clock.now_ms()
        command = EraseMeeting(id=f"{meeting_id}/expiry", meeting_id=meeting_id, at=now_ms)
        try:
            await erase(command, Deed.EXPIRY, self._ingest)
        except MeetingGoneError:
            # Redis let go of it because no ingest was there in time; the platform does not know that.
            left = VendorErasure(meeting_id=meeting_id, bot_id="", since_ms=now_ms, tenant="")
            await self._ingest.bus.redis.zadd(shard.vendor_erasures, {left.member: now_ms})
            await self._ingest.bus.redis.zrem(shard.meetings, member)
            await self._ingest.bus.redis.zrem(shard.due, member)
        metrics.expired.inc()

    async def _ask_vendor(self, shard: ShardKeys, erasure: VendorErasure) -> None:
        try:
            async with asyncio.timeout(VENDOR_WITHIN_S):
                is_confirmed = await is_erased(erasure, self._ingest)
        except (MeetingError, TimeoutError) as error:
            log.warning("media.not_erased_yet", meeting_id=erasure.meeting_id, error=type(error).__name__)
            is_confirmed = False
        metrics.vendor_erasures.labels("confirmed" if is_confirmed else "asked").inc()
        if is_confirmed:
            await self._ingest.audit.note(erasure.tenant, Deed.VENDOR_ERASURE, PLATFORM, erasure.meeting_id)
            await self._ingest.bus.redis.zrem(shard.vendor_erasures, erasure.member)
            log.info("media.erased", meeting_id=erasure.meeting_id)


def keys_of(number: int) -> list[str]:
    shard = ShardKeys(number)
    return [shard.due, shard.vendor_erasures, shard.erased, shard.dead]


def pairs(flat: Sequence[bytes]) -> Iterator[tuple[bytes, bytes]]:
    """Members and their times."""
    return zip(flat[::2], flat[1::2], strict=True)
