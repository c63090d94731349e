"""The WebSocket server that meeting platforms dial: audio and participant events come in here."""

import asyncio
from http import HTTPStatus
from weakref import WeakKeyDictionary

import structlog
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed, ConnectionClosedOK
from websockets.http11 import Request, Response

from ingest import frames, metrics
from ingest.doors import Doors, Guest, Refusal
from ingest.intake import Intake
from ingest.off_record import may_be_kept
from ingest.producer import Producer
from ingest.room_sockets import RoomSockets
from ingest.source_clock import SourceClock
from ingest.strands import Strand
from shared.clock import Clock
from shared.errors import DecodeError
from shared.events import MeetingStateChanged
from shared.meetings import Status
from shared.streams import MIXED, ORIGIN, STATUS

MAX_MESSAGE_BYTES = 1 << 20
MAX_QUEUED = 64
"""Messages that are read ahead of the loop; then TCP holds the peer back."""
REST_S = 1.0
"""How long what another socket of the bot may have better waits."""
MAX_BROKEN = 100
"""Broken messages in a row after which the peer is not a meeting platform."""

log = structlog.get_logger()


class SocketServer:
    """Accepts whom the doors let in: bots, and people in rooms. `rest_s` is 0 where a bot has one socket only."""

    def __init__(self, doors: Doors, producer: Producer, clock: Clock, *, rest_s: float = REST_S) -> None:
        self._doors, self._producer, self._clock, self._rest_s = doors, producer, clock, rest_s
        self._rooms = RoomSockets(doors.bus, producer, clock)
        self._guests: WeakKeyDictionary[ServerConnection, Guest] = WeakKeyDictionary()
        """Admitted; forgotten with the connection when the handshake fails after all."""

    async def start(self, host: str, port: int) -> Server:
        return await serve(
            self.hear,
            host,
            port,
            process_request=self.admit,
            compression=None,
            max_size=MAX_MESSAGE_BYTES,
            max_queue=MAX_QUEUED,
            open_timeout=10,
            ping_interval=20,
            ping_timeout=20,
            close_timeout=1,
        )

    async def admit(self, connection: ServerConnection, request: Request) -> Response | None:
        """Before the handshake ends."""
        if request.path == "/health":
            return connection.respond(HTTPStatus.OK, "ok\n")
        answer = await self._doors.admit(request.path, request.headers)
        if isinstance(answer, Refusal):
            return connection.respond(answer.status, answer.text)
        self._guests[connection] = answer
        return None

    async def hear(self, connection: ServerConnection) -> None:
        guest = self._guests.pop(connection)
        await (self._rooms.hear(connection, guest) if guest.participant_id else self._hear_bot(connection, guest))

    async def _hear_bot(self, connection: ServerConnection, guest: Guest) -> None:
        """Reads one socket to its end; the read loop never waits for Redis."""
        intake = self._producer.intake(guest.meeting_id)
        intake.sockets += 1
        metrics.sockets_open.inc()
        ear = Ear(guest, intake, self._producer, self._clock, self._rest_s)
        finished = False
        try:
            while True:
                ear.take(await connection.recv(decode=False))
                if intake.gone.is_set() or ear.broken > MAX_BROKEN:
                    await connection.close(1008, "unknown meeting" if intake.gone.is_set() else "not Recall's format")
        except ConnectionClosed as closed:
            finished = isinstance(closed, ConnectionClosedOK) and bool(closed.rcvd_then_sent)
            if not finished:
                log.info("socket.dropped", meeting_id=intake.meeting_id, code=closed.rcvd.code if closed.rcvd else 1006)
        finally:
            asyncio.get_running_loop().call_later(0 if finished else REST_S, ear.finish)
            intake.sockets -= 1
            intake.silent_since_ms = self._clock.now_ms()
            metrics.sockets_open.dec()


class Ear:
    """Takes what one socket says: a strand per track, because two sockets bring the same frames."""

    def __init__(self, guest: Guest, intake: Intake, producer: Producer, clock: Clock, rest_s: float) -> None:
        self._intake, self._producer, self._clock, self._rest_s = intake, producer, clock, rest_s
        origin = guest.state.get(ORIGIN)
        self._time = SourceClock(float(origin) if origin else intake.origin_ms)
        self._strands: dict[str, Strand] = {}
        self._is_announced = guest.state.get(STATUS) == Status.LISTENING
        self.broken = 0

    def take(self, message: str | bytes) -> None:
        """A message that cannot be read is counted and passed over."""
        try:
            frame = frames.decode(message)
        except DecodeError as error:
            self.broken += 1
            metrics.frames_broken.inc()
            log.warning("frame.broken", meeting_id=self._intake.meeting_id, reason=error.reason[:200])
            return
        self.broken = 0
        inner, now_ms = frame.data.data, self._clock.now_ms()
        stamp = inner.timestamp
        source_ms = self._time.place(stamp.relative * 1000, stamp.absolute or "", now_ms)
        if frame.is_audio:
            self._take_audio(inner, source_ms, now_ms)
        elif (fact := frames.fact_of(frame, self._intake.meeting_id, round(source_ms), self._clock)) and (
            not self._intake.is_off_record or may_be_kept(fact)
        ):
            self._producer.put_fact(self._intake, fact)

    def _take_audio(self, inner: frames.Inner, source_ms: float, now_ms: int) -> None:
        if self._intake.is_off_record:
            self._strands.clear()  # with what rests in them: none of it may come later
            return
        track = MIXED if inner.participant is None else inner.participant.key
        strand = self._strands.get(track)
        if strand is None:
            strand = self._strands[track] = Strand(self._rest_s * 1000)
            self._intake.origin_ms = self._intake.origin_ms or self._time.origin_ms
            self._announce()
        if chunks := strand.push(source_ms, inner.buffer, now_ms):
            self._producer.put_audio(self._intake, track, chunks)

    def _announce(self) -> None:
        """Audio is the surest sign that the bot is in the call and recording, whatever webhook comes or does not."""
        if self._is_announced:
            return
        self._is_announced = True
        listening = MeetingStateChanged(
            id=f"{self._intake.meeting_id}/listening",
            meeting_id=self._intake.meeting_id,
            at=self._clock.now_ms(),
            status=Status.LISTENING,
        )
        self._producer.put_fact(self._intake, listening)

    def finish(self) -> None:
        """The last chunks will not be filled any more by this socket."""
        for track, strand in self._strands.items():
            if chunks := strand.flush():
                self._producer.put_audio(self._intake, track, chunks)
