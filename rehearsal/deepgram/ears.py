"""Who listens for the Deepgram stand-in: the audio of a socket goes in, words with their times come out."""

from collections.abc import AsyncIterator
from typing import Protocol

import msgspec


class TimedWord(msgspec.Struct, frozen=True):
    """A word as it would be printed; times are ms of audio since the socket was opened."""

    text: str
    start_ms: int
    end_ms: int
    confidence: float = 1.0
    speaker: int | None = None
    language: str = ""


class HeardWords(msgspec.Struct, frozen=True, kw_only=True):
    """What was made of the audio since the last final result; until the next final one, results replace each other."""

    words: tuple[TimedWord, ...]
    until_ms: int
    """Of a final result: no word that begins before this will come any more."""
    is_final: bool
    speech_final: bool = False
    """The utterance is over."""
    is_flushed: bool = False
    """The answer to `flush`."""


class Ear(Protocol):
    """One socket. Audio is S16LE, 16 kHz, mono, without gaps from 0 ms on."""

    async def hear(self, pcm: bytes) -> None: ...

    async def learn(self, keyterms: tuple[str, ...]) -> None:
        """Terms that are likely to be said from now on, in place of those known before."""
        ...

    async def flush(self) -> None:
        """What is open becomes final in one result with `is_flushed`; more audio may follow."""
        ...

    async def finish(self) -> None:
        """No more audio: what is open becomes final, then the results end."""
        ...

    def results(self) -> AsyncIterator[HeardWords]:
        """Results in order; ends after `finish`."""
        ...

    async def close(self) -> None:
        """Lets go at once, finished or not; safe to call twice."""
        ...


class Ears(Protocol):
    """Opens an ear for each socket. A shared.errors.StageError refuses the handshake: with 429 if it is RATE_LIMIT."""

    async def open(self, language: str, keyterms: tuple[str, ...]) -> Ear: ...
