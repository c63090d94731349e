"""The same events over a WebSocket."""

import asyncio
import contextlib

import aiohttp
import msgspec
from aiohttp import web

from gateway.bodies import meeting_id_of, query_of
from gateway.live import Seen, Watch
from gateway.metrics import watchers, watchers_cut
from gateway.positions import position_of
from gateway.requests import WatchQuery
from gateway.resources import BUS, LIVE, SETTINGS
from gateway.sending import ensure_kept
from gateway.sse import cut
from shared.events import AnyEvent, tag_of

HEARTBEAT_S = 20.0
MAX_MESSAGE_BYTES = 4096
"""Clients have nothing to say here."""


class Frame(msgspec.Struct, frozen=True, kw_only=True):
    """What a client gets. `id` is what it comes back with as `?after=`; null for captions."""

    id: str | None
    type: str
    data: AnyEvent


async def watch_live(request: web.Request) -> web.StreamResponse:
    """Everything that happens, from the start or from where the client was."""
    meeting_id = meeting_id_of(request)
    after = position_of(query_of(request, WatchQuery).after)
    await ensure_kept(request.app[BUS], meeting_id)
    socket = web.WebSocketResponse(heartbeat=HEARTBEAT_S, compress=False, max_msg_size=MAX_MESSAGE_BYTES)
    if not socket.can_prepare(request).ok:
        raise web.HTTPUpgradeRequired(headers={"Upgrade": "websocket", "Connection": "Upgrade"})
    await socket.prepare(request)
    with watchers.labels("websocket").track_inprogress(), request.app[LIVE].watch(meeting_id, after) as watch:
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
                await socket.send_str(frame_of(seen))


async def hear_close(socket: web.WebSocketResponse) -> None:
    async for _ in socket:
        pass


def frame_of(seen: Seen) -> str:
    frame = Frame(id=seen.cursor or None, type=tag_of(type(seen.event)), data=seen.event)
    return msgspec.json.encode(frame).decode()
