import time
from collections.abc import AsyncIterator

import pytest

from shared.errors import Category, SpeechError
from speaker.adapters.embedded_voice import EmbeddedVoice, Samples, next_piece


@pytest.fixture(scope="module")
async def voice() -> AsyncIterator[EmbeddedVoice]:
    voice = EmbeddedVoice()
    await voice.warm_up()
    yield voice
    await voice.close()


async def pieces_of(voice: EmbeddedVoice, text: str) -> list[bytes]:
    return [piece async for piece in voice.synthesize(text)]


async def test_a_missing_engine_names_the_remedy() -> None:
    voice = EmbeddedVoice(package="no_such_engine")
    with pytest.raises(SpeechError, match=r"pip install 'chimein\[local\]'") as raised:
        await pieces_of(voice, "Yes.")
    assert raised.value.category is Category.MISSING_ENGINE
    await voice.close()


@pytest.mark.engine
async def test_each_sentence_comes_as_soon_as_it_is_made(voice: EmbeddedVoice) -> None:
    assert len(await pieces_of(voice, "Maya will. She said so at nine.")) == 2


@pytest.mark.engine
async def test_a_sentence_lasts_as_long_as_speech_does(voice: EmbeddedVoice) -> None:
    pcm = b"".join(await pieces_of(voice, "Maya will talk to the platform group right after this call."))
    assert 2.0 < len(pcm) / 2 / voice.rate_hz < 6.0


@pytest.mark.engine
async def test_after_warming_up_the_first_sound_is_quick(voice: EmbeddedVoice) -> None:
    started = time.monotonic()
    await anext(voice.synthesize("Maya will talk to the platform group right after this call."))
    assert time.monotonic() - started < 0.5


@pytest.mark.engine
@pytest.mark.parametrize("text", ["", "   ", "😀"])
async def test_a_text_without_words_is_silence(voice: EmbeddedVoice, text: str) -> None:
    assert await pieces_of(voice, text) == []


@pytest.mark.engine
async def test_what_breaks_the_engine_is_told_in_plain_words_and_breaks_nothing_else(voice: EmbeddedVoice) -> None:
    with pytest.raises(SpeechError, match="cannot say this sentence"):
        await pieces_of(voice, "1" * 40)
    assert await pieces_of(voice, "Yes.")


class FakeSamples:
    """Stands for an array of the engine."""

    def __init__(self, pcm: bytes) -> None:
        self._pcm = pcm

    def clip(self, low: float, high: float) -> Samples:
        return self

    def __mul__(self, factor: int) -> Samples:
        return self

    def astype(self, kind: str) -> Samples:
        return self

    def tobytes(self) -> bytes:
        return self._pcm


def test_an_empty_part_does_not_end_the_sentence() -> None:
    pieces = iter([FakeSamples(b""), FakeSamples(b"\x01\x00")])
    assert next_piece(pieces) == b"\x01\x00"
    assert next_piece(pieces) == b""
