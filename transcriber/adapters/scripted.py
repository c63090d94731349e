"""A speech engine without speech: numbered PCM becomes words with exact times, the same ones every time."""

import asyncio
from collections.abc import AsyncIterator

from shared.errors import Category, TranscriptionError
from shared.numbered_pcm import BLOCK_BYTES, BLOCK_MS, decode
from transcriber.ports import Heard, StreamSpec, Word

WORD_BLOCKS = 10
WORD_MS = WORD_BLOCKS * BLOCK_MS
INTERIM_MS = 500
FINAL_MS = 2_000

Outcome = Heard | TranscriptionError | None
"""None ends the iteration."""


class ScriptedStream:
    """One track. A word is ten blocks in order: `n12` is the blocks 120 to 129, said from 2,400 to 2,600 ms."""

    def __init__(self, spec: StreamSpec, engine: "ScriptedEngine") -> None:
        self._engine = engine
        self._start_ms = self._end_ms = spec.start_ms
        self._fresh_from_ms = self._settled_ms = spec.fresh_from_ms
        self._meeting: int | None = None
        self._run = 0  # blocks heard in order, up to the end of the audio
        self._words: list[Word] = []
        self._results: asyncio.Queue[tuple[float, Outcome]] = asyncio.Queue()
        self._is_closed = False

    async def send(self, at_ms: int, pcm: bytes) -> None:
        if self._is_closed:
            raise TranscriptionError("the stream is closed", category=Category.UNAVAILABLE)
        if at_ms < self._end_ms or at_ms % BLOCK_MS or len(pcm) % BLOCK_BYTES:
            raise TranscriptionError(f"audio of {at_ms} ms is off the grid", category=Category.INVALID)
        if at_ms != self._end_ms:
            self._conclude(self._end_ms)
            self._run, self._end_ms = 0, at_ms
        for first in range(0, len(pcm), BLOCK_BYTES):
            self._hear(pcm[first : first + BLOCK_BYTES])
        fail_after_ms = self._engine.fail_after_ms
        if fail_after_ms is not None and self._end_ms - self._start_ms >= fail_after_ms:
            self._put(TranscriptionError("the script says so", category=Category.UNAVAILABLE))

    async def mark_change(self, at_ms: int) -> None:
        """Changes nothing: every word stands alone."""

    async def learn(self, vocabulary: tuple[str, ...]) -> None:
        """Changes nothing: the words are known."""

    async def finish(self) -> None:
        self._conclude(self._end_ms)
        self._put(None)

    async def results(self) -> AsyncIterator[Heard]:
        while True:
            due_at, outcome = await self._results.get()
            await asyncio.sleep(due_at - asyncio.get_running_loop().time())
            if outcome is None or self._is_closed:
                return
            if isinstance(outcome, TranscriptionError):
                raise outcome
            yield outcome

    async def close(self) -> None:
        self._is_closed = True
        self._results.put_nowait((0.0, None))

    def _put(self, outcome: Outcome) -> None:
        self._results.put_nowait((asyncio.get_running_loop().time() + self._engine.latency_s, outcome))

    def _hear(self, block: bytes) -> None:
        numbers = decode(block)
        if numbers is not None:
            self._check(*numbers)
        self._run = self._run + 1 if numbers else 0
        self._end_ms += BLOCK_MS
        if self._end_ms % WORD_MS == 0 and self._run >= WORD_BLOCKS:
            self._add_word(self._end_ms - WORD_MS)
        if self._end_ms % FINAL_MS == 0:
            self._conclude(self._end_ms)
        elif self._end_ms % INTERIM_MS == 0 and self._words:
            self._put(Heard(words=tuple(self._words), is_final=False))

    def _check(self, meeting: int, number: int) -> None:
        self._meeting = meeting if self._meeting is None else self._meeting
        if (meeting, number * BLOCK_MS) != (self._meeting, self._end_ms):
            raise TranscriptionError(
                f"block {number} of meeting {meeting} came as {self._end_ms} ms of meeting {self._meeting}",
                category=Category.INVALID,
            )

    def _add_word(self, start_ms: int) -> None:
        if start_ms + WORD_MS // 2 > self._fresh_from_ms:
            self._words.append(Word(f"n{start_ms // WORD_MS}", start_ms, start_ms + WORD_MS))

    def _conclude(self, at_ms: int) -> None:
        """What was heard becomes final. A word that is only begun here comes with the next one, if it goes on."""
        self._settled_ms = max(self._settled_ms, at_ms)
        self._put(Heard(words=tuple(self._words), is_final=True, settled_ms=self._settled_ms))
        self._words = []


class ScriptedEngine:
    """Perfect ears, with faults on request."""

    name = "scripted"

    def __init__(self, *, latency_s: float = 0.0, fail_after_ms: int | None = None) -> None:
        self.latency_s = latency_s
        """Before each result."""
        self.fail_after_ms = fail_after_ms
        """Every stream fails after this much audio."""

    async def open(self, spec: StreamSpec) -> ScriptedStream:
        return ScriptedStream(spec, self)

    async def close(self) -> None:
        """Holds nothing."""
