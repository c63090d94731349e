"""One sentence as sound, while it is being made."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass, field

from shared.clock import Clock
from shared.errors import SpeechError

BYTES_PER_SAMPLE = 2


@dataclass(frozen=True)
class Way:
    """Which sentence it is, and where it is to be heard."""

    meeting_id: str
    bot_id: str
    sentence_id: str


@dataclass
class Sound:
    """S16LE, mono. Any number of readers, from any place, also before it is whole."""

    way: Way
    rate_hz: int
    pcm: bytearray = field(default_factory=bytearray)
    is_whole: bool = False
    heard_ms: int = 0
    """How much of it was heard in the meeting; kept up to date by the outlet."""
    first_at: int = 0
    """When its first piece was there, Unix ms."""
    _failure: SpeechError | None = None
    _grown: asyncio.Event = field(default_factory=asyncio.Event)

    @classmethod
    def of(cls, way: Way, rate_hz: int, pcm: bytes) -> "Sound":
        """One that is whole already."""
        return cls(way, rate_hz, bytearray(pcm), is_whole=True)

    @property
    def made_ms(self) -> int:
        """How long it is as far as it is made."""
        return len(self.pcm) * 1000 // (BYTES_PER_SAMPLE * self.rate_hz)

    def byte_at(self, ms: int) -> int:
        return ms * self.rate_hz // 1000 * BYTES_PER_SAMPLE

    async def make(self, pieces: AsyncGenerator[bytes, None], clock: Clock) -> None:
        """Takes all pieces. A failure is told to the readers."""
        try:
            async with aclosing(pieces):
                async for piece in pieces:
                    self.first_at = self.first_at or clock.now_ms()
                    self.pcm += piece
                    self._wake()
        except SpeechError as error:
            self._failure = error
        finally:
            self.is_whole = True
            self._wake()

    async def read(self, from_ms: int = 0) -> AsyncIterator[bytes]:
        """Pieces as they come, to the end. Raises SpeechError where the voice failed, after what it had made."""
        at = self.byte_at(from_ms)
        while True:
            if len(self.pcm) > at:
                piece = bytes(self.pcm[at:])
                at += len(piece)
                yield piece
            elif self.is_whole:
                break
            else:
                await self._grown.wait()
        if self._failure:
            raise self._failure

    async def begun(self) -> None:
        """Returns when there is something to hear, or nothing will come. Raises SpeechError."""
        while not self.pcm and not self.is_whole:
            await self._grown.wait()
        if self._failure and not self.pcm:
            raise self._failure

    async def whole(self) -> bytes:
        """Raises SpeechError."""
        return b"".join([piece async for piece in self.read()])

    def _wake(self) -> None:
        """Whoever waits now goes on; who waits later waits for the next piece."""
        self._grown.set()
        self._grown = asyncio.Event()
