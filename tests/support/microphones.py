"""Microphones of a room, without a browser."""

import contextlib
import time
from collections.abc import AsyncIterator

import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import Server

from ingest.room_frames import TIME
from rehearsal.made_meetings import SECRET
from shared.socket_tokens import new_token, room_subject
from shared.streams import CHUNK_BYTES

ANN, BEN = "p-00000000000a", "p-00000000000b"


def room_path(meeting_id: str, participant_id: str = ANN) -> str:
    token = new_token(SECRET, room_subject(meeting_id, participant_id), time.time())
    return f"/room/{meeting_id}/?participant={participant_id}&token={token}"


def address_of(server: Server) -> str:
    return f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"


class Microphone:
    """One socket of one microphone."""

    def __init__(self, socket: ClientConnection, started_at: int) -> None:
        self.socket, self.started_at = socket, started_at

    async def say(self, at_ms: float, pcm: bytes) -> None:
        await self.socket.send(TIME.pack(at_ms) + pcm)

    async def say_chunks(self, *numbers: int) -> None:
        """Each of 100 ms, all bytes of which are its number."""
        for number in numbers:
            await self.say(number * 100, bytes([number]) * CHUNK_BYTES)

    async def tell(self, **message: object) -> None:
        await self.socket.send(msgspec.json.encode(message).decode())

    async def until_landed(self, ms: int) -> None:
        """Returns when ingest says that everything before is safe."""
        while True:
            told = msgspec.json.decode(await self.socket.recv())
            if told["type"] == "landed" and told["until_ms"] >= ms:
                return


@contextlib.asynccontextmanager
async def microphone(
    url: str, *, name: str = "Ann", started_at: int = 0, is_table: bool = False
) -> AsyncIterator[Microphone]:
    async with connect(url, compression=None) as socket:
        hello = {"type": "hello", "name": name, "started_at": started_at, "is_table": is_table}
        await socket.send(msgspec.json.encode(hello).decode())
        welcome = msgspec.json.decode(await socket.recv())
        assert welcome["type"] == "welcome"
        yield Microphone(socket, welcome["started_at"])
