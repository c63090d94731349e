"""Many bots that cost little: each meeting's frames are made once and sent at real time over a socket of its own."""

import asyncio
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache

from websockets.asyncio.client import ClientConnection, connect

from rehearsal.made_meetings import new_meeting, socket_path
from rehearsal.recall.frames import Origin, audio
from shared.bus import Bus
from shared.numbered_pcm import BLOCK_MS, encode
from shared.streams import CHUNK_MS, SHARDS

BLOCKS = CHUNK_MS // BLOCK_MS
DIALS_AT_ONCE = 20


class Crowd:
    """Meetings that began together. Their bots speak in turn, evenly over the 100 ms of a frame."""

    def __init__(self, bus: Bus, port: str) -> None:
        self._bus, self._address = bus, f"ws://127.0.0.1:{port}"
        self.meetings: list[str] = []
        self._sockets: list[ClientConnection] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._began = 0.0
        self._origin = Origin(bot_id="bench", recording_id="bench", endpoint_id="bench", started_at=datetime.now(UTC))
        self.frame = lru_cache(maxsize=64)(self._made)

    async def join(self, count: int) -> None:
        for first in range(0, count, DIALS_AT_ONCE):
            some = range(first, min(first + DIALS_AT_ONCE, count))
            await asyncio.gather(*(self._dial(n) for n in some))

    async def _dial(self, n: int) -> None:
        meeting = await new_meeting(self._bus, shard=(7 * n) % SHARDS)
        url = self._address + socket_path(meeting)
        self._sockets.append(await connect(url, compression=None, proxy=None, ping_interval=None, close_timeout=1))
        self.meetings.append(meeting)

    def talk(self) -> None:
        """Until `close`."""
        self._origin = Origin(bot_id="bench", recording_id="bench", endpoint_id="bench", started_at=datetime.now(UTC))
        self._began = time.perf_counter()
        self._tasks = [
            asyncio.create_task(self._send(socket, place * CHUNK_MS / 1000 / len(self._sockets)), name="bot")
            for place, socket in enumerate(self._sockets)
        ]

    async def _send(self, socket: ClientConnection, later_s: float) -> None:
        n = 0
        while True:
            due = self._began + later_s + (n + 1) * CHUNK_MS / 1000
            if (pause_s := due - time.perf_counter()) > 0:
                await asyncio.sleep(pause_s)
            await socket.send(self.frame(n))
            n += 1

    def _made(self, n: int) -> str:
        return audio(self._origin, encode(1, n * BLOCKS, BLOCKS), n * CHUNK_MS)

    def due_at(self, place: int, n: int) -> float:
        """When the frame `n` of the meeting at that place should leave; by perf_counter."""
        return self._began + place * CHUNK_MS / 1000 / len(self._sockets) + (n + 1) * CHUNK_MS / 1000

    @property
    def failures(self) -> Sequence[BaseException]:
        """Sockets that broke."""
        return [error for task in self._tasks if task.done() and not task.cancelled() and (error := task.exception())]

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.gather(*(socket.close() for socket in self._sockets), return_exceptions=True)
