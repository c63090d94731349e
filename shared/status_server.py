"""Each worker's own small HTTP server: liveness, readiness, metrics."""

import contextlib
from collections.abc import AsyncIterator

import structlog
from aiohttp import web
from prometheus_client.aiohttp import make_aiohttp_handler

from shared.health import Health

log = structlog.get_logger()


@contextlib.asynccontextmanager
async def serve_status(role: str, health: Health, host: str, port: int) -> AsyncIterator[None]:
    """`/health`, `/ready`, `/metrics`. A taken port gives way to a free one: several workers share a machine."""
    app = web.Application()
    answers = StatusAnswers(role, health)
    app.router.add_get("/health", answers.health)
    app.router.add_get("/ready", answers.ready)
    app.router.add_get("/metrics", make_aiohttp_handler())
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
    except OSError:
        await web.TCPSite(runner, host, 0).start()
    log.info("status.listening", role=role, port=runner.addresses[0][1])
    try:
        yield
    finally:
        await runner.cleanup()


class StatusAnswers:
    """The two questions an orchestrator asks."""

    def __init__(self, role: str, health: Health) -> None:
        self._role, self._health = role, health

    async def health(self, _: web.Request) -> web.Response:
        """Restart me when this fails."""
        body = {"role": self._role, "loop_late_ms": self._health.late_ms}
        return web.json_response(body, status=503 if self._health.is_stuck else 200)

    async def ready(self, _: web.Request) -> web.Response:
        """Something is wrong, by name, when this fails."""
        problems = self._health.all_problems
        body = {"role": self._role, "engine": self._health.engine, "problems": problems}
        return web.json_response(body, status=503 if problems else 200)
