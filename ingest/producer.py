"""Carries chunks and facts to Redis in the background, so that no socket ever waits for it.

All that was gathered since the last round goes in one pipeline. After any loss the last seconds go again: an audio
entry that Redis still has is refused by its ID, a fact that it still has is known to readers by its id.
"""

import asyncio
from collections import deque
from typing import cast

import redis.exceptions
import structlog

from ingest import metrics
from ingest.grid import Chunk
from ingest.outbox import Outbox
from shared.bus import LOST, SCRIPTS, Bus
from shared.clock import Clock
from shared.errors import MeetingGoneError
from shared.events import Event
from shared.meetings import write_of
from shared.streams import CHUNK_MS, PCM, RECEIVED, MeetingKeys, audio_id
from shared.waiting import is_wanted

FACTS_KEPT_MS = 10_000
KEPT_MS = 120_000
"""How long after its last socket a meeting's intake is kept: longer than the platform goes on dialling."""
TOLD_EVERY_MS = 1000

log = structlog.get_logger()


class Intake:
    """One meeting as this process hears it."""

    def __init__(self, meeting_id: str) -> None:
        self.meeting_id, self.keys = meeting_id, MeetingKeys(meeting_id)
        self.tracks: dict[str, Outbox] = {}
        self.facts: deque[Event] = deque()
        """Facts not yet on the timeline."""
        self.told: deque[Event] = deque()
        """Facts of the last seconds that are."""
        self.gone = asyncio.Event()
        """Set when the meeting was erased: nothing of it is taken any more."""
        self.origin_ms: float | None = None
        """Unix ms of source time 0, as this process knows it."""
        self.sockets = 0
        self.silent_since_ms = 0
        """When the last socket closed; the platform may dial again and go on where it stopped."""

    @property
    def is_idle(self) -> bool:
        return not self.facts and not any(outbox.unsent() for outbox in self.tracks.values())

    def rewind(self) -> None:
        self.facts.extendleft(reversed(self.told))
        self.told.clear()
        for outbox in self.tracks.values():
            outbox.rewind()


class Producer:
    """All intakes of the process. `run` must be running."""

    def __init__(self, bus: Bus, clock: Clock) -> None:
        self._bus, self._clock = bus, clock
        self._received = bus.redis.register_script((SCRIPTS / "received.lua").read_text())
        self._intakes: dict[str, Intake] = {}
        self._opened: set[tuple[str, str]] = set()
        self._work = asyncio.Event()
        self._connects = 0

    def intake(self, meeting_id: str) -> Intake:
        """The meeting's intake, shared by its sockets."""
        for other in [one for one in self._intakes.values() if self._is_over(one)]:
            del self._intakes[other.meeting_id]
            self._opened = {key for key in self._opened if key[0] != other.meeting_id}
        return self._intakes.setdefault(meeting_id, Intake(meeting_id))

    def _is_over(self, intake: Intake) -> bool:
        rested = self._clock.now_ms() - intake.silent_since_ms > KEPT_MS
        return intake.sockets == 0 and (intake.gone.is_set() or (rested and intake.is_idle))

    @property
    def linked(self) -> list[str]:
        """Meetings with an open socket."""
        return [intake.meeting_id for intake in self._intakes.values() if intake.sockets]

    @property
    def is_idle(self) -> bool:
        """Nothing waits to be sent."""
        return all(intake.is_idle for intake in self._intakes.values())

    def put_audio(self, intake: Intake, track: str, chunks: list[Chunk]) -> None:
        if track not in intake.tracks:
            intake.tracks[track] = Outbox()
        intake.tracks[track].put(chunks)
        self._work.set()

    def put_fact(self, intake: Intake, fact: Event) -> None:
        intake.facts.append(fact)
        self._work.set()

    async def run(self) -> None:
        """Until cancelled."""
        while is_wanted():
            await self._work.wait()
            self._work.clear()
            try:
                await self.flush()
            except LOST as error:
                log.warning("producer.interrupted", error=type(error).__name__)
                for intake in self._intakes.values():
                    intake.rewind()
                await self._clock.sleep(0.2)
                self._work.set()

    async def flush(self) -> None:
        """Sends what is there. Raises what LOST names; then nothing counts as sent."""
        await self._notice_reconnect()
        for intake in list(self._intakes.values()):
            if intake.gone.is_set():
                continue
            try:
                await self._tell(intake)
                await self._open_tracks(intake)
            except MeetingGoneError:
                intake.gone.set()
        await self._append()

    async def _notice_reconnect(self) -> None:
        """A connection that was made anew in silence may lead to a Redis that forgot its last writes.

        It must be known before the next chunk goes: behind that one, no earlier ID would be taken.
        """
        await self._bus.redis.ping()
        if self._bus.connects.count != self._connects:
            self._connects = self._bus.connects.count
            self._opened.clear()
            for intake in self._intakes.values():
                intake.rewind()

    async def _tell(self, intake: Intake) -> None:
        while intake.facts:
            fact = intake.facts[0]
            await self._bus.write(intake.meeting_id, write_of(fact))
            intake.told.append(intake.facts.popleft())
        while intake.told and intake.told[0].at < self._clock.now_ms() - FACTS_KEPT_MS:
            intake.told.popleft()

    async def _open_tracks(self, intake: Intake) -> None:
        for track in intake.tracks:
            if (intake.meeting_id, track) not in self._opened:
                await self._bus.open_track(intake.meeting_id, track)
                self._opened.add((intake.meeting_id, track))

    async def _append(self) -> None:
        """Every unsent chunk of every track in one round trip."""
        pipe = self._bus.redis.pipeline(transaction=False)
        sent: list[tuple[Intake, str, list[Chunk]]] = []
        for intake in self._intakes.values():
            if intake.gone.is_set():
                continue
            for track, outbox in intake.tracks.items():
                if chunks := outbox.unsent():
                    sent.append((intake, track, chunks))
                    key = intake.keys.audio(track)
                    for chunk in chunks:
                        pipe.xadd(key, {PCM: chunk.pcm}, id=audio_id(chunk.source_ms), nomkstream=True)
        if not sent:
            return
        replies = cast("list[object]", await pipe.execute(raise_on_error=False))
        for intake, track, chunks in sent:
            mine, replies = replies[: len(chunks)], replies[len(chunks) :]
            await self._check(intake, track, chunks, mine)

    async def _check(self, intake: Intake, track: str, chunks: list[Chunk], replies: list[object]) -> None:
        """Raises the first reply that means that Redis is not itself."""
        for reply in replies:
            if isinstance(reply, redis.exceptions.ResponseError) and "equal or smaller" in str(reply):
                metrics.chunks_repeated.inc()
            elif isinstance(reply, Exception):
                raise reply if isinstance(reply, LOST) else redis.exceptions.ConnectionError(str(reply))
        if any(reply is None for reply in replies):
            self._opened.discard((intake.meeting_id, track))
            intake.tracks[track].rewind()
            self._work.set()
            return
        intake.tracks[track].acknowledge(len(chunks))
        metrics.chunks_appended.inc(len(chunks))
        end_ms = chunks[-1].source_ms + CHUNK_MS
        if chunks[0].source_ms // TOLD_EVERY_MS != end_ms // TOLD_EVERY_MS:
            origin = "" if intake.origin_ms is None else str(round(intake.origin_ms))
            told: list[str | int] = [RECEIVED + track, end_ms, self._clock.now_ms(), origin]
            await self._received(keys=[intake.keys.state], args=told)
