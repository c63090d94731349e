"""The gateway's application in a test's own loop, with the server's settings of the real process."""

from aiohttp import web
from aiohttp.test_utils import TestServer

from gateway.server import runner_of


class Served(TestServer):
    """Runs the application as the process does."""

    async def _make_runner(self, **_: object) -> web.AppRunner:
        return runner_of(self.app)
