"""The frame of every worker process: settings in, signals heard, Redis awaited, health served, work watched."""

import asyncio
import contextlib
import gc
import os
import secrets
import signal
import socket
import time
from collections.abc import Callable, Coroutine
from typing import Any

import structlog

from shared import metrics
from shared.backlog import Backlog
from shared.bus import Bus
from shared.clock import Clock, SystemClock
from shared.config import Settings
from shared.connections import LOST, close, connect
from shared.errors import BusError
from shared.fullness import Fullness
from shared.health import Health
from shared.heartbeat import Heartbeat, beat, stop_beating
from shared.logs import configure
from shared.pool_metrics import POOLS
from shared.redis_checks import open_bus
from shared.restoring import keep_writes
from shared.stalls import watch_stalls
from shared.status_server import serve_status
from shared.tail import Tail
from shared.tracing import TRACING
from shared.waiting import is_wanted
from shared.watchdog import Watchdog

BEAT_EVERY_S = 0.6
SAID_MS = 1_000
"""Who owns shards says how it is with each look at the leases; when that was so long ago, it is said beside."""
REDIS_PATIENCE_S = 30.0
STOP_WITHIN_S = 3.0
DRAIN_WITHIN_S = 8.0
COLLECT_AFTER = (50_000, 20, 100)
"""Objects made and not freed, then young and middle collections. Python's 700, 10, 10 are for short programs: with 300
meetings a full collection looked at everything every few seconds, and the loop stood still for a tenth of one."""

log = structlog.get_logger()


class Worker:
    """One process of a role, and what its parts share."""

    def __init__(self, role: str, bus: Bus, tail: Tail, clock: Clock) -> None:
        self.role, self.bus, self.tail, self.clock = role, bus, tail, clock
        self.name = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(3)}"
        self.health = Health(clock)
        self.backlog = Backlog(clock)
        self.watchdog = Watchdog(0)
        tail.health = self.health
        self.stopping = asyncio.Event()
        self.shards = self.load = 0
        self.is_leaving = False
        self.said_at_ms = 0
        """When it last said how it is with a look at the leases."""
        self.fullness = Fullness()
        self.drain: Callable[[], Coroutine[Any, Any, None]] = nothing_to_drain
        """Brings what is under way to its end, before everything is cancelled; set by the body."""
        self.drain_within_s = DRAIN_WITHIN_S


async def nothing_to_drain() -> None:
    """For processes that can stop at any moment."""


Body = Callable[[Worker], Coroutine[Any, Any, None]]


def run(role: str, settings: Settings, body: Body, *, status_port: int) -> None:
    """Runs `body` until SIGTERM or SIGINT, then lets it end by cancelling it; a second signal kills."""
    configure(settings.log_level, settings.log_format)
    TRACING.begin(role, settings.otel_exporter_otlp_endpoint)
    try:
        asyncio.run(serve(role, settings, body, status_port=status_port))
    finally:
        TRACING.end()


async def serve(role: str, settings: Settings, body: Body, *, status_port: int) -> None:
    clock = SystemClock()
    stopping = asyncio.Event()
    hear_signals(stopping)
    bus = await await_redis(settings.bus_url, stopping)
    if bus is None:
        return
    reader = connect(settings.bus_url)
    POOLS.watch(bus.redis)
    POOLS.watch(reader)
    worker = Worker(role, bus, Tail(reader), clock)
    worker.stopping, worker.fullness = stopping, Fullness(settings.max_meetings)
    metrics.begin(role)
    metrics.queue_age_s.labels(role).set_function(worker.backlog.age_s)
    worker.watchdog = Watchdog(settings.stuck_s)
    worker.watchdog.start()
    async with contextlib.AsyncExitStack() as stack:
        stack.callback(worker.watchdog.stop)
        stack.push_async_callback(bus.close)
        stack.push_async_callback(close, reader)
        await stack.enter_async_context(serve_status(role, worker.health, settings.bind_host, status_port))
        log.info("worker.started", role=role, worker=worker.name)
        gc.freeze()  # what is there by now stays: no collection looks at it again
        gc.set_threshold(*COLLECT_AFTER)
        await watch_over(worker, body)
    log.info("worker.stopped", role=role)


