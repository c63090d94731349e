"""The embedded engine around its models: loud is voice here, and a word says how loud."""

import asyncio
import struct
import subprocess
import sys
import threading
from collections.abc import Sequence

import pytest

from shared.errors import Category, TranscriptionError
from transcriber.adapters.decoding import Decode, Words
from transcriber.adapters.embedded import PACKAGES, EmbeddedEngine, EmbeddedStream, require
from transcriber.adapters.recent_audio import BYTES_PER_MS
from transcriber.endpointing import FRAME_MS
from transcriber.ports import Heard, StreamSpec, Word

SPEC = StreamSpec(track="mixed", start_ms=0, fresh_from_ms=0)
LIMIT_S = 5.0
FRAME_BYTES = FRAME_MS * BYTES_PER_MS
Names = tuple[str, ...]


class LoudIsVoice:
    """Stands for the detector."""

    def __init__(self, at_ms: int) -> None:
        self._at_ms, self._rest = at_ms, b""

    def feed(self, pcm: bytes) -> list[tuple[int, float]]:
        self._rest += pcm
        frames = []
        while len(self._rest) >= FRAME_BYTES:
            frame, self._rest = self._rest[:FRAME_BYTES], self._rest[FRAME_BYTES:]
            frames.append((self._at_ms, 1.0 if any(frame) else 0.0))
            self._at_ms += FRAME_MS
        return frames


def hear_loudness(pcm: bytes, vocabulary: Names) -> Words:
    return (Word(str(max(struct.unpack(f"<{len(pcm) // 2}h", pcm))), 0, 10_000),)


def hear_names(pcm: bytes, vocabulary: Names) -> Words:
    return tuple(Word(name, 0, 10) for name in vocabulary)


def hear_nothing(pcm: bytes, vocabulary: Names) -> Words:
    return ()


def fail(pcm: bytes, vocabulary: Names) -> Words:
    raise RuntimeError("out of memory")


class HeldDecoder:
    """Decodes when it is let."""

    def __init__(self) -> None:
        self.may_decode = threading.Event()

    def __call__(self, pcm: bytes, vocabulary: Names) -> Words:
        assert self.may_decode.wait(LIMIT_S)
        return ()


