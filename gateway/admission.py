"""Who is full says so, and a meeting that nobody has room for is refused before a bot is sent: none is lost later."""

from typing import cast

from aiohttp import web

from gateway.metrics import joins_refused
from gateway.problems import ProblemError
from gateway.resources import BUS, CLOCK
from shared.bus import Bus
from shared.heartbeat import Heartbeat, heartbeats
from shared.streams import BRAIN, INGEST, SHARDS, SPEAKER, TRANSCRIBER, ShardKeys

ROLES = (INGEST, TRANSCRIBER, BRAIN, SPEAKER)
RETRY_AFTER_S = 30


async def ensure_room(request: web.Request) -> None:
    """Raises ProblemError. A role without any worker is another problem: its meetings wait until there is one."""
    bus = request.app[BUS]
    meetings: int | None = None
    for role in ROLES:
        beats = list((await heartbeats(bus.redis, role, request.app[CLOCK].now_ms())).values())
        if any(beat.most for beat in beats) and meetings is None:
            meetings = await active_meetings(bus)
        if beats and not has_room(beats, meetings or 0):
            joins_refused.labels(role).inc()
            raise full(role, len(beats))


def has_room(beats: list[Heartbeat], meetings: int) -> bool:
    """What was let in a moment ago is in no heartbeat yet, but it is among the meetings that go on."""
    if all(beat.is_full for beat in beats):
        return False
    return any(not beat.most for beat in beats) or meetings < sum(beat.most for beat in beats)


def full(role: str, workers: int) -> ProblemError:
    detail = (
        f"every {role} has all the meetings that it can serve in time ({workers} of them run): "
        f"start another with `python -m {role}`, or join again when a meeting has ended"
    )
    return ProblemError(503, "no-room", detail, retry_after_s=RETRY_AFTER_S)


async def active_meetings(bus: Bus) -> int:
    pipe = bus.redis.pipeline(transaction=False)
    for shard in range(SHARDS):
        pipe.scard(ShardKeys(shard).active)
    return sum(cast("list[int]", await pipe.execute()))
