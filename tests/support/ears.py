"""What a meeting platform dials in tests, and how a bot is asked for."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

import msgspec
from websockets.asyncio.server import ServerConnection, serve
from websockets.datastructures import Headers

from ingest.adapters.recall_body import body_of
from ingest.config import IngestSettings
from ingest.ports import BotRequest
from shared.events import Settings

MEETING_URL = "https://zoom.us/j/1234567890?pwd=open"


class Ear:
    """A socket server that keeps every message; `wait_for` returns once enough of them fulfil a condition."""

    def __init__(self) -> None:
        self.url = ""
        self.messages: list[dict] = []
        self.handshakes: list[tuple[str, Headers]] = []
        self.close_codes: list[int | None] = []
        self.connections: list[ServerConnection] = []
        self._changed = asyncio.Condition()

    async def hear(self, connection: ServerConnection) -> None:
        self.handshakes.append((connection.request.path, connection.request.headers))
        self.connections.append(connection)
        await self.tell()
        with contextlib.suppress(Exception):
            async for message in connection:
                self.messages.append(msgspec.json.decode(message))
                await self.tell()
        await connection.wait_closed()
        self.close_codes.append(connection.close_code)
        await self.tell()

    async def tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    async def wait_until(self, check: Callable[[], object]) -> None:
        async with asyncio.timeout(15), self._changed:
            await self._changed.wait_for(check)

    def of(self, event: str) -> list[dict]:
        return [message["data"]["data"] for message in self.messages if message["event"] == event]


@contextlib.asynccontextmanager
async def listening() -> AsyncIterator[Ear]:
    ear = Ear()
    async with serve(ear.hear, "127.0.0.1", 0, compression=None, close_timeout=1) as server:
        ear.url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/recall/m-1/?token=secret"
        yield ear


def bot_request(socket_url: str, *, meeting_url: str = MEETING_URL, attempt: int = 1) -> BotRequest:
    return BotRequest(
        meeting_id="m-1", meeting_url=meeting_url, settings=Settings(), socket_urls=(socket_url,), attempt=attempt
    )


def bot_body(socket_url: str = "wss://ears.example.org/recall/m-1/?token=secret", **changes: object) -> dict:
    """A good request for a bot."""
    return {**body_of(bot_request(socket_url), IngestSettings()), **changes}
