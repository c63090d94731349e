"""Liveness, and readiness with every dependency by name: what is wrong, and since when."""

import math

import msgspec
from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from gateway.answers import respond
from gateway.contract import Dependency, Liveness, Readiness
from gateway.metrics import dead_letters
from gateway.problems import REDIS_AWAY
from gateway.resources import BUS, HEALTH
from shared.bus import Bus
from shared.clock import Clock
from shared.connections import LOST
from shared.dead_letters import DeadLetters
from shared.heartbeat import ALIVE_MS, Heartbeat, known
from shared.streams import BRAIN, INGEST, SPEAKER, TRANSCRIBER

ROLES = (INGEST, TRANSCRIBER, BRAIN, SPEAKER)


class Watchman:
    """Remembers since when each dependency is wrong."""

    def __init__(self, bus: Bus, clock: Clock) -> None:
        self._bus, self._clock = bus, clock
        self._wrong_since: dict[str, int] = {}

    async def look(self) -> Readiness:
        found: dict[str, Judgement] = {}
        try:
            for role in ROLES:
                now_ms = self._clock.now_ms()
                found[role] = judged(role, await known(self._bus.redis, role, now_ms), now_ms)
            found["redis"] = Judgement([], 1)
        except REDIS_AWAY:
            found = {role: Judgement(["not known while Redis is away"], 0) for role in ROLES}
            found["redis"] = Judgement(["cannot be reached: start it, or correct REDIS_URL"], 0)
        dependencies = {name: self._dependency(name, found[name]) for name in ("redis", *ROLES)}
        return Readiness(ready=all(one.ready for one in dependencies.values()), dependencies=dependencies)

    def _dependency(self, name: str, found: "Judgement") -> Dependency:
        if not found.problems:
            self._wrong_since.pop(name, None)
        since = self._wrong_since.setdefault(name, self._clock.now_ms()) if found.problems else None
        return Dependency(
            ready=not found.problems,
            problems=found.problems,
            concerns=found.concerns,
            since=since,
            workers=found.workers,
        )


class Judgement(msgspec.Struct, frozen=True):
    """Of one dependency."""

    problems: list[str]
    workers: int
    concerns: list[str] = []


def judged(role: str, workers: dict[str, Heartbeat], now_ms: int) -> Judgement:
    """One worker that is well is enough; what the others say, or that they say nothing, is named all the same."""
    beats = {name: last for name, last in workers.items() if now_ms - last.at <= ALIVE_MS}
    silent = [
        f"{name} has said nothing for {(now_ms - last.at) // 1000} s"
        for name, last in workers.items()
        if name not in beats
    ]
    if not beats:
        return Judgement([f"no {role} worker is running: start one with `python -m {role}`"], 0)
    named = [problem for beat in beats.values() for problem in beat.problems]
    if any(beat.ready for beat in beats.values()):
        return Judgement([], len(beats), named + silent)
    return Judgement(named or ["not ready, and does not say why"], len(beats))


WATCHMAN = web.AppKey("watchman", Watchman)


async def health(request: web.Request) -> web.Response:
    own = request.app[HEALTH]
    return respond(Liveness(alive=not own.is_stuck, loop_late_ms=own.late_ms), status=503 if own.is_stuck else 200)


async def ready(request: web.Request) -> web.Response:
    readiness = await request.app[WATCHMAN].look()
    return respond(readiness, status=200 if readiness.ready else 503)


async def metrics(request: web.Request) -> web.Response:
    """Not a number of dead letters is said while Redis is away."""
    try:
        dead_letters.set(await DeadLetters(request.app[BUS]).count())
    except LOST:
        dead_letters.set(math.nan)
    return web.Response(body=generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})
