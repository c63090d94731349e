"""The running process: Redis awaited, the port bound, signals heard, streams ended before the server stops."""

import asyncio
import contextlib

import structlog
from aiohttp import web

from gateway.app import build_app
from gateway.config import GatewaySettings, problems_of
from gateway.office import clerks
from gateway.resources import LIVE, WATCHDOG
from shared.connections import close, connect
from shared.errors import BusError, ConfigError
from shared.logs import configure
from shared.pool_metrics import POOLS
from shared.tracing import TRACING
from shared.worker import await_redis, hear_signals

SHUTDOWN_S = 2.0
"""What handlers get to finish in, after every stream and wait was ended."""

log = structlog.get_logger()


def main(settings: GatewaySettings) -> None:
    """Runs until SIGTERM or SIGINT; a second signal kills."""
    if problems := tuple(problems_of(settings)):
        raise ConfigError(*problems)
    configure(settings.log_level, settings.log_format)
    TRACING.begin("gateway", settings.otel_exporter_otlp_endpoint)
    try:
        asyncio.run(serve(settings))
    finally:
        TRACING.end()


async def serve(settings: GatewaySettings) -> None:
    stopping = asyncio.Event()
    hear_signals(stopping)
    bus = await await_redis(settings.bus_url, stopping)
    if bus is None:
        return
    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_callback(bus.close)
        reader = connect(settings.bus_url)
        stack.push_async_callback(close, reader)
        POOLS.watch(bus.redis)
        POOLS.watch(reader)
        app = build_app(settings, bus, reader)
        app[WATCHDOG].start()
        stack.callback(app[WATCHDOG].stop)
        runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=SHUTDOWN_S)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        await listen(runner, settings)
        clerking = await stack.enter_async_context(clerks(settings))
        await stop_or_failure(stopping, app, clerking)
    log.info("gateway.stopped")


async def listen(runner: web.AppRunner, settings: GatewaySettings) -> None:
    """Raises ConfigError when the port is taken."""
    try:
        await web.TCPSite(runner, settings.bind_host, settings.gateway_port).start()
    except OSError as error:
        raise ConfigError(
            f"GATEWAY_PORT={settings.gateway_port}: {settings.bind_host} cannot be bound ({error.strerror});"
            " stop what listens there, or choose another port"
        ) from error
    host, port = runner.addresses[0][:2]
    log.info("gateway.listening", host=host, port=port, keys=len(settings.api_keys))
    if not settings.api_keys:
        log.warning("gateway.open_to_this_machine_only", remedy="set CHIMEIN_API_KEYS to serve others")


async def stop_or_failure(stopping: asyncio.Event, app: web.Application, clerking: asyncio.Task[None]) -> None:
    """Without the reader of timelines nobody would get anything: then the process ends too, as without clerks."""
    stop = asyncio.create_task(stopping.wait(), name="stop")
    dead = asyncio.create_task(app[LIVE].dead.wait(), name="dead")
    await asyncio.wait({stop, dead, clerking}, return_when=asyncio.FIRST_COMPLETED)
    for task in (stop, dead):
        task.cancel()
    if app[LIVE].dead.is_set():
        raise BusError("the reader of timelines died; the log says why")
    if clerking.done():
        clerking.result()
