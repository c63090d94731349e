"""Server-sent events: one frame at a time to a client that may read slowly or vanish."""

import asyncio

import msgspec
from aiohttp import web

from gateway.answers import EVENT_STREAM
from gateway.bodies import meeting_id_of, query_of
from gateway.metrics import watchers, watchers_cut
from gateway.positions import position_of
from gateway.requests import WatchQuery
from gateway.resources import BUS, LIVE, SETTINGS
from gateway.sending import ensure_kept
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
    meeting_id = meeting_id_of(request)
    after = position_of(request.headers.get("Last-Event-ID") or query_of(request, WatchQuery).after)
    await ensure_kept(request.app[BUS], meeting_id)
    stream = EventStream(request, request.app[SETTINGS].send_wait_s)
    with watchers.labels("sse").track_inprogress(), request.app[LIVE].watch(meeting_id, after) as watch:
        await stream.open()
        try:
            while not watch.is_over:
                if seen := await watch.next():
                    await stream.send_event(seen.event, seen.cursor)
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
