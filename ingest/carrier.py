"""Carries the intakes of one lane to Redis, all that was gathered since the last round in one pipeline; after an outage
in several, for one that holds minutes of many meetings would not be through before its time is over, time and again.

What Redis lost of the audio shows by how far the track has come: then the last seconds go again, and those chunks that
it still has are passed over.
"""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from typing import cast

import redis.exceptions
import structlog

from ingest import metrics
from ingest.grid import Chunk
from ingest.intake import Intake
from shared.backlog import Backlog
from shared.bus import Bus
from shared.clock import Clock
from shared.connections import LOST
from shared.errors import MeetingGoneError
from shared.meetings import write_of
from shared.scripting import Call, Script
from shared.servers import look_again
from shared.streams import AUDIO_CAP_MS, CHUNK_MS, RECEIVED
from shared.waiting import is_wanted

TOLD_EVERY_MS = 1000
AGAIN_S = 0.2
REST_S, MOST_REST_S = 30e-6, 0.01
"""Between two rounds, for each meeting: the more there are, the more chunks share one."""
LEAST_REST_S = 0.001
"""A loop cannot rest for less: a participant's chunk would wait for longer than a round trip takes."""

MOST_OF_A_TRACK, MOST_AT_ONCE = 100, 2_000
"""Chunks in one round, and in one pipeline: 10 s of sound, and 6.4 MB."""

Part = tuple[Intake, str, list[Chunk]]
"""Of a track: what goes in one call."""
Reply = list[bytes] | Exception

log = structlog.get_logger()


