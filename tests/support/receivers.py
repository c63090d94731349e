"""Somebody who gets webhooks: takes them, or fails in every way there is."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import msgspec
from aiohttp import web
from standardwebhooks.webhooks import Webhook

from shared.ports import free_port


class Receiver:
    """`calls` holds every webhook that came, in order, as (id, body); `answer` says what is answered to each."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}/hooks"
        self.calls: list[tuple[str, dict]] = []
        self.headers: list[dict[str, str]] = []
        self.bodies: list[bytes] = []
        self.answers: list[int] = []
        """Statuses to answer with first; 200 after these."""
        self.gate: asyncio.Event | None = None
        """Calls wait for it before they are answered."""
        self.arrived = asyncio.Event()

    @property
    def ids(self) -> list[str]:
        return [call_id for call_id, _ in self.calls]

    def types(self) -> list[str]:
        return [body["type"] for _, body in self.calls]

    async def take(self, request: web.Request) -> web.Response:
        body = await request.read()
        self.bodies.append(body)
        self.headers.append({name.lower(): value for name, value in request.headers.items()})
        self.calls.append((request.headers["webhook-id"], msgspec.json.decode(body)))
        self.arrived.set()
        if self.gate:
            await self.gate.wait()
        return web.Response(status=self.answers.pop(0) if self.answers else 200)

    def verified(self, secret: str, n: int = -1) -> dict:
        """By the official library. Raises WebhookVerificationError."""
        return Webhook(secret).verify(self.bodies[n].decode(), self.headers[n])


@contextlib.asynccontextmanager
async def receiver() -> AsyncIterator[Receiver]:
    port = free_port()
    made = Receiver(port)
    app = web.Application()
    app.router.add_post("/hooks", made.take)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1, handler_cancellation=True)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        yield made
    finally:
        await runner.cleanup()


@contextlib.asynccontextmanager
async def raw_server(reply: bytes, *, hangs: bool = False) -> AsyncIterator[tuple[str, list[bytes]]]:
    """Answers every connection with these bytes, whatever comes; `hangs` keeps it open after them."""
    got: list[bytes] = []
    held: list[asyncio.StreamWriter] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        got.append(await reader.read(65536))
        held.append(writer)
        with contextlib.suppress(ConnectionError):
            writer.write(reply)
            await writer.drain()
            if not hangs:
                writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}/hooks", got
    finally:
        server.close()
        for writer in held:
            writer.close()
