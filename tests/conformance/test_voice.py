"""What every voice does, whatever it speaks with."""

import array
import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from rehearsal.deepgram.server import DeepgramServer
from rehearsal.openai.server import API_KEY, OpenAIServer
from shared.config import Secret
from speaker.adapters.deepgram_voice import DeepgramVoice
from speaker.adapters.embedded_voice import EmbeddedVoice
from speaker.adapters.openai_voice import OpenAIVoice
from speaker.adapters.scripted import ScriptedVoice
from speaker.ports import Voice

SENTENCE = "Maya will talk to the platform group."


@contextlib.asynccontextmanager
async def scripted() -> AsyncIterator[Voice]:
    yield ScriptedVoice()


@contextlib.asynccontextmanager
async def embedded() -> AsyncIterator[Voice]:
    yield EmbeddedVoice()


@contextlib.asynccontextmanager
async def deepgram() -> AsyncIterator[Voice]:
    async with DeepgramServer() as server:
        yield DeepgramVoice(Secret("key"), server.url)


@contextlib.asynccontextmanager
async def openai() -> AsyncIterator[Voice]:
    async with OpenAIServer(lambda *_: "") as server:
        yield OpenAIVoice(Secret(API_KEY), server.url)


@pytest.fixture(scope="module", params=[scripted, pytest.param(embedded, marks=pytest.mark.engine), deepgram, openai])
async def voice(request: pytest.FixtureRequest) -> AsyncIterator[Voice]:
    async with request.param() as voice:
        yield voice
        await voice.close()


async def pieces_of(voice: Voice, text: str) -> list[bytes]:
    return [piece async for piece in voice.synthesize(text)]


async def test_pieces_are_whole_samples_and_none_is_empty(voice: Voice) -> None:
    pieces = await pieces_of(voice, SENTENCE)
    assert pieces
    assert all(piece and len(piece) % 2 == 0 for piece in pieces)


async def test_it_can_be_heard_and_does_not_clip(voice: Voice) -> None:
    samples = array.array("h", b"".join(await pieces_of(voice, SENTENCE)))
    assert 2000 < max(abs(sample) for sample in samples) <= 32767


async def test_a_longer_text_takes_longer(voice: Voice) -> None:
    short = b"".join(await pieces_of(voice, "Yes."))
    long = b"".join(await pieces_of(voice, SENTENCE))
    assert len(long) > 2 * len(short)


async def test_two_meetings_speak_at_once_without_mixing(voice: Voice) -> None:
    alone = len(b"".join(await pieces_of(voice, SENTENCE)))
    both = await asyncio.gather(pieces_of(voice, SENTENCE), pieces_of(voice, SENTENCE))
    assert [len(b"".join(pieces)) for pieces in both] == [alone, alone]


async def test_a_sentence_given_up_halfway_spoils_nothing(voice: Voice) -> None:
    given_up = voice.synthesize(SENTENCE + " " + SENTENCE)
    await anext(given_up)
    await given_up.aclose()
    assert await pieces_of(voice, SENTENCE)


async def test_nothing_to_say_is_no_sound(voice: Voice) -> None:
    assert await pieces_of(voice, "") == []


def test_it_has_a_name_and_a_rate(voice: Voice) -> None:
    assert voice.name
    assert voice.rate_hz in {8000, 16_000, 24_000, 44_100, 48_000}
