"""A bot that dials ingest by itself and sends numbered PCM, so that every block can be accounted for."""

import asyncio
import time
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec
import structlog
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from rehearsal.recall.frames import Origin, audio
from shared.numbered_pcm import BLOCK_MS, encode

DIALS = 30

log = structlog.get_logger()


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What a fake bot does."""

    seconds: float
    """Of source time, from the first connection."""
    speed: float = 1.0
    redial_s: float = 3.0
    resend_s: float = 0.0
    """After a reconnect it begins that much earlier; else what fell into the outage is lost."""
    blocks_per_frame: int = 1


@dataclass(frozen=True)
class Sent:
    """One frame that was handed to the socket."""

    first_block: int
    count: int
    at_ms: float
    """Unix ms."""
    connection: int
    """Counted from 1."""


@dataclass
class Call:
    """What the sockets of one bot share: the moment at which the recording began."""

    started_at: datetime | None = None
    started_s: float = 0.0
    """On the monotonic clock."""

    def begin(self) -> bool:
        """False when it had begun before."""
        if self.started_at:
            return False
        self.started_at, self.started_s = datetime.now(UTC), time.monotonic()
        return True


class FakeBot:
    """One socket of a meeting's bot; `run` returns when its time is over and the socket is closed."""

    def __init__(self, url: str, meeting: int, plan: Plan, call: Call | None = None) -> None:
        self._url, self._meeting, self._plan, self._call = url, meeting, plan, call or Call()
        self._socket: ClientConnection | None = None
        self.total_blocks = round(plan.seconds * 1000 / BLOCK_MS)
        self.next_block = 0
        self.connections = 0
        self.sent: list[Sent] = []

    async def run(self) -> None:
        """Raises ConnectionError when nobody answers any more."""
        failures = 0
        while self.next_block < self.total_blocks:
            if failures >= DIALS:
                raise ConnectionError(f"nobody took the fake bot's call in {DIALS} attempts")
            failures = 0 if await self.connection() else failures + 1
            if self.next_block < self.total_blocks:
                await asyncio.sleep(self._plan.redial_s)

    async def connection(self) -> bool:
        """One connection to its end; False when there was none."""
        try:
            async with connect(self._url, compression=None, proxy=None, ping_interval=None, close_timeout=1) as socket:
                self._socket = socket
                self.begin()
                await self.talk(socket)
        except ConnectionClosed:
            log.info("fake_bot.dropped", block=self.next_block)
        except (OSError, InvalidHandshake, TimeoutError) as error:
            log.info("fake_bot.not_answered", problem=type(error).__name__)
            return False
        finally:
            self._socket = None
        return True

    def begin(self) -> None:
        """The meeting goes on while the bot is away."""
        self.connections += 1
        if not self._call.begin():
            resent = round(self._plan.resend_s * 1000 / BLOCK_MS)
            self.next_block = max(0, min(self.passed_blocks(), self.total_blocks) - resent)

    async def talk(self, socket: ClientConnection) -> None:
        """Each frame leaves when its last block is over; behind time, at once."""
        while self.next_block < self.total_blocks:
            count = min(self._plan.blocks_per_frame, self.total_blocks - self.next_block)
            await asyncio.sleep(max(0.0, self.seconds_until(self.next_block + count)))
            await self.send(socket, count)

    async def send(self, socket: ClientConnection, count: int) -> None:
        pcm = encode(self._meeting, self.next_block, count)
        await socket.send(audio(self.origin(), pcm, self.next_block * BLOCK_MS))
        self.sent.append(Sent(self.next_block, count, time.time() * 1000, self.connections))
        self.next_block += count

    def origin(self) -> Origin:
        bot_id = f"fake-{self._meeting}"
        started_at = self._call.started_at or datetime.now(UTC)
        return Origin(bot_id=bot_id, recording_id="fake", endpoint_id="fake", started_at=started_at)

    def seconds_until(self, block: int) -> float:
        """Until that block begins in the meeting."""
        return block * BLOCK_MS / 1000 / self._plan.speed - self.elapsed_s()

    def passed_blocks(self) -> int:
        return int(self.elapsed_s() * self._plan.speed * 1000 / BLOCK_MS)

    def elapsed_s(self) -> float:
        return time.monotonic() - self._call.started_s if self._call.started_at else 0.0

    def gaps(self) -> list[range]:
        """Ms of the meeting that no connection carried."""
        found, reached = [], 0
        for sent in self.sent:
            if sent.first_block > reached:
                found.append(range(reached * BLOCK_MS, sent.first_block * BLOCK_MS))
            reached = max(reached, sent.first_block + sent.count)
        return found

    def drop(self) -> None:
        """Cuts the connection without a goodbye."""
        if self._socket:
            self._socket.transport.abort()
