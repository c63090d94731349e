"""How a Deepgram socket ends."""

import asyncio

import msgspec
import structlog
from aiohttp import web

log = structlog.get_logger()


class Close(msgspec.Struct, frozen=True):
    """How a socket ends. 1006 is no close frame at all."""

    code: int
    reason: str = ""


DONE = Close(1000)
CUT = Close(1006)
NOT_AUDIO = Close(
    1008,
    "The payload cannot be decoded as audio. It is either not audio data or is a codec unsupported by Deepgram. "
    "DATA-0000",
)
NO_ANSWER = Close(
    1011, "Deepgram did not provide a response message within the timeout window. See https://dpgr.am/net0000"
)
NO_AUDIO = Close(
    1011,
    "Deepgram did not receive audio data or a text message within the timeout window. See https://dpgr.am/net0001",
)


def how_it_ended(reason: asyncio.Future[Close]) -> Close:
    """What the close code is when this is done."""
    error = reason.exception()
    if isinstance(error, ConnectionError):
        return CUT
    if error:
        log.error("deepgram_stand_in.failed", exc_info=error)
        return NO_ANSWER
    return reason.result()


async def leave(socket: web.WebSocketResponse, transport: asyncio.Transport, close: Close) -> None:
    """As it was decided, also where the client has left already."""
    if close == CUT:
        transport.abort()
    else:
        transport.resume_reading()
        await socket.close(code=close.code, message=close.reason.encode())
