"""The official SDK, calling the Deepgram stand-in."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

import httpx
from deepgram import AsyncDeepgramClient
from deepgram.environment import DeepgramClientEnvironment
from deepgram.listen.v1.socket_client import AsyncV1SocketClient

from rehearsal.deepgram.options import DeepgramFaults, DeepgramOptions
from rehearsal.deepgram.server import DeepgramServer
from shared.numbered_pcm import BLOCK_MS, encode

SPEED = 50.0
USUAL = {
    "model": "nova-3",
    "language": "en",
    "encoding": "linear16",
    "sample_rate": 16000,
    "channels": 1,
    "interim_results": True,
    "smart_format": True,
    "endpointing": 300,
    "utterance_end_ms": 1000,
    "vad_events": True,
}


def words(ms: int, *, first_block: int = 0) -> bytes:
    return encode(1, first_block, ms // BLOCK_MS)


def silence(ms: int) -> bytes:
    return bytes(32 * ms)


@contextlib.asynccontextmanager
async def hasty(
    faults: DeepgramFaults | None = None, *, ears: object = None, **options: object
) -> AsyncIterator[DeepgramServer]:
    """A server whose clock runs fast."""
    async with DeepgramServer(ears, DeepgramOptions(**{"speed": SPEED, **options}), faults=faults) as server:
        yield server


def client(server: DeepgramServer, key: str = "any", http: httpx.AsyncClient | None = None) -> AsyncDeepgramClient:
    socket_origin = server.url.replace("http", "ws", 1)
    environment = DeepgramClientEnvironment(
        base=server.url, production=socket_origin, agent=socket_origin, agent_rest=server.url
    )
    return AsyncDeepgramClient(api_key=key, environment=environment, httpx_client=http)


@contextlib.asynccontextmanager
async def call(server: DeepgramServer, *, key: str = "any", **changes: object) -> AsyncIterator[AsyncV1SocketClient]:
    """One socket; a change to None leaves an option out. Left without a goodbye."""
    wanted = {name: value for name, value in {**USUAL, **changes}.items() if value is not None}
    async with client(server, key).listen.v1.connect(**wanted) as socket:
        try:
            yield socket
        finally:
            socket._websocket.transport.abort()
            await socket._websocket.wait_closed()


async def all_of(socket: AsyncV1SocketClient) -> list:
    """Everything up to a normal close."""
    async with asyncio.timeout(5):
        return [message async for message in socket]


async def heard_of(socket: AsyncV1SocketClient, *pcm: bytes) -> list:
    """What comes back for that audio and CloseStream."""
    for frame in pcm:
        await socket.send_media(frame)
    await socket.send_close_stream()
    return await all_of(socket)


async def next_of(socket: AsyncV1SocketClient, check: Callable[[object], object]) -> object:
    """The first message that fulfils the condition."""
    async with asyncio.timeout(5):
        async for message in socket:
            if check(message):
                return message
    raise AssertionError("the socket was closed before that")


def of_type(messages: list, kind: str) -> list:
    return [message for message in messages if getattr(message, "type", None) == kind]


def finals(messages: list) -> list:
    return [result for result in of_type(messages, "Results") if result.is_final]


def text_of(messages: list) -> str:
    """What the final results say."""
    return " ".join(filter(None, (final.channel.alternatives[0].transcript for final in finals(messages))))


def words_of(messages: list) -> list:
    return [word for final in finals(messages) for word in final.channel.alternatives[0].words]
