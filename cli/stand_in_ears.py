"""Real ears for the Deepgram stand-in: the embedded speech engine hears, and the recording's script tells who spoke."""

import asyncio
from collections.abc import AsyncIterator

from rehearsal.deepgram.ears import HeardWords, TimedWord
from rehearsal.recordings import Recording
from transcriber.loudness import is_sound
from transcriber.ports import Heard, SpeechEngine, SpeechStream, StreamSpec, Word

BYTES_PER_MS = 32
PROBE_BYTES = 100 * BYTES_PER_MS
"""A stretch of sound that is found again in the recording: nothing in it sounds exactly the same twice."""


class Whereabouts:
    """Where in the recording a socket's audio comes from. It may begin anywhere, and jump over what is missing."""

    def __init__(self, recording: Recording) -> None:
        self._recording = recording
        self._places: list[tuple[int, int]] = []
        """From this ms of the socket on, the recording is so many ms ahead."""
        self._numbers: dict[str, int] = {}

    def hear(self, at_ms: int, pcm: bytes) -> None:
        probe = pcm[:PROBE_BYTES]
        if len(probe) < PROBE_BYTES or not is_sound(probe):
            return
        known = (at_ms + self._places[-1][1]) * BYTES_PER_MS if self._places else -1
        if known >= 0 and self._recording.pcm[known : known + PROBE_BYTES] == probe:
            return
        found = self._recording.pcm.find(probe)
        if found >= 0:
            self._places.append((at_ms, found // BYTES_PER_MS - at_ms))

    def speaker_at(self, at_ms: float) -> int | None:
        """Numbered by first appearance, as a diarizer does; None where the script knows nobody."""
        ahead_ms = next((ahead for begin, ahead in reversed(self._places) if begin <= at_ms), None)
        if ahead_ms is None:
            ahead_ms = self._places[0][1] if self._places else 0
        moment = (at_ms + ahead_ms) / 1000
        segments = self._recording.script.segments
        nearest = min(segments, key=lambda s: max(s.start - moment, moment - s.end, 0.0), default=None)
        return None if nearest is None else self._numbers.setdefault(nearest.speaker, len(self._numbers))


class RealEar:
    """One socket: one engine stream after the other, a new one after each flush."""

    def __init__(self, engine: SpeechEngine, recording: Recording, keyterms: tuple[str, ...]) -> None:
        self._engine, self._keyterms = engine, keyterms
        self._where = Whereabouts(recording)
        self._rest = b""
        self._at_ms = 0
        self._streams: asyncio.Queue[tuple[SpeechStream, bool] | None] = asyncio.Queue()
        self._stream: SpeechStream | None = None

    async def open(self) -> None:
        spec = StreamSpec(track="mixed", start_ms=self._at_ms, fresh_from_ms=self._at_ms, vocabulary=self._keyterms)
        self._stream = await self._engine.open(spec)
        self._streams.put_nowait((self._stream, self._at_ms > 0))

    async def hear(self, pcm: bytes) -> None:
        pcm = self._rest + pcm
        whole = len(pcm) - len(pcm) % BYTES_PER_MS
        pcm, self._rest = pcm[:whole], pcm[whole:]
        if self._stream and pcm:
            self._where.hear(self._at_ms, pcm)
            await self._stream.send(self._at_ms, pcm)
            self._at_ms += whole // BYTES_PER_MS

    async def learn(self, keyterms: tuple[str, ...]) -> None:
        self._keyterms = keyterms
        if self._stream:
            await self._stream.learn(keyterms)

    async def flush(self) -> None:
        if self._stream:
            await self._stream.finish()
            await self.open()

    async def finish(self) -> None:
        if self._stream:
            await self._stream.finish()
        self._streams.put_nowait(None)

    async def results(self) -> AsyncIterator[HeardWords]:
        while opened := await self._streams.get():
            stream, is_after_flush = opened
            if is_after_flush:
                yield HeardWords(words=(), until_ms=self._at_ms, is_final=True, is_flushed=True)
            async for heard in stream.results():
                yield self._told(heard)

    async def close(self) -> None:
        if self._stream:
            await self._stream.close()
        self._streams.put_nowait(None)

    def _told(self, heard: Heard) -> HeardWords:
        words = tuple(map(self._timed, heard.words))
        until_ms = heard.settled_ms if heard.is_final else self._at_ms
        return HeardWords(
            words=words, until_ms=until_ms, is_final=heard.is_final, speech_final=heard.is_final and bool(words)
        )

    def _timed(self, word: Word) -> TimedWord:
        speaker = self._where.speaker_at((word.start_ms + word.end_ms) / 2)
        return TimedWord(word.text, word.start_ms, word.end_ms, word.confidence, speaker, "en")


class RealEars:
    """Ears of the stand-in; all sockets share the engine."""

    def __init__(self, engine: SpeechEngine, recording: Recording) -> None:
        self._engine, self._recording = engine, recording

    async def open(self, language: str, keyterms: tuple[str, ...]) -> RealEar:
        ear = RealEar(self._engine, self._recording, keyterms)
        await ear.open()
        return ear
