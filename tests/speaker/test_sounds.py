import asyncio
from collections.abc import AsyncIterator

import pytest

from shared.clock import SystemClock
from shared.errors import SpeechError
from speaker.sounds import Sound, Way

RATE_HZ = 24_000
WAY = Way("m-1", "b", "s")


class Voice:
    """Gives its pieces one by one, each when it is let go."""

    def __init__(self, *pieces: bytes, failure: str = "") -> None:
        self._pieces, self._failure = pieces, failure
        self._let_go = asyncio.Semaphore(0)

    def let_go(self) -> None:
        self._let_go.release()

    async def __call__(self) -> AsyncIterator[bytes]:
        for piece in self._pieces:
            await self._let_go.acquire()
            yield piece
        await self._let_go.acquire()
        if self._failure:
            raise SpeechError(self._failure)


async def all_of(sound: Sound, from_ms: int = 0) -> bytes:
    return b"".join([piece async for piece in sound.read(from_ms)])


async def test_every_reader_gets_every_piece_whenever_it_begins() -> None:
    sound, voice = Sound(WAY, RATE_HZ), Voice(b"ab" * 24, b"cd" * 24)
    making = asyncio.create_task(sound.make(voice(), SystemClock()))
    early = asyncio.create_task(all_of(sound))
    voice.let_go()
    await sound.begun()
    late = asyncio.create_task(all_of(sound, 1))
    voice.let_go()
    voice.let_go()
    await making
    assert await early == b"ab" * 24 + b"cd" * 24
    assert await late == b"cd" * 24


async def test_a_reader_has_the_first_piece_before_the_second_is_made() -> None:
    sound, voice = Sound(WAY, RATE_HZ), Voice(b"ab", b"cd")
    making = asyncio.create_task(sound.make(voice(), SystemClock()))
    reading = sound.read()
    voice.let_go()
    assert await anext(reading) == b"ab"
    assert not sound.is_whole
    making.cancel()


async def test_a_failure_comes_after_what_was_made() -> None:
    sound, voice = Sound(WAY, RATE_HZ), Voice(b"ab", failure="hoarse")
    making = asyncio.create_task(sound.make(voice(), SystemClock()))
    voice.let_go()
    voice.let_go()
    await making
    reading = sound.read()
    assert await anext(reading) == b"ab"
    with pytest.raises(SpeechError, match="hoarse"):
        await anext(reading)


async def test_a_failure_before_any_sound_is_told_when_it_would_begin() -> None:
    sound, voice = Sound(WAY, RATE_HZ), Voice(failure="hoarse")
    making = asyncio.create_task(sound.make(voice(), SystemClock()))
    voice.let_go()
    await making
    with pytest.raises(SpeechError, match="hoarse"):
        await sound.begun()


async def test_a_sound_that_is_given_up_is_over_for_its_readers() -> None:
    sound, voice = Sound(WAY, RATE_HZ), Voice(b"ab")
    making = asyncio.create_task(sound.make(voice(), SystemClock()))
    voice.let_go()
    await sound.begun()
    making.cancel()
    assert await sound.whole() == b"ab"


def test_its_length_is_that_of_what_is_made() -> None:
    assert Sound.of(WAY, RATE_HZ, bytes(2 * RATE_HZ)).made_ms == 1000
