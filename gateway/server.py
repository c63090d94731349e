"""The running process: Redis awaited, the port bound, signals heard, streams ended before the server stops."""

import asyncio
import contextlib
import logging

import structlog
from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from gateway.app import build_app
from gateway.callers import CALLERS
from gateway.config import GatewaySettings, is_loopback, open_without_keys, problems_of
from gateway.doorkeeper import BACKLOG, KEEP_ALIVE_S, keeping
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

LINGER_S = 1.0
"""How long the rest of a body is taken in, unread, so that its sender sees the answer before the end."""

HTTP_LOG = logging.getLogger("gateway.http")
"""Of the HTTP server itself."""

log = structlog.get_logger()


class ReadableOnly(logging.Filter):
    """Requests that are no HTTP are answered, not logged: their bytes would be told, with the keys among them."""

    def filter(self, record: logging.LogRecord) -> bool:
        return not (record.exc_info and isinstance(record.exc_info[1], HttpProcessingError))


HTTP_LOG.addFilter(ReadableOnly())


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
        if not is_loopback(settings.bind_host) and not await app[CALLERS].has_any():
            raise open_without_keys(settings)
        runner = runner_of(app)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        server = await listen(runner, settings)
        stack.callback(server.close)
        if not await app[CALLERS].are_needed():
            log.warning("gateway.open_to_this_machine_only", remedy="set CHIMEIN_API_KEYS to serve others")
        clerking = await stack.enter_async_context(clerks(settings))
        await stop_or_failure(stopping, app, clerking)
    log.info("gateway.stopped")


def runner_of(app: web.Application) -> web.AppRunner:
    """Bodies are not unpacked: what says that it is packed is refused."""
    return web.AppRunner(
        app,
        access_log=None,
        logger=HTTP_LOG,
        handler_cancellation=True,
        shutdown_timeout=SHUTDOWN_S,
        keepalive_timeout=KEEP_ALIVE_S,
        auto_decompress=False,
        lingering_time=LINGER_S,
    )


async def listen(runner: web.AppRunner, settings: GatewaySettings) -> asyncio.Server:
    """Raises ConfigError when the port is taken."""
    assert runner.server is not None
    factory = keeping(runner.server, settings.header_wait_s, settings.send_wait_s)
    loop = asyncio.get_running_loop()
    try:
        server = await loop.create_server(factory, settings.bind_host, settings.gateway_port, backlog=BACKLOG)
    except OSError as error:
        raise ConfigError(
            f"GATEWAY_PORT={settings.gateway_port}: {settings.bind_host} cannot be bound ({error.strerror});"
            " stop what listens there, or choose another port"
        ) from error
    host, port = server.sockets[0].getsockname()[:2]
    log.info("gateway.listening", host=host, port=port, keys=len(settings.tenant_keys))
    return server


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
