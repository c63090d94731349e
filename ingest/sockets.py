"""The WebSocket server that meeting platforms dial: audio and participant events come in here."""

import asyncio
import hmac
import urllib.parse
from http import HTTPStatus

import structlog
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from ingest import frames, metrics
from ingest.grid import Grid
from ingest.producer import Intake, Producer
from shared.bus import LOST, Bus
from shared.clock import Clock
from shared.errors import DecodeError, MeetingGoneError
from shared.events import MeetingStateChanged
from shared.meetings import FINAL, Status
from shared.streams import MIXED, SOCKET_TOKEN, STATUS, shard_of

MAX_MESSAGE_BYTES = 1 << 20
REST_S = 1.0
"""How long a dropped socket's unfinished chunk waits: another socket of the bot brings the whole of it sooner."""
MAX_BROKEN = 100
"""Broken messages in a row after which the peer is not a meeting platform."""

log = structlog.get_logger()


class SocketServer:
    """Accepts `/recall/<meeting id>/?token=…` and nothing else."""

    def __init__(self, bus: Bus, producer: Producer, clock: Clock) -> None:
        self._bus, self._producer, self._clock = bus, producer, clock

    async def start(self, host: str, port: int) -> Server:
        return await serve(
            self.hear,
            host,
            port,
            process_request=self.admit,
            compression=None,
            max_size=MAX_MESSAGE_BYTES,
            ping_interval=20,
            ping_timeout=20,
            close_timeout=1,
        )

    async def admit(self, connection: ServerConnection, request: Request) -> Response | None:
        """Checked before the handshake ends; an unknown meeting and a wrong token get the same answer."""
        path, _, query = request.path.partition("?")
        if path == "/health":
            return connection.respond(HTTPStatus.OK, "ok\n")
        parts = path.strip("/").split("/")
        token = urllib.parse.parse_qs(query).get("token", [""])[0]
        if len(parts) != 2 or parts[0] != "recall":
            return connection.respond(HTTPStatus.NOT_FOUND, "sockets live at /recall/<meeting id>/\n")
        try:
            shard_of(parts[1])
            state = await self._bus.state(parts[1])
        except (ValueError, MeetingGoneError):
            state = {}
        except LOST:
            return connection.respond(HTTPStatus.SERVICE_UNAVAILABLE, "Redis is away; dial again\n")
        expected = state.get(SOCKET_TOKEN, "")
        known = bool(expected) and hmac.compare_digest(expected.encode(), token.encode())
        if not known or state.get(STATUS) in FINAL:
            log.warning("socket.refused")
            return connection.respond(HTTPStatus.FORBIDDEN, "unknown meeting or wrong token\n")
        connection.meeting_id = parts[1]  # type: ignore[attr-defined]  # websockets lets attributes be set here
        connection.is_listening = state.get(STATUS) == Status.LISTENING  # type: ignore[attr-defined]  # as above
        return None

    async def hear(self, connection: ServerConnection) -> None:
        """Reads one socket to its end; the read loop never waits for Redis."""
        intake = self._producer.intake(connection.meeting_id)  # type: ignore[attr-defined]  # set in admit
        intake.sockets += 1
        metrics.sockets_open.inc()
        ear = Ear(intake, self._producer, self._clock)
        ear.is_announced = connection.is_listening  # type: ignore[attr-defined]  # set in admit
        finished = False
        try:
            async for message in connection:
                ear.take(message)
                if intake.gone.is_set() or ear.broken > MAX_BROKEN:
                    await connection.close(1008, "unknown meeting" if intake.gone.is_set() else "not Recall's format")
            finished = True
        except ConnectionClosed as error:
            log.info("socket.dropped", meeting_id=intake.meeting_id, code=error.rcvd.code if error.rcvd else 1006)
        finally:
            asyncio.get_running_loop().call_later(0 if finished else REST_S, ear.finish)
            intake.sockets -= 1
            intake.silent_since_ms = self._clock.now_ms()
            metrics.sockets_open.dec()


class Ear:
    """Takes what one socket says: a grid per track, because two sockets bring the same frames."""

    def __init__(self, intake: Intake, producer: Producer, clock: Clock) -> None:
        self._intake, self._producer, self._clock = intake, producer, clock
        self._grids: dict[str, Grid] = {}
        self.broken = 0
        self.is_announced = False

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
        if frame.is_audio:
            self._take_audio(frame)
        elif (fact := frames.fact_of(frame, self._intake.meeting_id, self._clock)) is not None:
            self._producer.put_fact(self._intake, fact)

    def _take_audio(self, frame: frames.Frame) -> None:
        inner = frame.data.data
        track = MIXED if inner.participant is None else str(inner.participant.id)
        grid = self._grids.get(track)
        if grid is None:
            grid = self._grids[track] = Grid()
            self._announce()
        if chunks := grid.push(inner.timestamp.relative, inner.buffer):
            self._producer.put_audio(self._intake, track, chunks)

    def _announce(self) -> None:
        """Audio is the surest sign that the bot is in the call and recording, whatever webhook comes or does not."""
        if self.is_announced:
            return
        self.is_announced = True
        listening = MeetingStateChanged(
            id=f"{self._intake.meeting_id}/listening",
            meeting_id=self._intake.meeting_id,
            at=self._clock.now_ms(),
            status=Status.LISTENING,
        )
        self._producer.put_fact(self._intake, listening)

    def finish(self) -> None:
        """The last chunks will not be filled any more by this socket."""
        for track, grid in self._grids.items():
            if chunks := grid.flush():
                self._producer.put_audio(self._intake, track, chunks)
