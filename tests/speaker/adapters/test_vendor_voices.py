"""Deepgram's and OpenAI's voices by their SDKs, against stand-ins that refuse, hang, cut and stall."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from rehearsal.deepgram.options import DeepgramOptions
from rehearsal.deepgram.server import DeepgramServer
from rehearsal.openai.server import API_KEY, OpenAIServer
from rehearsal.speech import Faults, SpeechFault, tone
from shared.config import Secret
from shared.errors import Category, SpeechError
from speaker.adapters.deepgram_voice import DeepgramVoice
from speaker.adapters.openai_voice import OpenAIVoice
from speaker.ports import Voice

SENTENCE = "Maya will talk to the platform group."
SILENCE_S = 0.2


@dataclass
class Scene:
    """A voice and the faults of its server."""

    voice: Voice
    faults: Faults
    asked: list
    setting: str


@contextlib.asynccontextmanager
async def deepgram(key: str = "good") -> AsyncIterator[Scene]:
    async with DeepgramServer(options=DeepgramOptions(api_key=Secret("good"))) as server:
        voice = DeepgramVoice(Secret(key), server.url, silence_s=SILENCE_S)
        yield Scene(voice, server.speaking.faults, server.speaking.asked, "DEEPGRAM_API_KEY")
        await voice.close()


@contextlib.asynccontextmanager
async def openai(key: str = API_KEY) -> AsyncIterator[Scene]:
    async with OpenAIServer(lambda *_: "") as server:
        voice = OpenAIVoice(Secret(key), server.url, silence_s=SILENCE_S)
        yield Scene(voice, server.speaking.faults, server.speaking.asked, "OPENAI_API_KEY")
        await voice.close()


VENDORS = pytest.mark.parametrize("vendor", [deepgram, openai])


async def spoken(scene: Scene, text: str = SENTENCE) -> bytes:
    return b"".join([piece async for piece in scene.voice.synthesize(text)])


async def failure(scene: Scene) -> tuple[SpeechError, bytes]:
    """The error, and what was heard before it."""
    heard = b""
    try:
        async for piece in scene.voice.synthesize(SENTENCE):
            heard += piece
    except SpeechError as error:
        return error, heard
    raise AssertionError("nothing failed")


@VENDORS
async def test_the_sound_is_what_the_server_made(vendor) -> None:
    async with vendor() as scene:
        assert await spoken(scene) == tone(SENTENCE, 24_000)


@VENDORS
async def test_pieces_that_end_within_a_sample_are_made_whole(vendor) -> None:
    async with vendor() as scene:
        scene.faults.append(SpeechFault.ODD)
        pieces = [piece async for piece in scene.voice.synthesize(SENTENCE)]
        assert all(len(piece) % 2 == 0 for piece in pieces)
        assert b"".join(pieces) == tone(SENTENCE, 24_000)


@VENDORS
@pytest.mark.parametrize("fault", [500, 503, SpeechFault.CUT_EARLY, SpeechFault.HANG, SpeechFault.HANG_BEGUN])
async def test_a_sentence_of_which_nothing_was_heard_is_tried_once_more(vendor, fault: SpeechFault | int) -> None:
    async with vendor() as scene:
        scene.faults.append(fault)
        assert await spoken(scene) == tone(SENTENCE, 24_000)


@VENDORS
@pytest.mark.parametrize(
    ("fault", "category"),
    [
        (500, Category.UNAVAILABLE),
        (SpeechFault.CUT_EARLY, Category.CONNECTIVITY),
        (SpeechFault.HANG, Category.TIMEOUT),
        (SpeechFault.HANG_BEGUN, Category.TIMEOUT),
    ],
)
async def test_twice_is_a_failure(vendor, fault: SpeechFault | int, category: Category) -> None:
    async with vendor() as scene:
        scene.faults.extend([fault, fault])
        error, heard = await failure(scene)
        assert (error.category, heard) == (category, b"")


@VENDORS
@pytest.mark.parametrize(
    ("fault", "category"), [(SpeechFault.CUT, Category.CONNECTIVITY), (SpeechFault.STALL, Category.TIMEOUT)]
)
async def test_what_was_begun_is_not_begun_again(vendor, fault: SpeechFault, category: Category) -> None:
    async with vendor() as scene:
        scene.faults.append(fault)
        error, heard = await failure(scene)
        assert error.category is category
        assert 0 < len(heard) < len(tone(SENTENCE, 24_000))
        assert len(scene.asked) == 1


@VENDORS
@pytest.mark.parametrize(
    ("status", "category"),
    [
        (400, Category.INVALID),
        (402, Category.AUTHENTICATION),
        (403, Category.AUTHENTICATION),
        (404, Category.NOT_FOUND),
        (429, Category.RATE_LIMIT),
    ],
)
async def test_each_refusal_has_its_meaning(vendor, status: int, category: Category) -> None:
    async with vendor() as scene:
        scene.faults.extend([status, status])
        error, _ = await failure(scene)
        assert error.category is category
        assert str(status) in error.reason
        assert SENTENCE not in error.reason


@VENDORS
async def test_a_wrong_key_is_told_by_its_setting_and_not_shown(vendor) -> None:
    async with vendor("sk-wrong-0123456789") as scene:
        error, _ = await failure(scene)
        assert error.category is Category.AUTHENTICATION
        assert scene.setting in error.reason
        assert "sk-wrong" not in error.reason


@VENDORS
async def test_a_sentence_that_is_given_up_leaves_nothing_in_the_next_one(vendor) -> None:
    async with vendor() as scene:
        given_up = scene.voice.synthesize(SENTENCE * 20)
        await anext(given_up)
        await given_up.aclose()
        assert await spoken(scene, "Yes.") == tone("Yes.", 24_000)


@VENDORS
async def test_cancelling_ends_a_try_at_once(vendor) -> None:
    async with vendor() as scene:
        scene.faults.append(SpeechFault.HANG)
        speaking = asyncio.create_task(spoken(scene))
        await asyncio.sleep(0.05)
        speaking.cancel()
        async with asyncio.timeout(0.1):
            await asyncio.gather(speaking, return_exceptions=True)


async def test_nobody_there_is_a_connection_that_failed() -> None:
    voice = DeepgramVoice(Secret("key"), "http://127.0.0.1:1", silence_s=SILENCE_S)
    with pytest.raises(SpeechError, match="DEEPGRAM_BASE_URL") as raised:
        await anext(voice.synthesize(SENTENCE))
    assert raised.value.category is Category.CONNECTIVITY
    await voice.close()


async def test_the_stand_in_is_asked_as_deepgram_wants_it() -> None:
    async with deepgram() as scene:
        await spoken(scene)
        query, text = scene.asked[0]
    assert text == SENTENCE
    assert query["model"] == "aura-2-thalia-en"
    assert (query["encoding"], query["sample_rate"], query["container"]) == ("linear16", "24000", "none")
