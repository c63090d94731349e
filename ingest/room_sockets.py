"""Microphones of a room: each has a socket and a track, and keeps what it said until it is told that Redis has it."""

import asyncio
import contextlib

import msgspec
import structlog
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from ingest import metrics, room_frames
from ingest.doors import Guest
from ingest.microphone import Microphone
from ingest.producer import Producer
from ingest.room_frames import Hello, Landed, Welcome
from shared.bus import Bus
from shared.clock import Clock
from shared.connections import LOST
from shared.errors import DecodeError, MeetingGoneError
from shared.meetings import FINAL
from shared.scripting import SCRIPTS
from shared.streams import STATUS, MeetingKeys
from shared.waiting import end

HELLO_S = 10.0
LOOK_S = 2.0
"""How often a socket looks whether its meeting is over."""
LINGER_S = 12.0
"""Whoever is away for longer has left."""

log = structlog.get_logger()


class RoomSockets:
    """All microphones that this process hears."""

    def __init__(self, bus: Bus, producer: Producer, clock: Clock) -> None:
        self._bus, self._producer, self._clock = bus, producer, clock
        self._begin = bus.redis.register_script((SCRIPTS / "begin_room.lua").read_text())
        self._here: dict[tuple[str, str], int] = {}
        """Sockets by meeting and participant."""

    async def hear(self, connection: ServerConnection, guest: Guest) -> None:
        """One socket to its end."""
        try:
            microphone = await self._greet(connection, guest)
        except (ConnectionClosed, DecodeError, MeetingGoneError, TimeoutError, *LOST) as error:
            log.info("microphone.not_greeted", meeting_id=guest.meeting_id, error=type(error).__name__)
            await connection.close(1013, "say hello again in a moment")
            return
        key, intake = (guest.meeting_id, guest.participant_id), microphone.intake
        self._here[key] = self._here.get(key, 0) + 1
        intake.sockets += 1
        metrics.sockets_open.inc()
        telling = asyncio.create_task(self._tell(connection, microphone), name="microphone-landed")
        try:
            is_done = await microphone.listen(connection)
        finally:
            await end(telling)
            intake.sockets -= 1
            intake.silent_since_ms = self._clock.now_ms()
            metrics.sockets_open.dec()
        asyncio.get_running_loop().call_later(0 if is_done else LINGER_S, self._see_off, key, microphone)

    async def _greet(self, connection: ServerConnection, guest: Guest) -> Microphone:
        async with asyncio.timeout(HELLO_S):
            hello = room_frames.decode(await connection.recv())
        if not isinstance(hello, Hello):
            raise DecodeError("room message", "the first one must be a hello")
        started_at = plausible(hello.started_at, self._clock.now_ms())
        origin = await self._begin(keys=[MeetingKeys(guest.meeting_id).state], args=[started_at])
        if origin is None:
            raise MeetingGoneError(guest.meeting_id)
        intake = self._producer.intake(guest.meeting_id)
        intake.origin_ms = float(origin)
        microphone = Microphone(guest, hello, intake, self._producer, self._clock, started_at - int(origin))
        await connection.send(msgspec.json.encode(Welcome(started_at=started_at)).decode())
        microphone.join()
        return microphone

    async def _tell(self, connection: ServerConnection, microphone: Microphone) -> None:
        """What has landed, as it lands; and that the meeting is over, when it is."""
        told_ms, look_at = -1, self._clock.now_ms()
        with contextlib.suppress(ConnectionClosed):
            while True:
                news = microphone.intake.news
                if (landed_ms := microphone.landed_ms) > told_ms:
                    told_ms = landed_ms
                    await connection.send(msgspec.json.encode(Landed(until_ms=landed_ms)).decode())
                if self._clock.now_ms() >= look_at:
                    look_at = self._clock.now_ms() + round(LOOK_S * 1000)
                    if microphone.intake.gone.is_set() or await self._is_over(microphone.intake.meeting_id):
                        await connection.close(1000, "the meeting is over")
                        return
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_S):
                        await news.wait()

    async def _is_over(self, meeting_id: str) -> bool:
        try:
            return (await self._bus.state(meeting_id)).get(STATUS) in FINAL
        except MeetingGoneError:
            return True
        except LOST:
            return False

    def _see_off(self, key: tuple[str, str], microphone: Microphone) -> None:
        """Unless another socket of the same participant is there."""
        self._here[key] -= 1
        if not self._here[key]:
            del self._here[key]
            microphone.leave()


def plausible(started_at: int, now_ms: int) -> int:
    """What the page gives back is believed only where it can be true."""
    return started_at if now_ms - room_frames.LONGEST_MS < started_at <= now_ms else now_ms
