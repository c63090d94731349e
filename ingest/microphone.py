"""One microphone of a room: its sound on the way to a track, and what it tells of its owner."""

import msgspec
import structlog
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from ingest import metrics, room_frames
from ingest.doors import Guest
from ingest.grid import Chunk, Grid
from ingest.intake import Intake
from ingest.producer import Producer
from ingest.room_frames import Heard, Hello, Voice
from shared.clock import Clock
from shared.errors import DecodeError
from shared.events import (
    Event,
    MeetingStateChanged,
    ParticipantJoined,
    ParticipantLeft,
    SpeakingStarted,
    SpeakingStopped,
)
from shared.meetings import Status
from shared.streams import MIXED, STATUS

AHEAD_MS = 5_000
"""Sound of a later time than this from now is of no clock that can be."""
MAX_BROKEN = 100
FAREWELLS = frozenset({1000, 1001})
"""By which a page says that it will not come back with this sound: the microphone is off, or the page left."""

log = structlog.get_logger()


class Microphone:
    """One socket's sound on its way to one track. `offset_ms` is the source time at which the microphone went on."""

    def __init__(
        self, guest: Guest, hello: Hello, intake: Intake, producer: Producer, clock: Clock, offset_ms: int
    ) -> None:
        self.intake, self._producer, self._clock = intake, producer, clock
        self._person = {"participant_id": guest.participant_id, "name": hello.name}
        self._track = MIXED if hello.is_table else guest.participant_id
        self._is_table, self._offset_ms = hello.is_table, offset_ms
        self._grid, self._broken = Grid(), 0
        self._found = guest.state.get(STATUS, "")
        self._is_announced = self._found == Status.LISTENING

    @property
    def landed_ms(self) -> int:
        """In the microphone's own time; -1 before anything has."""
        landed_ms = self.intake.landed_ms.get(self._track)
        return -1 if landed_ms is None else max(-1, landed_ms - self._offset_ms)

    async def listen(self, connection: ServerConnection) -> bool:
        """To the end of the socket. Returns whether the microphone was switched off, and not cut off.

        Of one that was cut off the last piece is not filled up with silence: it will be sent again.
        """
        try:
            while self._broken <= MAX_BROKEN and not self.intake.gone.is_set():
                self.take(await connection.recv())
            await connection.close(
                1008, "unknown meeting" if self.intake.gone.is_set() else "not a microphone's format"
            )
        except ConnectionClosed as closed:
            if is_farewell(closed):
                self._put(self._grid.flush())
                return True
        return False

    def take(self, message: str | bytes) -> None:
        """A message that cannot be read is counted and passed over."""
        try:
            said = room_frames.decode(message)
            source_ms = self._source_ms(0 if isinstance(said, Hello) else said.at_ms)
        except DecodeError as error:
            self._broken += 1
            metrics.frames_broken.inc()
            log.warning("frame.broken", meeting_id=self.intake.meeting_id, reason=error.reason[:200])
            return
        self._broken = 0
        match said:
            case Heard():
                self._announce()
                self._put(self._grid.push(source_ms / 1000, said.pcm))
            case Voice() if not self._is_table:
                kind = SpeakingStarted if said.is_on else SpeakingStopped
                self._tell(kind, f"{kind.__name__}/{source_ms:.0f}", source_ms=round(source_ms), **self._person)

    def _source_ms(self, at_ms: float) -> float:
        """Raises DecodeError for a time that has not come yet: behind it no other sound would be taken."""
        assert self.intake.origin_ms is not None
        source_ms = at_ms + self._offset_ms
        if source_ms > self._clock.now_ms() - self.intake.origin_ms + AHEAD_MS:
            raise DecodeError("room message", "its time has not come yet")
        return source_ms

    def _put(self, chunks: list[Chunk]) -> None:
        if chunks:
            self._producer.put_audio(self.intake, self._track, chunks)

    # -- facts -------------------------------------------------------------------------------------------------------

    def join(self) -> None:
        self._tell(ParticipantJoined, f"joined/{self._clock.now_ms()}", **self._person)

    def leave(self) -> None:
        self._tell(ParticipantLeft, f"left/{self._clock.now_ms()}", **self._person)

    def _announce(self) -> None:
        """The first sound: from now on the meeting is heard, or heard again."""
        if self._is_announced:
            return
        self._is_announced = True
        meeting_id, now_ms = self.intake.meeting_id, self._clock.now_ms()
        again = f"/{now_ms}" if self._found == Status.DEAF else ""
        fact_id = f"{meeting_id}/listening{again}"
        self._put_fact(MeetingStateChanged(id=fact_id, meeting_id=meeting_id, at=now_ms, status=Status.LISTENING))

    def _tell(self, kind: type[Event], key: str, **fields: object) -> None:
        meeting_id, person = self.intake.meeting_id, self._person["participant_id"]
        head = {"id": f"{meeting_id}/{person}/{key}", "meeting_id": meeting_id, "at": self._clock.now_ms()}
        self._put_fact(msgspec.convert({**head, **fields}, kind))

    def _put_fact(self, fact: Event) -> None:
        self._producer.put_fact(self.intake, fact)


def is_farewell(closed: ConnectionClosed) -> bool:
    """Not where this process restarts, or a socket broke: then the page sends again what was not safe."""
    if closed.rcvd_then_sent:
        return closed.rcvd is not None and closed.rcvd.code in FAREWELLS
    return closed.sent is not None and closed.sent.code == 1000
