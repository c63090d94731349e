"""What every speech engine does, whatever it hears with."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

import pytest
from deepgram_streams import engine_at, hasty_server

from rehearsal.deepgram.server import DeepgramServer
from rehearsal.recordings import SAMPLE, load
from rehearsal.scoring import word_errors, words_of
from shared.errors import Category, TranscriptionError
from shared.numbered_pcm import BLOCK_MS, encode
from transcriber.adapters.embedded import build_embedded_engine
from transcriber.adapters.scripted import ScriptedEngine
from transcriber.ports import Heard, SpeechEngine, SpeechStream, StreamSpec, Word

BYTES_PER_MS = 32
CHUNK_MS = 100
END_MS = 6000
LIMIT_S = 30.0


@dataclass
class Subject:
    """An engine, audio for it, and the words in its first END_MS."""

    engine: SpeechEngine
    audio: Callable[[int, int], bytes]
    said: str
    errors: int = 0
    """So many words may be heard wrongly."""

    async def open(self, start_ms: int = 0, fresh_from_ms: int = 0) -> SpeechStream:
        return await self.engine.open(StreamSpec(track="mixed", start_ms=start_ms, fresh_from_ms=fresh_from_ms))

    async def feed(self, stream: SpeechStream, start_ms: int, end_ms: int) -> None:
        for at_ms in range(start_ms, end_ms, CHUNK_MS):
            await stream.send(at_ms, self.audio(at_ms, at_ms + CHUNK_MS))


def scripted_audio(start_ms: int, end_ms: int) -> bytes:
    return encode(1, start_ms // BLOCK_MS, (end_ms - start_ms) // BLOCK_MS)


@pytest.fixture(scope="module")
def recording() -> bytes:
    return load(SAMPLE).pcm


def scripted_subject() -> Subject:
    return Subject(ScriptedEngine(), scripted_audio, " ".join(f"n{n}" for n in range(END_MS // 200)))


def embedded_subject(recording: bytes) -> Subject:
    return Subject(
        build_embedded_engine(),
        lambda start_ms, end_ms: recording[start_ms * BYTES_PER_MS : end_ms * BYTES_PER_MS],
        "Good morning everyone. Let's keep this short. Tom, can you start?",
        errors=1,
    )


def deepgram_subject(server: DeepgramServer) -> Subject:
    return Subject(engine_at(server), scripted_audio, " ".join(f"n{n}" for n in range(END_MS // 200)))


@pytest.fixture(scope="module", params=["scripted", "deepgram", pytest.param("embedded", marks=pytest.mark.engine)])
async def subject(request: pytest.FixtureRequest) -> AsyncIterator[Subject]:
    async with hasty_server() as server:
        if request.param == "scripted":
            subject = scripted_subject()
        elif request.param == "deepgram":
            subject = deepgram_subject(server)
        else:
            subject = embedded_subject(request.getfixturevalue("recording"))
        yield subject
        await subject.engine.close()


@pytest.fixture(scope="module")
async def heard(subject: Subject) -> list[Heard]:
    """The whole audio in one stream, with everything that may be told on the way."""
    stream = await subject.open()
    await stream.learn(("Maya", "Tom"))
    await subject.feed(stream, 0, 3000)
    await stream.mark_change(2400)
    await subject.feed(stream, 3000, END_MS)
    await stream.finish()
    results = await results_of(stream)
    await stream.close()
    return results


async def results_of(stream: SpeechStream) -> list[Heard]:
    async with asyncio.timeout(LIMIT_S):
        return [heard async for heard in stream.results()]


async def finals_until(stream: SpeechStream, settled_ms: int) -> list[Heard]:
    """Without an end of the audio."""
    finals: list[Heard] = []
    async with asyncio.timeout(LIMIT_S):
        async for heard in stream.results():
            finals += [heard] if heard.is_final else []
            if heard.settled_ms >= settled_ms:
                break
    return finals


def final_words(results: list[Heard]) -> list[Word]:
    return [word for heard in results if heard.is_final for word in heard.words]


def assert_said(subject: Subject, words: list[Word]) -> None:
    understood = words_of(" ".join(word.text for word in words))
    assert sum(word_errors(words_of(subject.said), understood)) <= subject.errors, understood


async def test_the_finals_hold_what_was_said_once(subject: Subject, heard: list[Heard]) -> None:
    assert_said(subject, final_words(heard))


async def test_words_follow_each_other_within_the_audio(heard: list[Heard]) -> None:
    times = [at_ms for word in final_words(heard) for at_ms in (word.start_ms, word.end_ms)]
    assert times == sorted(times)
    assert times[0] >= 0
    assert times[-1] <= END_MS


async def test_every_word_has_length(heard: list[Heard]) -> None:
    assert all(word.end_ms > word.start_ms for result in heard for word in result.words)


async def test_what_is_settled_grows_and_no_word_begins_before_it(heard: list[Heard]) -> None:
    settled_ms = 0
    for result in heard:
        assert all(word.start_ms >= settled_ms for word in result.words)
        if result.is_final:
            assert result.settled_ms >= settled_ms
            settled_ms = result.settled_ms


async def test_everything_is_settled_at_the_end(heard: list[Heard]) -> None:
    assert heard[-1].is_final
    assert heard[-1].settled_ms == END_MS


async def test_an_interim_comes_before_a_final_with_its_words(heard: list[Heard]) -> None:
    first = next(result for result in heard if result.words)
    assert not first.is_final
    assert first.words[0].start_ms == final_words(heard)[0].start_ms


async def test_a_successor_loses_and_repeats_nothing(subject: Subject) -> None:
    first = await subject.open()
    await subject.feed(first, 0, 5000)
    committed = await finals_until(first, 3000)
    await first.close()
    position = committed[-1].settled_ms
    start_ms = (position - 2000) // CHUNK_MS * CHUNK_MS
    second = await subject.open(start_ms, fresh_from_ms=position)
    await subject.feed(second, start_ms, END_MS)
    await second.finish()
    continued = await results_of(second)
    assert_said(subject, final_words(committed) + final_words(continued))
    assert all(word.start_ms >= position for word in final_words(continued))


async def test_missing_audio_moves_no_word(subject: Subject) -> None:
    stream = await subject.open()
    await subject.feed(stream, 0, 2200)
    await subject.feed(stream, 4400, END_MS)
    await stream.finish()
    words = final_words(await results_of(stream))
    assert any(word.end_ms <= 2200 for word in words)
    assert any(word.start_ms >= 4400 for word in words)
    assert all(word.end_ms <= 2200 or word.start_ms >= 4400 for word in words)


async def test_silence_is_settled_without_words_before_it_ends(subject: Subject) -> None:
    stream = await subject.open()
    for at_ms in range(0, 5000, CHUNK_MS):
        await stream.send(at_ms, bytes(CHUNK_MS * BYTES_PER_MS))
    finals = await finals_until(stream, 2000)
    await stream.close()
    assert final_words(finals) == []
    assert finals[-1].settled_ms <= 5000


async def test_streams_do_not_hear_each_other(subject: Subject) -> None:
    first, second = await subject.open(), await subject.open(4400, 4400)
    for at_ms in range(0, 1600, CHUNK_MS):
        await subject.feed(first, at_ms, at_ms + CHUNK_MS)
        await subject.feed(second, 4400 + at_ms, 4400 + at_ms + CHUNK_MS)
    await first.finish()
    await second.finish()
    for stream, start_ms in ((first, 0), (second, 4400)):
        words = final_words(await results_of(stream))
        assert words
        assert all(start_ms <= word.start_ms < word.end_ms <= start_ms + 1600 for word in words)


async def test_nothing_sent_is_nothing_heard(subject: Subject) -> None:
    stream = await subject.open()
    await stream.finish()
    assert final_words(await results_of(stream)) == []


async def test_audio_that_goes_back_in_time_is_refused(subject: Subject) -> None:
    stream = await subject.open()
    await subject.feed(stream, 0, 500)
    with pytest.raises(TranscriptionError) as refused:
        await subject.feed(stream, 300, 400)
    assert refused.value.category is Category.INVALID
    await stream.close()


async def test_close_ends_the_results_and_is_safe_twice(subject: Subject) -> None:
    stream = await subject.open()
    await subject.feed(stream, 0, 3000)
    waiting = asyncio.create_task(results_of(stream))
    await asyncio.sleep(0)
    await stream.close()
    await stream.close()
    async with asyncio.timeout(2):
        await waiting


async def test_a_closed_stream_takes_no_audio(subject: Subject) -> None:
    stream = await subject.open()
    await stream.close()
    with pytest.raises(TranscriptionError):
        await subject.feed(stream, 0, 100)
