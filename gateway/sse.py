"""Server-sent events: one frame at a time to a client that may read slowly or vanish."""

import asyncio

import msgspec
from aiohttp import web

from gateway.answers import EVENT_STREAM
from gateway.feed import fed, start_of
from gateway.frames import type_of
from gateway.metrics import watchers_cut
from gateway.resources import SETTINGS
from shared.events import Event, tag_of


class EventStream:
    """A response that stays open."""

    def __init__(self, request: web.Request, send_wait_s: float) -> None:
        self._request, self._send_wait_s = request, send_wait_s
        self.response = web.StreamResponse(headers={"Content-Type": EVENT_STREAM, "X-Accel-Buffering": "no"})

    async def open(self) -> None:
        await self.response.prepare(self._request)

    async def send(self, name: str, body: bytes, cursor: str = "") -> None:
        """Raises TimeoutError when the client does not read."""
        head = f"id: {cursor}\n" if cursor else ""
        await self._write(f"{head}event: {name}\ndata: ".encode() + body + b"\n\n")

    async def send_event(self, event: Event, cursor: str = "") -> None:
        await self.send(tag_of(type(event)), msgspec.json.encode(event), cursor)

    async def send_comment(self, text: str) -> None:
        """Keeps proxies from closing a quiet stream, and finds out that a client is gone."""
        await self._write(f": {text}\n\n".encode())

    async def _write(self, frame: bytes) -> None:
        async with asyncio.timeout(self._send_wait_s):
            await self.response.write(frame)


async def watch_events(request: web.Request) -> web.StreamResponse:
    """Everything that happens, from the start or from where the client was."""
    start = await start_of(request)
    stream = EventStream(request, request.app[SETTINGS].send_wait_s)
    async with fed(request, start, "sse") as watch:
        await stream.open()
        try:
            while not watch.is_over:
                if seen := await watch.next():
                    await stream.send(type_of(seen.event), msgspec.json.encode(seen.event), seen.cursor)
                elif not watch.is_over:
                    await stream.send_comment("still here")
        except ConnectionError:
            pass
        except TimeoutError:
            watchers_cut.labels("sse").inc()
            cut(request)
    return stream.response


def cut(request: web.Request) -> None:
    """Ends the connection without waiting for the client to read what is buffered."""
    if request.transport:
        request.transport.abort()
