"""Clients that hold a place, and bodies that are too large, before a server that knows what to do with them."""

from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from rehearsal.slow_clients import BadBody, SlowClients, throw, throw_bodies, throw_frame


async def take(request: web.Request) -> web.Response:
    """As the gateway does."""
    if "Content-Encoding" in request.headers:
        return web.Response(status=415)
    await request.read()
    return web.Response()


async def talk(request: web.Request) -> web.WebSocketResponse:
    socket = web.WebSocketResponse(max_msg_size=4096)
    await socket.prepare(request)
    async for _ in socket:
        pass
    return socket


@pytest.fixture
async def server() -> AsyncIterator[TestServer]:
    app = web.Application(client_max_size=65536)
    app.router.add_post("/meetings/join", take)
    app.router.add_get("/live", talk)
    server = TestServer(app)
    await server.start_server(keepalive_timeout=0.3, lingering_time=0.3, auto_decompress=False)
    yield server
    await server.close()


async def test_large_bodies_and_bombs_that_are_refused_rightly_are_no_findings(server: TestServer) -> None:
    async with aiohttp.ClientSession(str(server.make_url("/"))) as http:
        assert await throw_bodies(http, 1) == []


async def test_an_answer_that_is_another_is_told(server: TestServer) -> None:
    async with aiohttp.ClientSession(str(server.make_url("/"))) as http:
        body = BadBody(name="fits", content=b"x", status=413)
        assert await throw(http, body) == "fits: 200"


async def test_a_frame_that_is_too_large_closes_the_socket_with_1009(server: TestServer) -> None:
    async with aiohttp.ClientSession(str(server.make_url("/"))) as http:
        assert await throw_frame(http, "/live") == ""


async def test_how_long_each_kind_was_borne_with_is_measured(server: TestServer) -> None:
    slow = SlowClients(server.port or 0, "key")
    await slow.run(2, kinds=("headers", "silent"))
    assert all(0.2 < borne < 3 for kind in ("headers", "silent") for borne in slow.borne_s[kind])
