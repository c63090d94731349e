"""Who is decoded next: one thread works for all streams, what is final before what is not."""

import asyncio
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from shared.errors import Category, TranscriptionError
from transcriber.ports import Word

Words = tuple[Word, ...]
Decode = Callable[[bytes, tuple[str, ...]], Words]
"""From PCM and the names that are likely to be said; runs in the thread."""


@dataclass(eq=False)
class Job:
    """Audio to be decoded for a stream. `done` becomes None when nobody needs it any more."""

    stream: object
    pcm: bytes
    vocabulary: tuple[str, ...]
    done: asyncio.Future[Words | None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    def settle(self, words: Words | None) -> None:
        if not self.done.done():
            self.done.set_result(words)

    def fail(self, error: TranscriptionError) -> None:
        if not self.done.done():
            self.done.set_exception(error)
            self.done.exception()  # a stream that is closed by now never asks, and asyncio would complain


class DecodeQueue:
    """Finals in the order they come; of interims only the newest of each stream, and only while no final waits."""

    def __init__(self, decode: Decode) -> None:
        self._decode = decode
        self._thread = ThreadPoolExecutor(1, "decode")
        self._finals: deque[Job] = deque()
        self._interims: dict[object, Job] = {}
        self._running: Job | None = None
        self._has_work = asyncio.Event()
        self._worker: asyncio.Task[None] | None = None
        self._is_closed = False

    def final(self, job: Job) -> Job:
        self._drop_interim(job.stream)
        self._finals.append(job)
        return self._started(job)

    def interim(self, job: Job) -> Job:
        self._drop_interim(job.stream)
        self._interims[job.stream] = job
        return self._started(job)

    def forget(self, stream: object) -> None:
        """Nobody waits for this stream's jobs any more."""
        self._drop_interim(stream)
        if self._running and self._running.stream is stream:
            self._running.settle(None)
        for job in self._finals:
            if job.stream is stream:
                job.settle(None)
        self._finals = deque(job for job in self._finals if job.stream is not stream)

    async def close(self) -> None:
        """Waits for the decode in hand, less than a second. Safe to call twice."""
        self._is_closed = True
        if self._worker:
            self._worker.cancel()
            await asyncio.gather(self._worker, return_exceptions=True)
        for stream in {job.stream for job in (*self._finals, *self._interims.values(), self._running) if job}:
            self.forget(stream)
        await asyncio.to_thread(self._thread.shutdown, cancel_futures=True)

    def _started(self, job: Job) -> Job:
        if self._is_closed:
            raise TranscriptionError("the speech engine is closed", category=Category.UNAVAILABLE)
        self._worker = self._worker or asyncio.create_task(self._work(), name="decode queue")
        self._has_work.set()
        return job

    def _drop_interim(self, stream: object) -> None:
        if job := self._interims.pop(stream, None):
            job.settle(None)

    async def _work(self) -> None:
        while True:
            await self._has_work.wait()
            self._running = self._next()
            if self._running is None:
                self._has_work.clear()
            else:
                await self._run(self._running)

    def _next(self) -> Job | None:
        if self._finals:
            return self._finals.popleft()
        return self._interims.pop(next(iter(self._interims))) if self._interims else None

    async def _run(self, job: Job) -> None:
        loop = asyncio.get_running_loop()
        try:
            job.settle(await loop.run_in_executor(self._thread, self._decode, job.pcm, job.vocabulary))
        except Exception as error:  # whatever an engine raises belongs to the stream that asked, not to the queue
            job.fail(TranscriptionError(f"decoding failed: {error!r}"))
