"""The Deepgram adapter, calling the Deepgram stand-in."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

from rehearsal.deepgram.ears import Ears
from rehearsal.deepgram.numbered import NumberedEars
from rehearsal.deepgram.options import DeepgramFaults, DeepgramOptions
from rehearsal.deepgram.server import DeepgramServer
from shared.config import Secret
from shared.errors import TranscriptionError
from shared.numbered_pcm import BLOCK_MS, encode
from transcriber.adapters.deepgram import DeepgramEngine, build_deepgram_engine
from transcriber.adapters.deepgram_pacing import Limits
from transcriber.adapters.deepgram_stream import DeepgramStream
from transcriber.ports import Heard, SpeechStream, StreamSpec, Word

SPEED = 50.0
KEY = Secret("dg-key-nobody-may-see")
HASTE = {"pace": 55.0, "tick_s": 0.02, "finish_s": 2.0}
"""Limits for a server whose clock runs SPEED times as fast."""
CHUNK_MS = 100


@contextlib.asynccontextmanager
async def hasty_server(
    faults: DeepgramFaults | None = None, ears: Ears | None = None, **options: object
) -> AsyncIterator[DeepgramServer]:
    """Its clock runs fast, but it is in no haste to close a socket without audio."""
    wanted = DeepgramOptions(**{"speed": SPEED, "idle_s": 1e6, **options})
    async with DeepgramServer(ears, wanted, faults=faults) as server:
        yield server


def two_voices() -> NumberedEars:
    """Five words each, in turn."""
    return NumberedEars(lambda word: int(word[1:]) // 5 % 2)


def engine_at(server: DeepgramServer, **limits: float) -> DeepgramEngine:
    return build_deepgram_engine(KEY, server.url, limits=Limits(**{**HASTE, **limits}))


@contextlib.asynccontextmanager
async def stream_to(
    server: DeepgramServer, *, limits: dict | None = None, **spec: object
) -> AsyncIterator[DeepgramStream]:
    engine = build_deepgram_engine(KEY, server.url, limits=Limits(**{**HASTE, **(limits or {})}))
    stream = await engine.open(StreamSpec(**{"track": "mixed", "start_ms": 0, "fresh_from_ms": 0, **spec}))
    try:
        yield stream
    finally:
        await engine.close()


def pcm_of(start_ms: int, end_ms: int) -> bytes:
    return encode(1, start_ms // BLOCK_MS, (end_ms - start_ms) // BLOCK_MS)


async def feed(stream: SpeechStream, start_ms: int, end_ms: int) -> None:
    for at_ms in range(start_ms, end_ms, CHUNK_MS):
        await stream.send(at_ms, pcm_of(at_ms, at_ms + CHUNK_MS))


async def until(stream: SpeechStream, check: Callable[[Heard], object]) -> list[Heard]:
    """Up to the first result that fulfils the condition."""
    results = []
    async with asyncio.timeout(10):
        async for heard in stream.results():
            results.append(heard)
            if check(heard):
                return results
    raise AssertionError("the results ended before that")


async def rest_of(stream: SpeechStream) -> tuple[list[Heard], TranscriptionError | None]:
    """All results, and what they ended with."""
    results = []
    try:
        async with asyncio.timeout(10):
            async for heard in stream.results():
                results.append(heard)
    except TranscriptionError as error:
        return results, error
    return results, None


async def heard_of(stream: SpeechStream, start_ms: int, end_ms: int) -> list[Word]:
    """The words of all audio, up to a friendly end."""
    await feed(stream, start_ms, end_ms)
    await stream.finish()
    results, error = await rest_of(stream)
    assert error is None, error
    return words_in(results)


def words_in(results: list[Heard]) -> list[Word]:
    """The final ones."""
    return [word for heard in results if heard.is_final for word in heard.words]


def numbers(start_ms: int, end_ms: int) -> list[tuple[str, int, int]]:
    """What is said in numbered audio, and when."""
    return [(f"n{n}", n * 200, n * 200 + 200) for n in range(-(-start_ms // 200), end_ms // 200)]


def timed(words: list[Word]) -> list[tuple[str, int, int]]:
    return [(word.text, word.start_ms, word.end_ms) for word in words]
