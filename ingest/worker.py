"""How ingest is put together."""

import asyncio
import contextlib
import functools
from collections.abc import AsyncIterator

import structlog
from websockets.asyncio.server import Server

from ingest.adapters.by_link import ByLink
from ingest.adapters.recall import RecallPlatform
from ingest.adapters.room import RoomPlatform
from ingest.config import IngestSettings
from ingest.doors import Doors
from ingest.handlers import HANDLERS
from ingest.keeping import Keeper
from ingest.off_record import OffRecordWatch
from ingest.producer import Producer
from ingest.reconciling import Reconciler
from ingest.resources import Ingest
from ingest.sockets import REST_S, SocketServer
from shared.clock import Clock
from shared.commands import CommandLoop
from shared.connections import LOST
from shared.errors import MeetingError
from shared.recall_api import RecallApi
from shared.streams import AUDIO_CAP_MS, INGEST, SHARDS
from shared.waiting import is_wanted, rest
from shared.worker import Worker, run

STALE_MS = 30_000
"""A command in the hands of an ingest that has said nothing for so long is taken over."""

DROPS_TOLD_MS = 10_000
DROPS = f"the oldest sound is dropped, because nobody has transcribed it for {AUDIO_CAP_MS // 60_000} minutes"

log = structlog.get_logger()


def main(settings: IngestSettings) -> None:
    run(INGEST, settings, functools.partial(work, settings=settings), status_port=settings.ingest_status_port)


async def work(worker: Worker, settings: IngestSettings) -> None:
    async with platform_of(settings, worker.clock) as platform:
        producer = Producer(worker.bus, worker.clock)
        server = await open_sockets(worker, settings, producer)
        rooms = RoomPlatform(worker.bus, worker.clock)
        ingest = Ingest(worker.bus, ByLink(platform, rooms), settings, worker.clock)
        commands = CommandLoop(worker, HANDLERS, ingest)
        worker.drain, worker.drain_within_s = functools.partial(see_out, server, producer), settings.ingest_drain_s
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(producer.run(), name="producer")
                tasks.create_task(tell_of_drops(worker, producer), name="drops")
                tasks.create_task(read_commands(commands, worker), name="commands")
                tasks.create_task(Reconciler(ingest, producer).run(), name="reconciler")
                tasks.create_task(Keeper(ingest).run(), name="keeper")
                tasks.create_task(OffRecordWatch(worker.bus, producer, worker.clock).run(), name="off-record")
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


async def tell_of_drops(worker: Worker, producer: Producer) -> None:
    """Sound that goes before it is transcribed makes this process unready, by name."""
    while is_wanted():
        await worker.clock.sleep(1.0)
        worker.load = len(producer.linked)
        if worker.clock.now_ms() - producer.dropped_at < DROPS_TOLD_MS:
            worker.health.report("audio", DROPS)
        else:
            worker.health.clear("audio")


async def read_commands(commands: CommandLoop, worker: Worker) -> None:
    """All shards: any ingest may carry out any command."""
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(add_all_shards(commands, worker), name="shards")
        tasks.create_task(commands.run(), name="commands-loop")
        tasks.create_task(commands.take_over_stale(STALE_MS), name="stale")


async def add_all_shards(commands: CommandLoop, worker: Worker) -> None:
    async with asyncio.TaskGroup() as tasks:
        for shard in range(SHARDS):
            tasks.create_task(add_shard(commands, worker, shard), name=f"shard-{shard}")


async def add_shard(commands: CommandLoop, worker: Worker, shard: int) -> None:
    while True:
        try:
            await commands.add([shard], claim_idle_ms=STALE_MS)
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
