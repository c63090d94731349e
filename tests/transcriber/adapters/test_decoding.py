"""Who is decoded next."""

import asyncio
import threading
from collections.abc import AsyncIterator

import pytest

from shared.errors import Category, TranscriptionError
from transcriber.adapters.decoding import DecodeQueue, Job, Words
from transcriber.ports import Word

LIMIT_S = 5.0


class HeldDecoder:
    """Decodes one job each time it is let; the words are the audio's letters."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.threads: set[int] = set()
        self._lets = threading.Semaphore(0)
        self._has_begun = threading.Semaphore(0)

    def __call__(self, pcm: bytes, vocabulary: tuple[str, ...]) -> Words:
        self.begun.append(pcm.decode())
        self.threads.add(threading.get_ident())
        self._has_begun.release()
        assert self._lets.acquire(timeout=LIMIT_S)
        if pcm == b"bad":
            raise ValueError(vocabulary)
        return (Word(pcm.decode(), 0, 1),)

    def let(self, count: int = 1) -> None:
        self._lets.release(count)

    async def has_begun(self) -> None:
        assert await asyncio.to_thread(self._has_begun.acquire, timeout=LIMIT_S)


@pytest.fixture
def decoder() -> HeldDecoder:
    return HeldDecoder()


@pytest.fixture
async def queue(decoder: HeldDecoder) -> AsyncIterator[DecodeQueue]:
    queue = DecodeQueue(decoder)
    yield queue
    decoder.let(100)
    await queue.close()


def job(stream: str, audio: str) -> Job:
    return Job(stream, audio.encode(), ("Maya",))


async def text_of(waiting: Job) -> str | None:
    async with asyncio.timeout(LIMIT_S):
        words = await waiting.done
    return words[0].text if words else None


async def test_finals_are_decoded_in_the_order_they_come(queue: DecodeQueue, decoder: HeldDecoder) -> None:
    jobs = [queue.final(job(stream, audio)) for stream, audio in (("a", "1"), ("b", "2"), ("a", "3"))]
    decoder.let(3)
    assert [await text_of(waiting) for waiting in jobs] == decoder.begun == ["1", "2", "3"]


async def test_a_final_overtakes_interims_of_others(queue: DecodeQueue, decoder: HeldDecoder) -> None:
    queue.interim(job("a", "running"))
    await decoder.has_begun()
    interim = queue.interim(job("b", "interim"))
    queue.final(job("c", "final"))
    decoder.let(3)
    assert await text_of(interim) == "interim"
    assert decoder.begun == ["running", "final", "interim"]


async def test_of_the_interims_of_a_stream_only_the_newest_is_decoded(queue: DecodeQueue, decoder: HeldDecoder) -> None:
    queue.final(job("a", "running"))
    await decoder.has_begun()
    old, new = queue.interim(job("b", "old")), queue.interim(job("b", "new"))
    decoder.let(2)
    assert (await text_of(old), await text_of(new)) == (None, "new")
    assert decoder.begun == ["running", "new"]


async def test_a_final_makes_the_interim_before_it_stale(queue: DecodeQueue, decoder: HeldDecoder) -> None:
    queue.final(job("a", "running"))
    await decoder.has_begun()
    interim, final = queue.interim(job("b", "interim")), queue.final(job("b", "final"))
    decoder.let(2)
    assert (await text_of(interim), await text_of(final)) == (None, "final")


async def test_interims_take_turns(queue: DecodeQueue, decoder: HeldDecoder) -> None:
    queue.interim(job("a", "running"))
    await decoder.has_begun()
    queue.interim(job("a", "a"))
    last = queue.interim(job("b", "b"))
    decoder.let(3)
    await text_of(last)
    assert decoder.begun == ["running", "a", "b"]


async def test_a_stream_that_is_forgotten_waits_for_nothing(queue: DecodeQueue, decoder: HeldDecoder) -> None:
    running = queue.final(job("a", "running"))
    await decoder.has_begun()
    waiting, other = queue.final(job("a", "waiting")), queue.final(job("b", "other"))
    interim = queue.interim(job("a", "interim"))
    queue.forget("a")
    assert [await text_of(gone) for gone in (running, waiting, interim)] == [None, None, None]
    decoder.let(2)
    assert await text_of(other) == "other"
    assert decoder.begun == ["running", "other"]


async def test_what_the_decoder_raises_reaches_the_job_alone(queue: DecodeQueue, decoder: HeldDecoder) -> None:
    bad, good = queue.final(job("a", "bad")), queue.final(job("a", "good"))
    decoder.let(2)
    with pytest.raises(TranscriptionError, match="ValueError"):
        await text_of(bad)
    assert await text_of(good) == "good"


async def test_decoding_never_runs_in_the_thread_of_the_loop(queue: DecodeQueue, decoder: HeldDecoder) -> None:
    jobs = [queue.final(job("a", "1")), queue.final(job("b", "2"))]
    decoder.let(2)
    await asyncio.gather(*(text_of(waiting) for waiting in jobs))
    assert len(decoder.threads) == 1
    assert threading.get_ident() not in decoder.threads


async def test_close_lets_go_of_everything_and_is_safe_twice(queue: DecodeQueue, decoder: HeldDecoder) -> None:
    jobs = [queue.final(job("a", "running")), queue.final(job("a", "waiting")), queue.interim(job("b", "interim"))]
    await decoder.has_begun()
    decoder.let()
    await queue.close()
    await queue.close()
    assert [await text_of(gone) for gone in jobs] == [None, None, None]
    assert decoder.begun == ["running"]


async def test_nothing_is_taken_after_close(queue: DecodeQueue) -> None:
    await queue.close()
    with pytest.raises(TranscriptionError) as refused:
        queue.final(job("a", "late"))
    assert refused.value.category is Category.UNAVAILABLE