def sound(loudness: int, duration_ms: int) -> bytes:
    return struct.pack("<h", loudness) * (duration_ms * BYTES_PER_MS // 2)


def silence(duration_ms: int) -> bytes:
    return sound(0, duration_ms)


def engine_of(decode: Decode) -> EmbeddedEngine:
    return EmbeddedEngine(decode, LoudIsVoice)


async def hear(engine: EmbeddedEngine, *parts: tuple[int, bytes]) -> list[Heard]:
    stream = await engine.open(SPEC)
    for at_ms, pcm in parts:
        await stream.send(at_ms, pcm)
    await stream.finish()
    return await results_of(stream)


async def results_of(stream: EmbeddedStream) -> list[Heard]:
    async with asyncio.timeout(LIMIT_S):
        return [heard async for heard in stream.results()]


def finals(results: Sequence[Heard]) -> list[tuple[list[str], int]]:
    return [([word.text for word in heard.words], heard.settled_ms) for heard in results if heard.is_final]


async def test_each_utterance_becomes_a_final_and_settles_its_audio() -> None:
    engine = engine_of(hear_loudness)
    pcm = silence(320) + sound(5000, 640) + silence(640) + sound(6000, 640) + silence(640)
    results = await hear(engine, (0, pcm))
    assert finals(results) == [(["5000"], 320 + 640 + 200), (["6000"], 2240 + 200), ([], 2880)]
    await engine.close()


async def test_words_lie_within_the_voice() -> None:
    engine = engine_of(hear_loudness)
    results = await hear(engine, (0, silence(320) + sound(5000, 640) + silence(640)))
    assert results[0].words == (Word("5000", 320, 960),)
    await engine.close()


async def test_what_has_no_words_is_settled_all_the_same() -> None:
    engine = engine_of(hear_nothing)
    assert finals(await hear(engine, (0, sound(5000, 960)))) == [([], 960)]
    await engine.close()


async def test_an_open_utterance_is_shown_before_it_ends() -> None:
    engine = engine_of(hear_loudness)
    stream = await engine.open(SPEC)
    await stream.send(0, sound(5000, 1600))
    async with asyncio.timeout(LIMIT_S):
        heard = await anext(stream.results())
    assert (heard.is_final, [word.text for word in heard.words]) == (False, ["5000"])
    await engine.close()


async def test_an_interim_without_words_is_not_shown() -> None:
    engine = engine_of(hear_nothing)
    results = await hear(engine, (0, sound(5000, 1600)), (1600, silence(640)))
    assert [heard.is_final for heard in results] == [True, True]
    await engine.close()


async def test_a_jump_ends_the_utterance_and_moves_the_words_after_it() -> None:
    engine = engine_of(hear_loudness)
    results = await hear(engine, (0, sound(5000, 640)), (10_000, sound(6000, 640)))
    words = [word for heard in results if heard.is_final for word in heard.words]
    assert words == [Word("5000", 0, 640), Word("6000", 10_000, 10_640)]
    await engine.close()


async def test_a_change_of_speaker_makes_two_utterances() -> None:
    engine = engine_of(hear_loudness)
    stream = await engine.open(SPEC)
    await stream.mark_change(700)
    await stream.send(0, sound(5000, 640) + silence(160) + sound(6000, 640))
    await stream.finish()
    assert [words for words, _ in finals(await results_of(stream))] == [["5000"], ["6000"]]
    await engine.close()


async def test_the_model_is_told_the_names() -> None:
    engine = engine_of(hear_names)
    stream = await engine.open(StreamSpec(track="mixed", start_ms=0, fresh_from_ms=0, vocabulary=("Maya",)))
    await stream.send(0, sound(5000, 640) + silence(640))
    await stream.learn(("Tom", "Elena"))
    await stream.send(1280, sound(5000, 640) + silence(640))
    await stream.finish()
    assert [words for words, _ in finals(await results_of(stream)) if words] == [["Maya"], ["Tom", "Elena"]]
    await engine.close()


async def test_what_breaks_the_decoder_ends_the_stream_with_an_error() -> None:
    engine = engine_of(fail)
    with pytest.raises(TranscriptionError, match="out of memory"):
        await hear(engine, (0, sound(5000, 640)))
    await engine.close()


async def test_send_waits_while_the_engine_is_far_behind() -> None:
    decoder = HeldDecoder()
    engine = engine_of(decoder)
    stream = await engine.open(SPEC)
    sending = asyncio.create_task(stream.send(0, (sound(5000, 9000) + silence(640)) * 5))
    done, _ = await asyncio.wait({sending}, timeout=0.2)
    assert not done
    decoder.may_decode.set()
    async with asyncio.timeout(LIMIT_S):
        await sending
    await engine.close()


async def test_settled_audio_is_not_kept() -> None:
    engine = engine_of(hear_loudness)
    stream = await engine.open(SPEC)
    for second in range(60):
        await stream.send(second * 1000, silence(1000) if second % 2 else sound(5000, 1000))
        assert stream.kept_ms < 3000
    await engine.close()


async def test_close_ends_the_results_at_once_and_is_safe_twice() -> None:
    engine = engine_of(hear_loudness)
    stream = await engine.open(SPEC)
    await stream.send(0, sound(5000, 640))
    await stream.close()
    await stream.close()
    assert await results_of(stream) == []
    await engine.close()


async def test_closing_the_engine_ends_its_streams() -> None:
    engine = engine_of(hear_loudness)
    stream = await engine.open(SPEC)
    await engine.close()
    assert await results_of(stream) == []
    with pytest.raises(TranscriptionError, match="closed"):
        await stream.send(0, silence(100))


async def test_other_languages_are_refused_with_the_remedy() -> None:
    engine = engine_of(hear_loudness)
    with pytest.raises(TranscriptionError, match="DEEPGRAM_API_KEY") as refused:
        await engine.open(StreamSpec(track="mixed", start_ms=0, fresh_from_ms=0, language="de"))
    assert refused.value.category is Category.INVALID
    await engine.close()


async def test_every_english_is_english() -> None:
    engine = engine_of(hear_loudness)
    assert await engine.open(StreamSpec(track="mixed", start_ms=0, fresh_from_ms=0, language="en-GB"))
    await engine.close()


def test_a_missing_package_is_named_with_the_remedy() -> None:
    with pytest.raises(TranscriptionError, match=r"no_such_engine.*chimein\[local\].*DEEPGRAM_API_KEY") as missing:
        require(["asyncio", "no_such_engine"])
    assert missing.value.category is Category.MISSING_ENGINE
    assert "asyncio" not in str(missing.value)


@pytest.mark.process
def test_the_adapter_can_be_imported_without_its_packages() -> None:
    code = f"import sys, transcriber.adapters.embedded; print([p for p in {PACKAGES} if p in sys.modules])"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"
