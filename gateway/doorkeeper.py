"""Stands between a connection and the HTTP server, and ends connections that only hold a place.

The server itself waits for headers as long as it keeps an idle connection, and for a slow reader for ever.
"""

import asyncio
from collections.abc import Callable
from functools import partial

from aiohttp import web

from gateway.metrics import connections, connections_cut
from gateway.problems import Handler

KEEP_ALIVE_S = 75.0
"""How long an idle connection is kept: longer than proxies in front keep theirs, which would else find it closed."""
BACKLOG = 1024


class Doorkeeper(asyncio.Protocol):
    """One connection. Every wait for the client has an end: for the headers of a request, and for it to read."""

    def __init__(self, server: web.RequestHandler, header_wait_s: float, send_wait_s: float) -> None:
        self._server, self._header_wait_s, self._send_wait_s = server, header_wait_s, send_wait_s
        self._transport: asyncio.Transport | None = None
        self._headers: asyncio.TimerHandle | None = None
        self._reader: asyncio.TimerHandle | None = None
        self._is_busy = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        connections.inc()
        self._await_headers()
        self._server.connection_made(transport)

    def data_received(self, data: bytes) -> None:
        self._await_headers()
        self._server.data_received(data)

    def eof_received(self) -> bool | None:
        self._server.eof_received()
        return None

    def request_began(self) -> None:
        """Its headers are all there."""
        self._is_busy = True
        cancel(self._headers)
        self._headers = None

    def request_ended(self) -> None:
        self._is_busy = False

    def pause_writing(self) -> None:
        """So much is unread that the client must read some of it soon."""
        self._reader = self._in(self._send_wait_s, "reading")
        self._server.pause_writing()

    def resume_writing(self) -> None:
        cancel(self._reader)
        self._server.resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        connections.dec()
        cancel(self._headers)
        cancel(self._reader)
        self._server.connection_lost(exc)

    def _await_headers(self) -> None:
        if self._headers is None and not self._is_busy:
            self._headers = self._in(self._header_wait_s, "headers")

    def _in(self, seconds: float, waited_for: str) -> asyncio.TimerHandle:
        return asyncio.get_running_loop().call_later(seconds, self._cut, waited_for)

    def _cut(self, waited_for: str) -> None:
        connections_cut.labels(waited_for).inc()
        if self._transport:
            self._transport.abort()


def cancel(timer: asyncio.TimerHandle | None) -> None:
    if timer:
        timer.cancel()


@web.middleware
async def attend(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Tells the doorkeeper that the headers came."""
    keeper = request.transport.get_protocol() if request.transport else None
    if not isinstance(keeper, Doorkeeper):
        return await handler(request)
    keeper.request_began()
    try:
        return await handler(request)
    finally:
        keeper.request_ended()


Factory = Callable[[], web.RequestHandler]


def keeping(server: Factory, header_wait_s: float, send_wait_s: float) -> Callable[[], Doorkeeper]:
    """What makes the protocol of each connection."""
    return partial(new_keeper, server, header_wait_s, send_wait_s)


def new_keeper(server: Factory, header_wait_s: float, send_wait_s: float) -> Doorkeeper:
    return Doorkeeper(server(), header_wait_s, send_wait_s)
