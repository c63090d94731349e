"""What the speaker needs from the outside: a voice, and a way into the meeting."""

from collections.abc import AsyncGenerator
from typing import Protocol

from speaker.sounds import Sound


class Voice(Protocol):
    """Text to speech. Raises shared.errors.SpeechError."""

    name: str
    rate_hz: int

    def synthesize(self, text: str) -> AsyncGenerator[bytes, None]:
        """S16LE mono PCM at `rate_hz`, in pieces of any even length, as they are made."""
        ...

    async def close(self) -> None: ...


class Chat(Protocol):
    """The meeting's chat. Raises shared.errors.SpeechError."""

    async def send_chat_message(self, bot_id: str, text: str) -> None:
        """To everyone. Whether people see it is not told."""
        ...


class Outlet(Protocol):
    """The way into the meeting. Raises shared.errors.SpeechError."""

    name: str

    async def play(self, sound: Sound, from_ms: int = 0) -> None:
        """Returns when it is over in the meeting. Cancelling it stops the sound.

        `sound.heard_ms` says at every moment how much was heard, also after it was cancelled.
        """
        ...

    async def close(self) -> None: ...
