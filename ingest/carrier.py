"""Carries the intakes of one lane to Redis, all that was gathered since the last round in one pipeline.

What Redis lost of the audio shows by how far the track has come: then the last seconds go again, and those chunks that
it still has are passed over.
"""

import asyncio
from collections.abc import Sequence
from typing import Any, cast

import redis.exceptions
import structlog

from ingest import metrics
from ingest.grid import Chunk
from ingest.intake import Intake
from shared.bus import SCRIPTS, Bus
from shared.clock import Clock
from shared.connections import LOST
from shared.errors import MeetingGoneError
from shared.meetings import write_of
from shared.servers import look_again
from shared.streams import AUDIO_CAP_MS, CHUNK_MS, RECEIVED
from shared.waiting import is_wanted

TOLD_EVERY_MS = 1000
AGAIN_S = 0.2

log = structlog.get_logger()


class Carrier:
    """`run` must be running, and `work` be set when there is something to carry."""

    def __init__(self, bus: Bus, clock: Clock) -> None:
        self._bus, self._clock = bus, clock
        self._append_script = bus.redis.register_script((SCRIPTS / "append.lua").read_text())
        self._received = bus.redis.register_script((SCRIPTS / "received.lua").read_text())
        self._opened: set[tuple[str, str]] = set()
        self.intakes: dict[str, Intake] = {}
        self.work = asyncio.Event()

    def forget(self, intake: Intake) -> None:
        self.intakes.pop(intake.meeting_id, None)
        self._opened = {key for key in self._opened if key[0] != intake.meeting_id}

    async def run(self) -> None:
        """Until cancelled."""
        while is_wanted():
            await self.work.wait()
            self.work.clear()
            try:
                await self.flush()
            except LOST as error:
                log.warning("carrier.interrupted", error=type(error).__name__)
                await self._clock.sleep(AGAIN_S)
                await look_again(self._bus.redis)
                self.work.set()

    async def flush(self) -> None:
        """Sends what is there. Raises what LOST names; then nothing counts as sent."""
        for intake in list(self.intakes.values()):
            if intake.gone.is_set():
                continue
            try:
                await self._tell(intake)
                await self._open_tracks(intake)
            except MeetingGoneError:
                intake.gone.set()
        await self._append()

    async def _tell(self, intake: Intake) -> None:
        while intake.facts:
            await self._bus.write(intake.meeting_id, write_of(intake.facts[0]))
            intake.facts.popleft()

    async def _open_tracks(self, intake: Intake) -> None:
        for track in intake.tracks:
            if (intake.meeting_id, track) not in self._opened:
                await self._bus.open_track(intake.meeting_id, track)
                self._opened.add((intake.meeting_id, track))

    async def _append(self) -> None:
        """Every unsent chunk of every track in one round trip."""
        calls = [
            (intake, track, chunks)
            for intake in self.intakes.values()
            if not intake.gone.is_set()
            for track, outbox in intake.tracks.items()
            if (chunks := outbox.unsent())
        ]
        if not calls:
            return
        pipe = self._bus.redis.pipeline(transaction=False)
        for intake, track, chunks in calls:
            pipe.execute_command("EVALSHA", self._append_script.sha, 2, *arguments_of(intake, track, chunks))
        replies = await pipe.execute(raise_on_error=False)
        for (intake, track, chunks), reply in zip(calls, replies, strict=True):
            await self._check(intake, track, chunks, reply)

    async def _check(self, intake: Intake, track: str, chunks: list[Chunk], reply: list[bytes] | Exception) -> None:
        """Raises what means that Redis is not itself."""
        if isinstance(reply, redis.exceptions.NoScriptError):
            await self._bus.redis.script_load(cast("str", self._append_script.script))
            self.work.set()
        elif isinstance(reply, Exception):
            raise reply if isinstance(reply, LOST) else redis.exceptions.ConnectionError(str(reply))
        elif reply[0] == b"OK":
            await self._acknowledge(intake, track, chunks, new=int(reply[1]), dropped=int(reply[2]))
        else:
            log.warning("chunks.forgotten", meeting_id=intake.meeting_id, reason=reply[0].decode())
            self._opened.discard((intake.meeting_id, track))
            intake.tracks[track].rewind()
            self.work.set()

    async def _acknowledge(self, intake: Intake, track: str, chunks: list[Chunk], *, new: int, dropped: int) -> None:
        intake.tracks[track].acknowledge(len(chunks))
        intake.dropped_at = self._clock.now_ms() if dropped else intake.dropped_at
        metrics.chunks_appended.inc(new)
        metrics.chunks_repeated.inc(len(chunks) - new)
        metrics.chunks_dropped.inc(dropped)
        end_ms = chunks[-1].source_ms + CHUNK_MS
        intake.land(track, end_ms)
        if chunks[0].source_ms // TOLD_EVERY_MS != end_ms // TOLD_EVERY_MS:
            origin = "" if intake.origin_ms is None else str(round(intake.origin_ms))
            told: list[str | int] = [RECEIVED + track, end_ms, self._clock.now_ms(), origin]
            await self._received(keys=[intake.keys.state], args=told)


def arguments_of(intake: Intake, track: str, chunks: Sequence[Chunk]) -> list[Any]:
    """Keys and arguments of the script that appends."""
    reached_ms = intake.tracks[track].reached_ms
    found: list[Any] = [intake.keys.audio(track), intake.keys.state, track]
    found += ["" if reached_ms is None else reached_ms, AUDIO_CAP_MS // CHUNK_MS]
    for chunk in chunks:
        found += [chunk.source_ms, chunk.pcm]
    return found
