"""A TCP proxy that misbehaves when told to: it stands before Redis or a vendor, and its faults are switches.

`async with FaultProxy(port) as proxy:` listens at `proxy.port` until the block ends.
"""

import asyncio
import random
import socket
import struct
from collections.abc import Sequence
from types import TracebackType
from typing import Self, TypeAlias, TypeVar

import structlog

PIECE_BYTES = 1 << 16
PIECES_KEPT = 64
TICK_S = 0.02
"""A slow line passes so much at a time."""
RESET_ON_CLOSE = struct.pack("ii", 1, 0)

log = structlog.get_logger()

Reader: TypeAlias = asyncio.StreamReader
Writer: TypeAlias = asyncio.StreamWriter
Fault = TypeVar("Fault")


class Line:
    """One way of all connections; its switches may be turned at any time. All are off at first."""

    def __init__(self, chance: random.Random) -> None:
        self.delay_s = 0.0
        """From the arrival of a byte until it goes on."""
        self.bytes_per_s = 0.0
        """For each connection; 0: no limit."""
        self.corruptions = 0
        """So many of the next pieces have one byte changed."""
        self.passed_bytes = 0
        self.flowing = asyncio.Event()
        self.flowing.set()
        self._chance = chance

    def hold(self) -> None:
        self.flowing.clear()

    def release(self) -> None:
        self.flowing.set()

    def spoil(self, piece: bytes) -> bytes:
        if not self.corruptions:
            return piece
        self.corruptions -= 1
        at = self._chance.randrange(len(piece))
        return piece[:at] + bytes([piece[at] ^ self._chance.randrange(1, 256)]) + piece[at + 1 :]


class FaultProxy:
    """Each switch works at once, on connections that are open and on new ones."""

    def __init__(self, to_port: int, *, to_host: str = "127.0.0.1", port: int = 0, seed: int = 0) -> None:
        """`seed` chooses the bytes that are corrupted."""
        self.port = port
        """Where it listens, once it does."""
        self.connections = 0
        """Accepted so far."""
        chance = random.Random(seed)  # noqa: S311  # a fault that replays from its seed
        self.up, self.down = Line(chance), Line(chance)
        """What comes from clients, and what comes from the server."""
        self._to = (to_host, to_port)
        self._links: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._take, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server
        self._server.close()
        ending = list(self._links)
        self.cut()
        await asyncio.gather(*ending, return_exceptions=True)

    @property
    def open_connections(self) -> int:
        return len(self._links)

    def cut(self) -> None:
        """Resets every connection, held or not, on both sides; what is on its way is lost."""
        for task in self._links:
            task.cancel()

    def shut(self) -> None:
        """As if the server were gone: connections are cut, and refused."""
        assert self._server
        self._server.close()
        self.cut()

    async def open(self) -> None:
        """After `shut`, at the same port."""
        self._server = await asyncio.start_server(self._take, "127.0.0.1", self.port)

    def hold(self) -> None:
        """Half-open both ways: nothing comes through, nobody is told. `up.hold()` or `down.hold()` is one way only."""
        self.up.hold()
        self.down.hold()

    def release(self) -> None:
        """What was held comes through now."""
        self.up.release()
        self.down.release()

    async def stall(self, seconds: float) -> None:
        self.hold()
        try:
            await asyncio.sleep(seconds)
        finally:
            self.release()

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        link = Link(reader, writer)
        task = asyncio.current_task()
        assert task
        self._links.add(task)
        try:
            await link.live(self._to, self.up, self.down)
        except asyncio.CancelledError:
            pass  # cut; asyncio's streams would call it an error of ours
        finally:
            link.reset()
            self._links.discard(task)


class Link:
    """One client and the server."""

    def __init__(self, reader: Reader, writer: Writer) -> None:
        self._reader, self._writers = reader, [writer]

    async def live(self, to: tuple[str, int], up: Line, down: Line) -> None:
        """Until both ways have ended, or one side is not there, or goes without a goodbye."""
        try:
            async with asyncio.TaskGroup() as tasks:
                reader, writer = await asyncio.open_connection(*to)
                self._writers.append(writer)
                tasks.create_task(Pipe(up, self._reader, writer).run(), name="fault proxy up")
                tasks.create_task(Pipe(down, reader, self._writers[0]).run(), name="fault proxy down")
            for writer in self._writers:
                writer.close()
        except* OSError as failed:
            log.debug("fault_proxy.link_broke", problems=[type(problem).__name__ for problem in failed.exceptions])

    def reset(self) -> None:
        """A side that is closing already gets what was written to it."""
        for writer in self._writers:
            if not writer.transport.is_closing():
                end: socket.socket = writer.get_extra_info("socket")
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
                writer.transport.abort()


class Pipe:
    """One way of one connection."""

    def __init__(self, line: Line, reader: Reader, writer: Writer) -> None:
        self._line, self._reader, self._writer = line, reader, writer
        self._now = asyncio.get_running_loop().time
        self._pieces: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(PIECES_KEPT)

    async def run(self) -> None:
        """Until its end has been passed on. Raises ConnectionError, in a group."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._read(), name="fault proxy reader")
            tasks.create_task(self._write(), name="fault proxy writer")

    async def _read(self) -> None:
        """While the line is held nothing is taken, so that a sender fills its buffers; nor does an end come through."""
        piece = b"?"
        while piece:
            await self._line.flowing.wait()
            try:
                piece = await self._reader.read(PIECE_BYTES)
            except ConnectionError:
                await self._line.flowing.wait()
                raise
            await self._pieces.put((self._now() + self._line.delay_s, piece))

    async def _write(self) -> None:
        while True:
            due_at, piece = await self._pieces.get()
            await asyncio.sleep(due_at - self._now())
            if not piece:
                await self._line.flowing.wait()
                self._writer.write_eof()
                return
            await self._pass(self._line.spoil(piece))

    async def _pass(self, piece: bytes) -> None:
        while piece:
            await self._line.flowing.wait()
            rate = self._line.bytes_per_s
            part = piece[: max(1, round(rate * TICK_S))] if rate else piece
            piece = piece[len(part) :]
            self._writer.write(part)
            await self._writer.drain()
            self._line.passed_bytes += len(part)
            await asyncio.sleep(len(part) / rate if rate else 0)


def schedule(
    faults: Sequence[Fault], *, seconds: float, every_s: tuple[float, float], seed: int
) -> list[tuple[float, Fault]]:
    """Which fault begins when: every kind once, then every kind again; order and distances are of the seed."""
    chance = random.Random(seed)  # noqa: S311  # a fault that replays from its seed
    found: list[tuple[float, Fault]] = []
    deck: list[Fault] = []
    at_s = chance.uniform(*every_s)
    while at_s < seconds:
        deck = deck or chance.sample(faults, len(faults))
        found.append((at_s, deck.pop()))
        at_s += chance.uniform(*every_s)
    return found
