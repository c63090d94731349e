"""The voice that needs no account and no network: hibari, one female English voice, ONNX on one core."""

import asyncio
import importlib
import time
from collections.abc import AsyncGenerator, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol, cast

import structlog

from shared.errors import Category, SpeechError

RATE_HZ = 24_000
FULL_SCALE = 32_767

log = structlog.get_logger()


class Samples(Protocol):
    """Floats between -1 and 1: what chimein needs of a numpy array."""

    def clip(self, low: float, high: float) -> "Samples": ...
    def __mul__(self, factor: int) -> "Samples": ...
    def astype(self, kind: str) -> "Samples": ...
    def tobytes(self) -> bytes: ...


class Engine(Protocol):
    """What chimein needs of hibari."""

    def stream(self, text: str) -> Iterator[Samples]: ...


class EmbeddedVoice:
    """A Voice. The engine lives in one thread of its own; it runs about 130 times faster than speech."""

    name = "hibari"
    rate_hz = RATE_HZ

    def __init__(self, package: str = "hibari") -> None:
        self._package = package
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="voice")
        self._engine: Engine | None = None

    async def warm_up(self) -> None:
        """Loads the model and what it loads on first use, so that the first answer does not wait for it."""
        started = time.monotonic()
        async for _ in self.synthesize("Ready."):
            pass
        log.info("voice.warmed_up", voice=self.name, seconds=round(time.monotonic() - started, 2))

    async def synthesize(self, text: str) -> AsyncGenerator[bytes, None]:
        loop = asyncio.get_running_loop()
        try:
            pieces = await loop.run_in_executor(self._thread, self.begin, text)
            while piece := await loop.run_in_executor(self._thread, next_piece, pieces):
                yield piece
        except SpeechError:
            raise
        except Exception as error:  # the engine has no errors of its own: a number of 30 digits is an IndexError
            raise SpeechError("the embedded voice cannot say this sentence", category=Category.INTERNAL) from error

    def begin(self, text: str) -> Iterator[Samples]:
        if self._engine is None:
            self._engine = load(self._package)
        return self._engine.stream(text)

    async def close(self) -> None:
        self._thread.shutdown(wait=False, cancel_futures=True)


def load(package: str) -> Engine:
    try:
        module = importlib.import_module(package)
    except ImportError as error:
        reason = "the embedded voice is not installed: pip install 'chimein[local]'"
        raise SpeechError(reason, category=Category.MISSING_ENGINE) from error
    return cast("Engine", module.Hibari())


def next_piece(pieces: Iterator[Samples]) -> bytes:
    """Empty when there is no more. A part without a sound to it is passed over."""
    for samples in pieces:
        if pcm := pcm_of(samples):
            return pcm
    return b""


def pcm_of(samples: Samples) -> bytes:
    return (samples.clip(-1, 1) * FULL_SCALE).astype("<i2").tobytes()
