"""What the speaker needs from the outside: a voice, and a way into the meeting."""

from collections.abc import AsyncIterator
from typing import Protocol

import msgspec


class Clip(msgspec.Struct, frozen=True, kw_only=True):
    """One sentence as sound: S16LE, mono."""

    meeting_id: str
    bot_id: str
    sentence_id: str
    pcm: bytes
    rate_hz: int

    @property
    def duration_ms(self) -> int:
        return len(self.pcm) * 1000 // (2 * self.rate_hz)


class Voice(Protocol):
    """Text to speech. Raises shared.errors.SpeechError."""

    name: str
    rate_hz: int

    def synthesize(self, text: str) -> AsyncIterator[bytes]:
        """S16LE mono PCM at `rate_hz`, in pieces of any even length, as they are made."""
        ...

    async def close(self) -> None: ...


class Outlet(Protocol):
    """The way into the meeting. Raises shared.errors.SpeechError."""

    name: str

    async def play(self, clip: Clip) -> None:
        """Returns when the clip is over in the meeting. Cancelling it stops the sound."""
        ...

    async def close(self) -> None: ...
