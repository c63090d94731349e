"""How ingest is put together."""

import asyncio
import contextlib
import functools
from collections.abc import AsyncIterator

import structlog
from websockets.asyncio.server import Server

from ingest.adapters.recall import RecallPlatform
from ingest.config import IngestSettings
from ingest.doors import Doors
from ingest.handlers import HANDLERS
from ingest.producer import Producer
from ingest.reconciling import Reconciler
from ingest.resources import Ingest
from ingest.sockets import REST_S, SocketServer
from shared.bus import LOST, Bus, new_bus
from shared.clock import Clock
from shared.commands import CommandLoop
from shared.errors import MeetingError
from shared.recall_api import RecallApi
from shared.streams import INGEST, SHARDS
from shared.waiting import rest
from shared.worker import Worker, run

STALE_MS = 30_000
"""A command in the hands of an ingest that has said nothing for so long is taken over."""

log = structlog.get_logger()


def main(settings: IngestSettings) -> None:
    run(INGEST, settings, functools.partial(work, settings=settings), status_port=settings.ingest_status_port)


async def work(worker: Worker, settings: IngestSettings) -> None:
    async with own_bus(settings) as own, platform_of(settings, worker.clock) as platform:
        producer = Producer(own, worker.clock)
        server = await open_sockets(worker, settings, producer)
        ingest = Ingest(worker.bus, platform, settings, worker.clock)
        commands = CommandLoop(worker, HANDLERS, ingest)
        worker.drain, worker.drain_within_s = functools.partial(see_out, server, producer), settings.ingest_drain_s
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(producer.run(), name="producer")
                tasks.create_task(read_commands(commands, worker), name="commands")
                tasks.create_task(Reconciler(ingest, producer).run(), name="reconciler")
        finally:
            server.close(code=1001, reason="restarting")
            await server.wait_closed()
            with contextlib.suppress(*LOST, TimeoutError):
                async with asyncio.timeout(2.0):
                    await producer.flush()


async def open_sockets(worker: Worker, settings: IngestSettings, producer: Producer) -> Server:
    secrets = settings.webhook_secrets if settings.recall_signed_sockets else ()
    doors = Doors(worker.bus, worker.clock, secrets)
    rest_s = REST_S if settings.recall_sockets > 1 else 0.0
    sockets = SocketServer(doors, producer, worker.clock, rest_s=rest_s)
    server = await sockets.start(settings.bind_host, settings.ingest_port)
    log.info("ingest.listening", port=server.sockets[0].getsockname()[1])
    return server


async def see_out(server: Server, producer: Producer) -> None:
    """No new sockets; returns when the last one has ended and all of it is in Redis."""
    server.server.close()
    while server.connections or not producer.is_idle:  # noqa: ASYNC110  # other tasks see to both
        await asyncio.sleep(0.05)


async def read_commands(commands: CommandLoop, worker: Worker) -> None:
    """All shards: any ingest may carry out any command."""
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(add_all_shards(commands, worker), name="shards")
        tasks.create_task(commands.run(), name="commands-loop")
        tasks.create_task(commands.take_over_stale(STALE_MS), name="stale")


async def add_all_shards(commands: CommandLoop, worker: Worker) -> None:
    while True:
        try:
            await commands.add(range(SHARDS), claim_idle_ms=STALE_MS)
            return
        except LOST:
            await rest(worker.clock, 0.5)


@contextlib.asynccontextmanager
async def platform_of(settings: IngestSettings, clock: Clock) -> AsyncIterator[RecallPlatform]:
    api = RecallApi(settings.recall_url, settings.recall_key, MeetingError, clock=clock)
    platform = RecallPlatform(api, settings, clock)
    try:
        yield platform
    finally:
        await platform.close()


@contextlib.asynccontextmanager
async def own_bus(settings: IngestSettings) -> AsyncIterator[Bus]:
    """The producer's own: it must notice every new connection of its own."""
    bus = new_bus(settings.bus_url)
    try:
        yield bus
    finally:
        await bus.close()
