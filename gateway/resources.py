"""What handlers work with, kept in the application under typed keys."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from aiohttp import web

from gateway.config import GatewaySettings
from gateway.live import Live
from shared.bus import Bus
from shared.clock import Clock
from shared.health import Health
from shared.restoring import keep_writes
from shared.spending import Prices
from shared.stalls import watch_stalls
from shared.watchdog import Watchdog

SETTINGS = web.AppKey("settings", GatewaySettings)
BUS = web.AppKey("bus", Bus)
LIVE = web.AppKey("live", Live)
CLOCK = web.AppKey("clock", Clock)
HEALTH = web.AppKey("health", Health)
WATCHDOG = web.AppKey("watchdog", Watchdog)
PRICES = web.AppKey("prices", Prices)

TURN_EVERY_S = 0.5


async def side_tasks(app: web.Application) -> AsyncIterator[None]:
    """Runs the one reader of all timelines, and turns the hand by which `/health` sees a stuck loop."""
    tasks = [
        asyncio.create_task(app[LIVE].run(), name="tail"),
        asyncio.create_task(turn_health(app), name="health"),
        asyncio.create_task(watch_stalls(), name="stalls"),
        asyncio.create_task(keep_writes(app[BUS], app[CLOCK]), name="writes"),
    ]
    yield
    for task in tasks:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def turn_health(app: web.Application) -> None:
    while True:
        app[HEALTH].turn()
        app[WATCHDOG].turn()
        await app[CLOCK].sleep(TURN_EVERY_S)


async def end_streams(app: web.Application) -> None:
    """Before the server waits for its handlers: otherwise it would wait for clients that stay for hours."""
    app[LIVE].close()
