"""What the transcriber needs from the outside: a speech engine that hears streams."""

from collections.abc import AsyncIterator
from typing import Protocol

import msgspec


class Word(msgspec.Struct, frozen=True):
    """A word as it would be printed, with its times in ms of source time."""

    text: str
    start_ms: int
    end_ms: int
    confidence: float = 1.0
    voice: str = ""
    """Diarization: the same label for the same voice, as long as one stream lasts and never in another one; empty
    where the engine does not tell voices apart."""
    language: str = ""
    """BCP 47; empty where the engine does not tell."""


class Heard(msgspec.Struct, frozen=True, kw_only=True):
    """What an engine made of a stretch of audio.

    Interim results (`is_final` false) replace each other until a final one. A final result may have no words: it says
    that everything before `settled_ms` has been heard and holds nothing more, which lets the audio be trimmed.
    """

    words: tuple[Word, ...]
    is_final: bool
    settled_ms: int = 0
    """Of a final result: no word that begins before this will come any more."""


class StreamSpec(msgspec.Struct, frozen=True, kw_only=True):
    """How to open a stream."""

    track: str
    start_ms: int
    """Source time of the first sample that will be sent."""
    fresh_from_ms: int
    """Audio before this has had its words already: it is context only."""
    language: str = "en"
    """BCP 47, or `multi` for several."""
    vocabulary: tuple[str, ...] = ()
    """Names and terms that are likely to be said."""
    has_many_voices: bool = True
    """A mixed track: an engine that can tells its voices apart."""


class SpeechStream(Protocol):
    """One track being heard. Raises shared.errors.TranscriptionError; RATE_LIMIT: no slot is free, try again later."""

    async def send(self, at_ms: int, pcm: bytes) -> None:
        """Audio from `at_ms` on: S16LE, 16 kHz, mono. A jump in `at_ms` is a stretch without audio."""
        ...

    async def mark_change(self, at_ms: int) -> None:
        """A different participant began to speak, or stopped, about here: a good place to end an utterance."""
        ...

    async def learn(self, vocabulary: tuple[str, ...]) -> None:
        """Names that are likely to be said from now on, in place of those known before."""
        ...

    async def finish(self) -> None:
        """No more audio: what is still open becomes final, then the iteration ends."""
        ...

    def results(self) -> AsyncIterator[Heard]:
        """Results in order; ends after `finish`."""
        ...

    async def close(self) -> None:
        """Lets go at once, finished or not; safe to call twice."""
        ...


class SpeechEngine(Protocol):
    """Hears many streams at once."""

    name: str

    async def open(self, spec: StreamSpec) -> SpeechStream: ...

    async def close(self) -> None: ...
