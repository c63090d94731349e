"""What the stand-ins for voices answer with: a tone as long as the text, or one of the faults of such servers."""

import asyncio
import math
import struct
from collections import deque
from contextlib import suppress
from enum import Enum, auto

from aiohttp import web

MS_PER_CHARACTER = 60
PIECE_MS = 200
LOUDNESS, TONE_HZ = 8000, 220


class SpeechFault(Enum):
    """Each hits one request."""

    NONE = auto()
    HANG = auto()
    """Nothing is answered."""
    HANG_BEGUN = auto()
    """Nothing comes after the headers."""
    CUT_EARLY = auto()
    """The connection is dropped before the first sound."""
    CUT = auto()
    """The connection is dropped in the middle."""
    STALL = auto()
    """Nothing more comes after the first sound."""
    ODD = auto()
    """Pieces end within a sample."""


Faults = deque[SpeechFault | int]
"""A number is a status that the request is refused with."""


def tone(text: str, rate_hz: int) -> bytes:
    """S16LE, mono."""
    period = rate_hz // TONE_HZ
    wave = struct.pack(f"<{period}h", *(round(LOUDNESS * math.sin(math.tau * n / period)) for n in range(period)))
    length = len(text) * MS_PER_CHARACTER * rate_hz // 1000 * 2
    return (wave * (length // len(wave) + 1))[:length]


async def speak(request: web.Request, sound: bytes, rate_hz: int, fault: SpeechFault) -> web.StreamResponse:
    """The sound in pieces, as fast as they are taken."""
    response = web.StreamResponse(headers={"Content-Type": f"audio/l16;rate={rate_hz}"})
    response.enable_chunked_encoding()
    if fault is SpeechFault.HANG:
        with suppress(ConnectionError):
            await until_gone(request)
        return response
    await response.prepare(request)
    size = PIECE_MS * rate_hz // 1000 * 2 + (1 if fault is SpeechFault.ODD else 0)
    pieces = [sound[at : at + size] for at in range(0, len(sound), size)]
    with suppress(ConnectionError):
        for n, piece in enumerate(pieces):
            await misbehave(request, fault, n)
            await response.write(piece)
        await response.write_eof()
    return response


async def until_gone(request: web.Request) -> None:
    """Raises ConnectionResetError once the caller has hung up."""
    while request.transport and not request.transport.is_closing():  # noqa: ASYNC110  # aiohttp tells nobody
        await asyncio.sleep(0.05)
    raise ConnectionResetError


async def misbehave(request: web.Request, fault: SpeechFault, pieces_sent: int) -> None:
    at = {SpeechFault.HANG_BEGUN: 0, SpeechFault.CUT_EARLY: 0, SpeechFault.CUT: 1, SpeechFault.STALL: 1}
    if at.get(fault) != pieces_sent:
        return
    if fault in {SpeechFault.HANG_BEGUN, SpeechFault.STALL}:
        await until_gone(request)
    assert request.transport
    request.transport.abort()
    raise ConnectionResetError
