"""One real-time endpoint: Recall dials us, talks one way, and redials 30 times, 3 s apart. What is missed is lost."""

import asyncio
from collections.abc import Callable
from enum import StrEnum
from urllib.parse import urlsplit

import structlog
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidURI

from rehearsal.recall.webhooks import signed_headers

DIALS = 30
BACKLOG = 1000
"""Messages that wait for a slow receiver; later ones are lost."""

log = structlog.get_logger()


class State(StrEnum):
    """As Recall names them."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class Line:
    """A socket that is kept up for the time of a call."""

    def __init__(self, url: str, secret: str, redial_s: float, on_state: Callable[[State], None]) -> None:
        self._url, self._secret, self._redial_s, self._on_state = url, secret, redial_s, on_state
        self._queue: asyncio.Queue[str | bytes | None] = asyncio.Queue(BACKLOG)
        self._socket: ClientConnection | None = None
        self._over = asyncio.Event()
        self.tried = asyncio.Event()
        """The first dial was answered, or was not."""
        self.state = State.WAITING
        self._failing_dials = 0
        self.dials = 0
        self.connections = 0
        self.lost = 0
        """Messages that nobody received."""

    def send(self, message: str | bytes) -> None:
        """Never waits: a meeting does not stop for a slow listener."""
        if self._socket is None or self._queue.full():
            self.lost += 1
        else:
            self._queue.put_nowait(message)

    async def run(self) -> None:
        """Returns when the call is over or the endpoint is given up."""
        failures = 0
        while not self._over.is_set() and failures < DIALS:
            failures = 0 if await self.dial() else failures + 1
            self.tried.set()
            await self.rest()
        self.enter(State.DONE if self._over.is_set() else State.FAILED)

    async def dial(self) -> bool:
        """One connection, to its end; False when there was none."""
        self.dials += 1
        if not urlsplit(self._url).path.endswith("/"):
            log.warning("socket.refused", reason="the path must end in / before the query")
            return False
        if self._failing_dials:
            self._failing_dials -= 1
            return False
        try:
            async with connect(
                self._url,
                additional_headers=signed_headers(self._secret),
                compression=None,
                proxy=None,
                ping_interval=None,
                close_timeout=1,
            ) as socket:
                await self.carry(socket)
        except (OSError, InvalidHandshake, InvalidURI, TimeoutError) as error:
            log.info("socket.not_reached", problem=type(error).__name__)
            return False
        return True

    async def carry(self, socket: ClientConnection) -> None:
        """Until either side ends it; the call may have ended during the handshake."""
        if self._over.is_set():
            return
        self._queue = asyncio.Queue(BACKLOG)
        self._socket = socket
        self.connections += 1
        self.enter(State.RUNNING)
        self.tried.set()
        sending = asyncio.create_task(self.pump(socket), name="socket sender")
        try:
            async for _ in socket:
                pass  # one way: what the other side says means nothing
        except ConnectionClosed as error:
            log.info("socket.dropped", code=error.rcvd.code if error.rcvd else 1006)
        finally:
            self._socket = None
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)

    async def pump(self, socket: ClientConnection) -> None:
        """Sends what waits; a None ends the call."""
        while (message := await self._queue.get()) is not None:
            await socket.send(message)
        await socket.close()

    async def rest(self) -> None:
        """Between two dials; the end of the call wakes it."""
        try:
            async with asyncio.timeout(self._redial_s):
                await self._over.wait()
        except TimeoutError:
            pass

    def cut(self, failing_dials: int = 0) -> None:
        """Drops the connection without a goodbye; then so many dials find nobody."""
        self._failing_dials = failing_dials
        if self._socket:
            self._socket.transport.abort()

    def end(self) -> None:
        """The call is over: what waits is sent, then the socket is closed."""
        if self._over.is_set():
            return
        self._over.set()
        if self._socket and not self._queue.full():
            self._queue.put_nowait(None)
        else:
            self.cut()

    def enter(self, state: State) -> None:
        if state is not self.state:
            self.state = state
            self._on_state(state)
