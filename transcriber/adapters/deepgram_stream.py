"""One track on one socket to Deepgram."""

import asyncio
from collections.abc import AsyncIterator

import structlog
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from shared.errors import Category, TranscriptionError
from shared.waiting import first_of
from transcriber.adapters.deepgram_clock import SocketClock
from transcriber.adapters.deepgram_errors import error_of
from transcriber.adapters.deepgram_messages import (
    CLOSE_STREAM,
    ConfigureFailure,
    Error,
    Message,
    Metadata,
    configure,
    message_of,
)
from transcriber.adapters.deepgram_outgoing import Outgoing
from transcriber.adapters.deepgram_pacing import Limits
from transcriber.adapters.deepgram_query import keyterms_of
from transcriber.adapters.deepgram_results import Utterances
from transcriber.ports import Heard, StreamSpec

CLOSE_S = 0.2

log = structlog.get_logger()


class DeepgramStream:
    """Two tasks: one reads, one looks after what a socket needs besides audio."""

    def __init__(self, socket: ClientConnection, spec: StreamSpec, model: str, limits: Limits) -> None:
        self._socket, self._model, self._finish_s = socket, model, limits.finish_s
        self._keyterms = keyterms_of(spec.vocabulary, model)
        self._clock = SocketClock(spec.start_ms)
        self._outgoing = Outgoing(socket, self._clock, limits)
        self._utterances = Utterances(self._clock, spec.fresh_from_ms, socket.id.hex[:8])
        self._outcomes: asyncio.Queue[Heard | TranscriptionError | None] = asyncio.Queue()
        self._error: TranscriptionError | None = None
        self._has_ended = False
        self._finishing = asyncio.Event()
        self.is_closed = False
        self._tasks = {
            asyncio.create_task(self._read(), name="deepgram-read"),
            asyncio.create_task(self._watch(), name="deepgram-watch"),
        }

    async def send(self, at_ms: int, pcm: bytes) -> None:
        """Waits where the audio comes faster than Deepgram takes it."""
        if self._has_ended:
            raise self._error or TranscriptionError("the stream is closed", category=Category.UNAVAILABLE)
        try:
            await self._outgoing.send(at_ms, pcm)
        except ConnectionClosed as failed:
            raise self._error or error_of(failed) from failed

    async def mark_change(self, at_ms: int) -> None:
        """Changes nothing: Deepgram hears it too."""

    async def learn(self, vocabulary: tuple[str, ...]) -> None:
        keyterms = keyterms_of(vocabulary, self._model)
        if keyterms != self._keyterms:
            self._keyterms = keyterms
            await self._outgoing.say(configure(keyterms))

    async def finish(self) -> None:
        """The results end when Deepgram has told everything, or with an error."""
        self._finishing.set()
        await self._outgoing.say(CLOSE_STREAM)

    async def results(self) -> AsyncIterator[Heard]:
        while (outcome := await self._outcomes.get()) is not None and not self.is_closed:
            if isinstance(outcome, TranscriptionError):
                raise outcome
            yield outcome

    async def close(self) -> None:
        self.is_closed = self._has_ended = True
        self._outcomes.put_nowait(None)
        self._socket.transport.abort()
        for task in self._tasks:
            task.cancel()
        await asyncio.wait(self._tasks, timeout=CLOSE_S)

    # -- from Deepgram -------------------------------------------------------------------------------------------------

    async def _read(self) -> None:
        try:
            async for frame in self._socket:
                self._outgoing.note_answer()
                if message := message_of(frame):
                    self._take(message)
                else:
                    log.debug("deepgram.message_skipped", frame_bytes=len(frame))
            self._end(self._untimely())
        except ConnectionClosed as failed:
            self._end(error_of(failed))
        except Exception:
            log.exception("deepgram.reading_failed")
            self._end(TranscriptionError("what Deepgram said was not understood"))

    def _take(self, message: Message) -> None:
        match message:
            case Metadata() if self._finishing.is_set():
                self._end(None)
            case ConfigureFailure():
                log.warning("deepgram.keyterms_refused", code=message.code)
            case Error():
                log.warning("deepgram.command_refused", variant=message.variant)
            case _:
                for heard in self._utterances.take(message):
                    self._outcomes.put_nowait(heard)

    async def _watch(self) -> None:
        """Keeps the socket alive until the end of the audio; gives up on a Deepgram that does not answer."""
        await first_of(self._outgoing.tend(), self._finishing.wait())
        if self._finishing.is_set():
            await asyncio.sleep(self._finish_s)
        self._end(TranscriptionError("Deepgram takes the sound but does not answer", category=Category.TIMEOUT))
        self._socket.transport.abort()

    def _untimely(self) -> TranscriptionError | None:
        """After a friendly end: None if everything was told that there was."""
        if self._finishing.is_set() and self._utterances.settled_ms >= self._clock.end_ms:
            return None
        return TranscriptionError("Deepgram ended the stream before its last words", category=Category.UNAVAILABLE)

    def _end(self, error: TranscriptionError | None) -> None:
        """Nothing more will come; what is final already is told."""
        if self._has_ended:
            return
        self._has_ended, self._error = True, error
        for heard in self._utterances.conclude() if error else self._utterances.finish():
            self._outcomes.put_nowait(heard)
        self._outcomes.put_nowait(error)
