"""One `/v1/listen` socket of the Deepgram stand-in, from its upgrade to its close code."""

import asyncio
import hashlib
import math
import uuid
from datetime import UTC, datetime

from aiohttp import WSMsgType, web
from multidict import MultiMapping

from rehearsal.deepgram.closing import CUT, DONE, NO_AUDIO, NOT_AUDIO, Close, how_it_ended, leave
from rehearsal.deepgram.commands import Command, command_of
from rehearsal.deepgram.ears import Ear
from rehearsal.deepgram.intake import Intake
from rehearsal.deepgram.messages import Message, Narrator, configured, not_configured, not_understood, summary
from rehearsal.deepgram.options import DeepgramFaults, DeepgramOptions
from rehearsal.deepgram.outbox import POLL_S, Outbox
from rehearsal.deepgram.query import NOVA_3, is_too_much, wanted_of

BYTES_A_SECOND = 32_000


class Socket:
    """`live` returns when it is closed. What is public is for assertions; times are the event loop's."""

    def __init__(self, query: MultiMapping[str], ear: Ear, options: DeepgramOptions, faults: DeepgramFaults) -> None:
        self.query = query
        self.wanted = wanted_of(query)
        self.request_id = str(uuid.uuid4())
        self.keyterms = self.wanted.keyterms
        """Those in force."""
        self.texts: list[tuple[float, str]] = []
        """Each text frame with its time of arrival."""
        self.intake = Intake(options.intake * options.speed, options.burst_s)
        self.is_held = False
        """Half-open by now: nothing is read any more."""
        self.close_code: int | None = None
        self.closed = asyncio.Event()
        loop = asyncio.get_running_loop()
        self._now = loop.time
        self.opened_at = self._alive_at = self._now()
        self._created = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        self._ear, self._options, self._faults = ear, options, faults
        self._inbox: asyncio.Queue[tuple[float, bytes | str]] = asyncio.Queue()
        self._ordered: asyncio.Future[Close] = loop.create_future()
        self._sha = hashlib.sha256()

    @property
    def received_s(self) -> float:
        """Seconds of audio."""
        return self.intake.received_s

    def end(self, close: Close) -> None:
        """Closes it from the server's side, now."""
        if not self._ordered.done():
            self._ordered.set_result(close)

    async def live(self, socket: web.WebSocketResponse, transport: asyncio.Transport) -> None:
        outbox = Outbox(socket, self._faults)
        answering = asyncio.create_task(self._answer(outbox), name="deepgram answers")
        tasks = [
            answering,
            asyncio.create_task(self._read(socket), name="deepgram reader"),
            asyncio.create_task(self._hear(outbox, answering), name="deepgram ear"),
            asyncio.create_task(self._watch(transport), name="deepgram watch"),
        ]
        close = CUT
        try:
            ended, _ = await asyncio.wait({*tasks, self._ordered}, return_when=asyncio.FIRST_COMPLETED)
            close = how_it_ended(ended.pop())
        finally:
            self.close_code = close.code
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self._ear.close()
        await leave(socket, transport, close)
        self.closed.set()

    async def _read(self, socket: web.WebSocketResponse) -> Close:
        """Until the client goes."""
        async for message in socket:
            due_at = now = self._now()
            if message.type is WSMsgType.ERROR:
                break
            if message.type is WSMsgType.TEXT:
                self.texts.append((now, message.data))
            else:
                due_at = self.intake.take(len(message.data) / BYTES_A_SECOND, now)
            self._inbox.put_nowait((due_at, message.data))
            if self.received_s:  # text does not keep a stream alive that never had audio
                self._alive_at = max(self._alive_at, due_at)
        return Close(socket.close_code or CUT.code)

    async def _hear(self, outbox: Outbox, answering: asyncio.Task[Close]) -> Close:
        """All in its order, audio not before its time. An empty binary frame ends the stream as CloseStream does."""
        while True:
            due_at, frame = await self._inbox.get()
            if isinstance(frame, str):
                command = command_of(frame)
                if command and command.type == "CloseStream":
                    break
                await (self._obey(command, outbox) if command else outbox.send(not_understood(frame)))
                continue
            if not frame:
                break
            if not self.wanted.is_audio_known:
                return NOT_AUDIO
            await asyncio.sleep(due_at - self._now())
            self._sha.update(frame)
            await self._ear.hear(frame)
        self._alive_at = math.inf
        if self._faults.loses_finals:
            return DONE
        await self._ear.finish()
        return await answering

    async def _obey(self, command: Command, outbox: Outbox) -> None:
        if command.type == "Finalize":
            await self._ear.flush()
        elif command.type == "Configure":
            await outbox.send(await self._configure(command.keyterms))

    async def _configure(self, keyterms: tuple[str, ...] | None) -> Message:
        if keyterms and self.wanted.model not in NOVA_3:
            return not_configured(self.request_id, "KEYTERMS_NOT_SUPPORTED")
        if keyterms and is_too_much(keyterms, self._options.keyterm_tokens):
            return not_configured(self.request_id, "KEYTERM_LIMIT_EXCEEDED")
        if keyterms is not None:
            self.keyterms = keyterms
            await self._ear.learn(keyterms)
        return configured(self.request_id, self.keyterms)

    async def _answer(self, outbox: Outbox) -> Close:
        narrator = Narrator(
            self.wanted, self.request_id, self._faults, renumbers_speakers=self._options.renumbers_speakers
        )
        async for heard in self._ear.results():
            for message in narrator.tell(heard):
                await outbox.send(message)
        await outbox.send(summary(self.request_id, self._created, self._sha.hexdigest(), self.received_s))
        return DONE

    async def _watch(self, transport: asyncio.Transport) -> Close:
        """Closes it when nothing comes or, as a fault, when its time is over."""
        while True:
            await asyncio.sleep(POLL_S)
            now = self._now()
            self._hold(transport, now)
            if 0 < self._faults.abort_every_s <= now - self.opened_at:
                return CUT
            if now - self._alive_at > self._options.idle_s / self._options.speed:
                return NO_AUDIO

    def _hold(self, transport: asyncio.Transport, now: float) -> None:
        """A half-open connection is not read from; what cannot come is not missed."""
        if self._faults.half_open:
            transport.pause_reading()
        elif self.is_held:
            transport.resume_reading()
        self.is_held = self._faults.half_open
        if self.is_held:
            self._alive_at = max(self._alive_at, now)
