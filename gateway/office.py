"""The clerks of this gateway: a role like that of a worker, beside the HTTP server in one process."""

import asyncio
import contextlib
import functools
from collections.abc import AsyncIterator

from gateway.clerk import keep, unsettled
from gateway.config import GatewaySettings
from gateway.hooks.courier import Courier
from gateway.hooks.dispatch import H, Means
from shared.bus import new_bus
from shared.clock import SystemClock
from shared.connections import close, connect
from shared.sessions import Owner
from shared.streams import CLERK
from shared.tail import Tail
from shared.worker import Worker, watch_over


@contextlib.asynccontextmanager
async def clerks(settings: GatewaySettings) -> AsyncIterator[asyncio.Task[None]]:
    """The task that keeps them at work; if it ends by itself, something is broken. They hand over in the end."""
    bus, reader = new_bus(settings.bus_url), connect(settings.bus_url)
    courier = Courier(private_allowed=settings.webhooks_to_private)
    means = Means(
        courier,
        base_url=settings.public_url.rstrip("/"),
        disable_after_ms=settings.webhook_disable_hours * H,
    )
    worker = Worker(CLERK, bus, Tail(reader), SystemClock())
    task = asyncio.create_task(watch_over(worker, functools.partial(work, means=means)), name="clerks")
    try:
        yield task
    finally:
        worker.stopping.set()
        await asyncio.wait({task})
        await courier.close()
        await close(reader)
        await bus.close()


async def work(worker: Worker, means: Means) -> None:
    await Owner(worker, functools.partial(keep, means=means), members=unsettled).run()
