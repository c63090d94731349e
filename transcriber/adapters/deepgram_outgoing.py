"""What goes to Deepgram on one socket: audio at its pace, and what keeps the socket alive."""

import asyncio
import contextlib

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from shared.errors import Category, TranscriptionError
from transcriber.adapters.deepgram_clock import BYTES_PER_MS, SocketClock
from transcriber.adapters.deepgram_messages import FINALIZE, KEEP_ALIVE
from transcriber.adapters.deepgram_pacing import Duty, Limits, Pacer, Vigil

FRAME_MS = 100
FRAME_BYTES = FRAME_MS * BYTES_PER_MS
BYTES_PER_S = 1000 * BYTES_PER_MS
SILENCE = bytes(FRAME_BYTES)
FILLER_MS = 1000
"""So much of a stretch without audio is sent as silence, which parts the words on its sides."""


class Outgoing:
    """The clock is moved before a frame is written, so that it is right whoever writes next."""

    def __init__(self, socket: ClientConnection, clock: SocketClock, limits: Limits) -> None:
        self._socket, self._clock, self._tick_s = socket, clock, limits.tick_s
        self._now = asyncio.get_running_loop().time
        self._pacer, self._vigil = Pacer(limits), Vigil(limits, self._now())

    async def send(self, at_ms: int, pcm: bytes) -> None:
        """Raises ConnectionClosed."""
        if at_ms != self._clock.end_ms:
            await self._jump(at_ms)
        for first in range(0, len(pcm), FRAME_BYTES):
            await self._send_frame(pcm[first : first + FRAME_BYTES])

    async def say(self, text: str) -> None:
        """On a broken socket in vain: whoever reads tells."""
        with contextlib.suppress(ConnectionClosed):
            await self._socket.send(text)

    def note_answer(self) -> None:
        self._vigil.got_answer()

    async def tend(self) -> None:
        """Until it is cancelled, or Deepgram has not answered for too long."""
        while True:
            await asyncio.sleep(self._tick_s)
            match self._vigil.due(self._now()):
                case Duty.PRIME:
                    await self._prime()
                case Duty.FINALIZE:
                    await self.say(FINALIZE)
                case Duty.KEEP_ALIVE:
                    await self.say(KEEP_ALIVE)
                case Duty.GIVE_UP:
                    return

    async def _jump(self, to_ms: int) -> None:
        """A short stretch without audio is silence like any other; of a long one, only its beginning is sent."""
        gap_ms = to_ms - self._clock.end_ms
        if gap_ms < 0:
            reason = f"audio of {to_ms} ms came after that of {self._clock.end_ms} ms"
            raise TranscriptionError(reason, category=Category.INVALID)
        is_short, filler_ms = gap_ms <= FILLER_MS, min(gap_ms, FILLER_MS)
        for begun_ms in range(0, filler_ms, FRAME_MS):
            await self._send_frame(SILENCE[: (filler_ms - begun_ms) * BYTES_PER_MS], counts=is_short)
        if not is_short:
            self._clock.jump(to_ms, filler_ms)

    async def _send_frame(self, frame: bytes, *, counts: bool = True) -> None:
        """`counts`: it is audio of the source."""
        now = self._now()
        if delay_s := self._pacer.delay_s(len(frame) / BYTES_PER_S, now):
            await asyncio.sleep(delay_s)
            now = self._now()
        self._vigil.sent_audio(now)
        if counts:
            self._clock.advance(len(frame))
        await self._socket.send(frame)

    async def _prime(self) -> None:
        self._clock.jump(self._clock.end_ms, FRAME_MS)
        with contextlib.suppress(ConnectionClosed):
            await self._socket.send(SILENCE)