class Carrier:
    """`run` must be running."""

    def __init__(self, bus: Bus, clock: Clock, unsent: Backlog | None = None) -> None:
        self._bus, self._clock, self._unsent = bus, clock, unsent or Backlog(clock)
        self._append_script, self._received = Script(bus.redis, "append"), Script(bus.redis, "received")
        self._opened: set[tuple[str, str]] = set()
        self.intakes: dict[str, Intake] = {}
        self._due: dict[str, Intake] = {}
        """Those that have something to be sent."""
        self._work = asyncio.Event()

    def carry(self, intake: Intake) -> None:
        """There is something of it to be sent."""
        if intake.waits_since_s is None:
            intake.waits_since_s = asyncio.get_running_loop().time()
        self._due[intake.meeting_id] = intake
        self._work.set()

    def doubt(self) -> None:
        """Redis may have forgotten the end of any track: it is asked how far each has come."""
        for intake in self.intakes.values():
            for outbox in intake.tracks.values():
                outbox.doubt()
            self.carry(intake)

    def forget(self, intake: Intake) -> None:
        self.intakes.pop(intake.meeting_id, None)
        self._opened = {key for key in self._opened if key[0] != intake.meeting_id}

    async def run(self) -> None:
        """Until cancelled."""
        while is_wanted():
            await self._work.wait()
            self._work.clear()
            self._unsent.begin(self)
            try:
                await self.flush()
                self._unsent.end(self)
                if (rest_s := len(self.intakes) * REST_S) >= LEAST_REST_S:
                    await asyncio.sleep(min(rest_s, MOST_REST_S))
            except LOST as error:
                log.warning("carrier.interrupted", error=type(error).__name__)
                await self._clock.sleep(AGAIN_S)
                await look_again(self._bus.redis)
                for intake in self.intakes.values():
                    self.carry(intake)

    async def flush(self) -> None:
        """Sends what is due. Raises what LOST names; then nothing counts as sent."""
        due, self._due = [intake for intake in self._due.values() if not intake.gone.is_set()], {}
        for intake in due:
            try:
                await self._tell(intake)
                await self._open_tracks(intake)
            except MeetingGoneError:
                intake.gone.set()
        behind = await self._append([intake for intake in due if not intake.gone.is_set()])
        self._note_waits(due, behind)

    def _note_waits(self, due: Sequence[Intake], behind: set[str]) -> None:
        """What came meanwhile has waited for less than this round: it counts from now on."""
        now_s = asyncio.get_running_loop().time()
        for intake in due:
            if intake.waits_since_s is not None and intake.meeting_id not in behind:
                metrics.frame_to_log.observe(now_s - intake.waits_since_s)
                intake.waits_since_s = None
            if not intake.is_idle:
                self.carry(intake)

    async def _tell(self, intake: Intake) -> None:
        while intake.facts:
            await self._bus.write(intake.meeting_id, write_of(intake.facts[0]))
            intake.facts.popleft()

    async def _open_tracks(self, intake: Intake) -> None:
        for track in list(intake.tracks):  # others may begin meanwhile
            if (intake.meeting_id, track) not in self._opened:
                await self._bus.open_track(intake.meeting_id, track)
                self._opened.add((intake.meeting_id, track))

    async def _append(self, due: Sequence[Intake]) -> set[str]:
        """The oldest unsent chunks of every track; or only the question how far a track has come.

        Returns the meetings of which not everything went.
        """
        parts = [
            (intake, track, chunks)
            for intake in due
            for track, outbox in intake.tracks.items()
            if (chunks := outbox.unsent(MOST_OF_A_TRACK)) or outbox.is_doubtful
        ]
        for pipeline in in_pipelines(parts):
            await self._append_at_once(pipeline)
        return {intake.meeting_id for intake, _, chunks in parts if len(chunks) == MOST_OF_A_TRACK}

    async def _append_at_once(self, parts: Sequence[Part]) -> None:
        """In one round trip."""
        replies = await self._append_script.each([call_of(*part) for part in parts])
        news = [self._check(*part, cast("Reply", reply)) for part, reply in zip(parts, replies, strict=True)]
        for reply in await self._received.each([call for call in news if call]):
            raise_if_failed(reply)

    def _check(self, intake: Intake, track: str, chunks: list[Chunk], reply: Reply) -> Call | None:
        """What is to be told of it, if anything. Raises what means that Redis is not itself."""
        raise_if_failed(reply)
        assert not isinstance(reply, Exception)
        if reply[0] == b"OK":
            return self._acknowledge(intake, track, chunks, new=int(reply[1]), dropped=int(reply[2]))
        log.warning("chunks.forgotten", meeting_id=intake.meeting_id, reason=reply[0].decode())
        self._opened.discard((intake.meeting_id, track))
        intake.tracks[track].rewind()
        self.carry(intake)
        return None

    def _acknowledge(self, intake: Intake, track: str, chunks: list[Chunk], *, new: int, dropped: int) -> Call | None:
        """How far audio has come, once a second."""
        intake.tracks[track].acknowledge(len(chunks))
        intake.dropped_at = self._clock.now_ms() if dropped else intake.dropped_at
        metrics.chunks_appended.inc(new)
        metrics.chunks_repeated.inc(len(chunks) - new)
        metrics.chunks_dropped.inc(dropped)
        if not chunks:
            return None
        end_ms = chunks[-1].source_ms + CHUNK_MS
        intake.land(track, end_ms)
        if chunks[0].source_ms // TOLD_EVERY_MS == end_ms // TOLD_EVERY_MS:
            return None
        origin = "" if intake.origin_ms is None else str(round(intake.origin_ms))
        return Call([intake.keys.state], [RECEIVED + track, end_ms, self._clock.now_ms(), origin])


def in_pipelines(parts: Iterable[Part]) -> Iterator[list[Part]]:
    """Never more than MOST_AT_ONCE chunks in one, as long as no track has more by itself."""
    pipeline, count = list[Part](), 0
    for part in parts:
        chunks = len(part[2])
        if pipeline and count + chunks > MOST_AT_ONCE:
            yield pipeline
            pipeline, count = [], 0
        pipeline.append(part)
        count += chunks
    if pipeline:
        yield pipeline


def raise_if_failed(reply: object) -> None:
    """Raises what LOST names."""
    if isinstance(reply, Exception):
        raise reply if isinstance(reply, LOST) else redis.exceptions.ConnectionError(str(reply))


def call_of(intake: Intake, track: str, chunks: Sequence[Chunk]) -> Call:
    """Of the script that appends."""
    reached_ms = intake.tracks[track].reached_ms
    args: list[str | bytes | int] = [track, "" if reached_ms is None else reached_ms, AUDIO_CAP_MS // CHUNK_MS]
    for chunk in chunks:
        args += [chunk.source_ms, chunk.pcm]
    return Call([intake.keys.audio(track), intake.keys.state], args)
