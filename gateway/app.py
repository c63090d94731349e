"""The application: settings and open clients in, everything wired."""

from collections.abc import Sequence

import msgspec
from aiohttp import web
from redis.asyncio import Redis

from gateway.auditing import audited
from gateway.bodies import MAX_BODY_BYTES
from gateway.callers import CALLERS, Callers
from gateway.config import GatewaySettings, is_loopback
from gateway.doorkeeper import attend
from gateway.doors import add_headers
from gateway.guard import TABLE, guard
from gateway.idempotency import once
from gateway.live import Live
from gateway.metrics import measure
from gateway.openapi import DOCUMENT, document_of
from gateway.problems import problems
from gateway.rates import RATES_OF, Rates
from gateway.readiness import WATCHMAN, Watchman
from gateway.resources import BUS, CLOCK, HEALTH, LIVE, PRICES, SETTINGS, WATCHDOG, end_streams, side_tasks
from gateway.routes import ROUTES
from gateway.routing import Route
from gateway.sessions import SESSIONS, Sessions
from gateway.traces import traced
from shared.api_keys import ApiKeys
from shared.bus import Bus
from shared.clock import Clock, SystemClock
from shared.health import Health
from shared.spending import load_prices
from shared.watchdog import Watchdog


def build_app(settings: GatewaySettings, bus: Bus, reader: Redis, clock: Clock | None = None) -> web.Application:
    """`reader` is a client for blocking reads alone. Both clients stay the caller's to close."""
    app = web.Application(
        middlewares=[attend, measure, traced, problems, guard, once, audited],
        client_max_size=MAX_BODY_BYTES,
    )
    app[SETTINGS], app[BUS], app[LIVE] = settings, bus, Live(reader, settings.quiet_s)
    app[CLOCK] = clock or SystemClock()
    app[HEALTH] = Health(app[CLOCK])
    app[WATCHDOG] = Watchdog(settings.stuck_s)
    app[PRICES] = load_prices(settings.prices_file)
    app[WATCHMAN] = Watchman(bus, app[CLOCK])
    add_callers(app)
    add_routes(app, ROUTES)
    app.on_response_prepare.append(add_headers)
    app.on_shutdown.append(end_streams)
    app.cleanup_ctx.append(side_tasks)
    return app


def add_callers(app: web.Application) -> None:
    """Who may call, and how often."""
    settings, redis, clock = app[SETTINGS], app[BUS].redis, app[CLOCK]
    app[SESSIONS] = Sessions(settings, redis, clock)
    app[CALLERS] = Callers(settings, ApiKeys(redis, clock), app[SESSIONS], clock)
    app[RATES_OF] = Rates(settings, redis)


def add_routes(app: web.Application, routes: Sequence[Route]) -> None:
    for route in routes:
        route.register(app.router)
    settings = app[SETTINGS]
    needs_key = bool(settings.tenant_keys) or not is_loopback(settings.bind_host)
    app[TABLE] = {(route.method, route.path): route for route in routes}
    app[DOCUMENT] = msgspec.json.encode(document_of(routes, needs_key=needs_key))
