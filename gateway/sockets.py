"""The same events over a WebSocket."""

import asyncio
import contextlib

import aiohttp
from aiohttp import web

from gateway.feed import fed, start_of
from gateway.frames import frame_of
from gateway.live import Watch
from gateway.metrics import watchers_cut
from gateway.resources import LIVE, SETTINGS
from gateway.sse import cut

HEARTBEAT_S = 20.0
MAX_MESSAGE_BYTES = 4096
"""Clients have nothing to say here."""


async def watch_live(request: web.Request) -> web.StreamResponse:
    """Everything that happens, from the start or from where the client was."""
    start = await start_of(request)
    socket = web.WebSocketResponse(heartbeat=HEARTBEAT_S, compress=False, max_msg_size=MAX_MESSAGE_BYTES)
    if not socket.can_prepare(request).ok:
        raise web.HTTPUpgradeRequired(headers={"Upgrade": "websocket", "Connection": "Upgrade"})
    await socket.prepare(request)
    async with fed(request, start, "websocket") as watch:
        await serve(request, socket, watch)
    return socket


async def serve(request: web.Request, socket: web.WebSocketResponse, watch: Watch) -> None:
    """Sends until the client leaves, the meeting is erased or the gateway stops."""
    sending = asyncio.create_task(send_all(socket, watch, request.app[SETTINGS].send_wait_s), name="socket-send")
    listening = asyncio.create_task(hear_close(socket), name="socket-close")
    try:
        await asyncio.wait({sending, listening}, return_when=asyncio.FIRST_COMPLETED)
        if sending.done() and isinstance(sending.exception(), TimeoutError):
            watchers_cut.labels("websocket").inc()
            cut(request)
    finally:
        for task in (sending, listening):
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError, TimeoutError, ConnectionError):
                await task
    code = aiohttp.WSCloseCode.GOING_AWAY if request.app[LIVE].is_closing else aiohttp.WSCloseCode.OK
    await socket.close(code=code)


async def send_all(socket: web.WebSocketResponse, watch: Watch, send_wait_s: float) -> None:
    while not watch.is_over:
        if seen := await watch.next():
            async with asyncio.timeout(send_wait_s):
                await socket.send_frame(frame_of(seen), aiohttp.WSMsgType.TEXT)


async def hear_close(socket: web.WebSocketResponse) -> None:
    async for _ in socket:
        pass