def hear_signals(stopping: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, on_signal, stopping)


def on_signal(stopping: asyncio.Event) -> None:
    if stopping.is_set():
        os._exit(1)
    stopping.set()


async def await_redis(url: str, stopping: asyncio.Event) -> Bus | None:
    """Redis may start after us. Returns None when told to stop meanwhile; raises BusError when patience ends."""
    deadline = asyncio.get_running_loop().time() + REDIS_PATIENCE_S
    pause_s = 0.1
    while not stopping.is_set():
        try:
            return await open_bus(url)
        except BusError as error:
            if asyncio.get_running_loop().time() > deadline or not isinstance(error.__cause__, LOST):
                raise
            log.warning("redis.awaited", reason=str(error))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(pause_s):
                await stopping.wait()
        pause_s = min(pause_s * 2, 2.0)
    return None


async def watch_over(worker: Worker, body: Body) -> None:
    """Runs the body and its side tasks until told to stop; a side task that dies takes the process with it, by name."""
    tasks = [
        asyncio.create_task(worker.tail.run(), name="tail"),
        asyncio.create_task(keep_beating(worker), name="heartbeat"),
        asyncio.create_task(watch_stalls(worker.fullness.note_late), name="stalls"),
        asyncio.create_task(keep_writes(worker.bus, worker.clock), name="writes"),
        asyncio.create_task(body(worker), name="body"),
    ]
    stop = asyncio.create_task(worker.stopping.wait(), name="stop")
    await asyncio.wait({*tasks, stop}, return_when=asyncio.FIRST_COMPLETED)
    if stop.done():
        await drain(worker, tasks)
    dead = [task for task in tasks if task.done()]
    for task in reversed(tasks):
        task.cancel()
        if not (await asyncio.wait({task}, timeout=STOP_WITHIN_S))[0]:
            log.error("task.stuck", task=task.get_name())
    stop.cancel()
    with contextlib.suppress(*LOST):
        async with asyncio.timeout(1.0):
            await stop_beating(worker.bus.redis, worker.role, worker.name)
    for task in dead:
        log.error("task.died", task=task.get_name())
        task.result()


async def drain(worker: Worker, tasks: list[asyncio.Task[None]]) -> None:
    """While everything still runs: leases are renewed, and heirs can see that nothing is to be handed to us."""
    worker.is_leaving = True
    work = asyncio.create_task(worker.drain(), name="drain")
    with contextlib.suppress(*LOST):
        await beat(worker.bus.redis, worker.role, worker.name, heartbeat_of(worker))
    await asyncio.wait({work, *tasks}, timeout=worker.drain_within_s, return_when=asyncio.FIRST_COMPLETED)
    if not work.done():
        log.warning("drain.unfinished", role=worker.role)
        work.cancel()
    elif error := work.exception():
        log.warning("drain.failed", role=worker.role, error=type(error).__name__)


async def keep_beating(worker: Worker) -> None:
    """A late turn of this loop is a stall of the whole process."""
    while is_wanted():
        before, used_s = worker.clock.now_ms(), time.thread_time()
        if before - worker.said_at_ms > SAID_MS:
            with contextlib.suppress(*LOST):
                await beat(worker.bus.redis, worker.role, worker.name, heartbeat_of(worker))
        await worker.clock.sleep(BEAT_EVERY_S)
        worker.health.turn()
        worker.watchdog.turn()
        took_s = (worker.clock.now_ms() - before) / 1000
        worker.fullness.note_work(time.thread_time() - used_s, took_s)
        metrics.loop_stall_s.set(max(0.0, took_s - BEAT_EVERY_S))


def heartbeat_of(worker: Worker) -> Heartbeat:
    problems = worker.health.problems
    return Heartbeat(
        at=worker.clock.now_ms(),
        ready=not problems,
        problems=worker.health.all_problems,
        engine=worker.health.engine,
        pid=os.getpid(),
        shards=worker.shards,
        load=worker.load,
        is_leaving=worker.is_leaving,
        most=worker.fullness.most,
        is_full=worker.fullness.is_full(worker.load),
    )
