"""The engine without speech."""

import asyncio

import pytest

from shared.errors import Category, TranscriptionError
from shared.numbered_pcm import BLOCK_MS, encode
from transcriber.adapters.scripted import ScriptedEngine, ScriptedStream
from transcriber.ports import Heard, StreamSpec

SPEC = StreamSpec(track="mixed", start_ms=0, fresh_from_ms=0)


def pcm_of(start_ms: int, end_ms: int, meeting: int = 1) -> bytes:
    return encode(meeting, start_ms // BLOCK_MS, (end_ms - start_ms) // BLOCK_MS)


async def results_of(stream: ScriptedStream) -> list[Heard]:
    await stream.finish()
    return [heard async for heard in stream.results()]


def final_words(results: list[Heard]) -> list[str]:
    return [word.text for heard in results if heard.is_final for word in heard.words]


async def test_each_200_ms_are_a_word_with_its_exact_times() -> None:
    stream = await ScriptedEngine().open(SPEC)
    await stream.send(0, pcm_of(0, 600))
    (final,) = (heard for heard in await results_of(stream) if heard.is_final)
    assert [(word.text, word.start_ms, word.end_ms) for word in final.words] == [
        ("n0", 0, 200),
        ("n1", 200, 400),
        ("n2", 400, 600),
    ]


async def test_interims_come_twice_a_second_and_a_final_every_two() -> None:
    stream = await ScriptedEngine().open(SPEC)
    await stream.send(0, pcm_of(0, 2400))
    results = await results_of(stream)
    assert [(heard.is_final, len(heard.words)) for heard in results] == [
        (False, 2),
        (False, 5),
        (False, 7),
        (True, 10),
        (True, 2),
    ]
    assert [heard.settled_ms for heard in results if heard.is_final] == [2000, 2400]


async def test_a_word_that_lacks_a_block_does_not_appear() -> None:
    stream = await ScriptedEngine().open(SPEC)
    await stream.send(0, pcm_of(0, 300) + bytes(640) + pcm_of(320, 600))
    assert final_words(await results_of(stream)) == ["n0", "n2"]


async def test_a_word_that_a_jump_cuts_does_not_appear() -> None:
    stream = await ScriptedEngine().open(SPEC)
    await stream.send(0, pcm_of(0, 300))
    await stream.send(500, pcm_of(500, 1000))
    assert final_words(await results_of(stream)) == ["n0", "n3", "n4"]


async def test_a_word_may_come_in_pieces() -> None:
    stream = await ScriptedEngine().open(SPEC)
    for at_ms in range(0, 400, 100):
        await stream.send(at_ms, pcm_of(at_ms, at_ms + 100))
    assert final_words(await results_of(stream)) == ["n0", "n1"]


async def test_numbers_that_disagree_with_the_time_are_refused() -> None:
    stream = await ScriptedEngine().open(SPEC)
    with pytest.raises(TranscriptionError, match="block 5 of meeting 1 came as 0 ms") as refused:
        await stream.send(0, pcm_of(100, 200))
    assert refused.value.category is Category.INVALID


async def test_audio_of_another_meeting_is_refused() -> None:
    stream = await ScriptedEngine().open(SPEC)
    await stream.send(0, pcm_of(0, 100))
    with pytest.raises(TranscriptionError) as refused:
        await stream.send(100, pcm_of(100, 200, meeting=2))
    assert refused.value.category is Category.INVALID


async def test_time_off_the_grid_is_refused() -> None:
    stream = await ScriptedEngine().open(SPEC)
    with pytest.raises(TranscriptionError) as refused:
        await stream.send(10, pcm_of(0, 100))
    assert refused.value.category is Category.INVALID


async def test_words_that_are_mostly_old_are_not_repeated() -> None:
    stream = await ScriptedEngine().open(StreamSpec(track="mixed", start_ms=0, fresh_from_ms=500))
    await stream.send(0, pcm_of(0, 1000))
    assert final_words(await results_of(stream)) == ["n3", "n4"]


async def test_results_come_late_when_told_to() -> None:
    stream = await ScriptedEngine(latency_s=0.05).open(SPEC)
    began = asyncio.get_running_loop().time()
    await stream.send(0, pcm_of(0, 1000))
    assert final_words(await results_of(stream)) == ["n0", "n1", "n2", "n3", "n4"]
    assert 0.05 <= asyncio.get_running_loop().time() - began < 0.1


async def test_it_fails_when_told_to() -> None:
    stream = await ScriptedEngine(fail_after_ms=1000).open(SPEC)
    await stream.send(0, pcm_of(0, 900))
    await stream.send(900, pcm_of(900, 1000))
    with pytest.raises(TranscriptionError) as failed:
        await results_of(stream)
    assert failed.value.category is Category.UNAVAILABLE
    assert not failed.value.is_permanent
