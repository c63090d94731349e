"""Ears for the Deepgram stand-in that need no speech: numbered PCM becomes words, the same ones every time."""

import asyncio
from collections.abc import AsyncIterator, Callable

import msgspec

from rehearsal.deepgram.ears import HeardWords, TimedWord
from shared.numbered_pcm import BLOCK_BYTES, BLOCK_MS, decode

WORD_BLOCKS = 10
WORD_MS = WORD_BLOCKS * BLOCK_MS
INTERIM_MS = 500
FINAL_MS = 2_000
PAUSE_MS = 300
"""Silence that ends an utterance."""


class NumberedEar:
    """Ten numbered blocks in order are a word: the blocks 120 to 129 are `n12`, whenever they come."""

    def __init__(self, speaker_of: Callable[[str], int]) -> None:
        self._speaker_of = speaker_of
        self._rest = bytearray()
        self._end_ms = self._quiet_ms = 0
        self._last: tuple[int, int] | None = None
        self._run = 0  # blocks heard in order
        self._words: list[TimedWord] = []
        self._is_speaking = False
        self._finals = 0  # of this utterance
        self._results: asyncio.Queue[HeardWords | None] = asyncio.Queue()

    async def hear(self, pcm: bytes) -> None:
        self._rest += pcm
        whole = len(self._rest) - len(self._rest) % BLOCK_BYTES
        for first in range(0, whole, BLOCK_BYTES):
            self._take(decode(bytes(self._rest[first : first + BLOCK_BYTES])))
        del self._rest[:whole]

    async def learn(self, keyterms: tuple[str, ...]) -> None:
        """Changes nothing: the words are known."""

    async def flush(self) -> None:
        self._conclude(speech_final=True, is_flushed=True)

    async def finish(self) -> None:
        self._conclude(speech_final=True)
        self._results.put_nowait(None)

    async def results(self) -> AsyncIterator[HeardWords]:
        while heard := await self._results.get():
            yield heard

    async def close(self) -> None:
        self._results.put_nowait(None)

    def _take(self, numbers: tuple[int, int] | None) -> None:
        goes_on = numbers and self._last == (numbers[0], numbers[1] - 1)
        self._run = self._run + 1 if goes_on else int(numbers is not None)
        self._last = numbers
        self._end_ms += BLOCK_MS
        self._quiet_ms = 0 if numbers else self._quiet_ms + BLOCK_MS
        if numbers and self._run >= WORD_BLOCKS and numbers[1] % WORD_BLOCKS == WORD_BLOCKS - 1:
            self._add_word(f"n{numbers[1] // WORD_BLOCKS}")
        self._report()

    def _add_word(self, text: str) -> None:
        self._is_speaking = True
        speaker = self._speaker_of(text)
        self._words.append(TimedWord(text, self._end_ms - WORD_MS, self._end_ms, 0.99, speaker, "en"))

    def _report(self) -> None:
        if self._quiet_ms == PAUSE_MS and self._is_speaking:
            self._conclude(speech_final=True)
        elif self._end_ms % FINAL_MS == 0:
            self._finals += self._is_speaking
            self._conclude(speech_final=self._finals == 2)
        elif self._end_ms % INTERIM_MS == 0:
            heard = HeardWords(words=tuple(self._words), until_ms=self._end_ms, is_final=False)
            self._results.put_nowait(heard)

    def _conclude(self, *, speech_final: bool, is_flushed: bool = False) -> None:
        """A word that is only begun is not settled: it comes with the next result, if it goes on."""
        words, self._words = tuple(self._words), []
        if speech_final:
            self._is_speaking, self._finals = False, 0
        until_ms = self._end_ms - self._begun_ms()
        heard = HeardWords(words=words, until_ms=until_ms, is_final=True, speech_final=speech_final)
        self._results.put_nowait(msgspec.structs.replace(heard, is_flushed=is_flushed))

    def _begun_ms(self) -> int:
        if self._last is None:
            return 0
        begun = (self._last[1] + 1) % WORD_BLOCKS
        return begun * BLOCK_MS if self._run >= begun else 0


class NumberedEars:
    """Perfect ears for numbered PCM; `speaker_of` says who says a word."""

    def __init__(self, speaker_of: Callable[[str], int] = lambda _: 0) -> None:
        self._speaker_of = speaker_of

    async def open(self, language: str, keyterms: tuple[str, ...]) -> NumberedEar:
        return NumberedEar(self._speaker_of)
