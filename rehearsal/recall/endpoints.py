"""One real-time endpoint of a bot: what it asked for, what it says of itself, and the line to it."""

import asyncio
import uuid
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime

import msgspec

from rehearsal.recall.frames import Origin, iso
from rehearsal.recall.order import EndpointOrder
from rehearsal.recall.platform import Platform
from rehearsal.recall.socket import Line, State

GOODBYE_S = 3.0


class Endpoint:
    """Dialled at once; `on_state` is told whenever Recall would tell."""

    def __init__(
        self, order: EndpointOrder, origin: Origin, platform: Platform, on_state: Callable[["Endpoint"], None]
    ) -> None:
        self.order, self.origin, self._on_state = order, origin, on_state
        self._faults, options = platform.faults, platform.options
        secret = options.webhook_secret.reveal() if options.signed_as == "webhook" else ""
        self.line = Line(order.url, secret, options.delays.redial_s, self.on_line)
        self._recent: deque[tuple[float, str]] = deque()
        """What was said last, with its source time."""
        self._connections = 1
        self._created_at = self._updated_at = datetime.now(UTC)
        self._task = asyncio.create_task(self.line.run(), name=f"line of bot {origin.bot_id}")

    def on_line(self, _: State) -> None:
        self._updated_at = datetime.now(UTC)
        self._on_state(self)

    def say(self, message: str, source_ms: float) -> None:
        self.line.send(message)
        if self._faults.resend_s:
            self._recent.append((source_ms, message))
            while self._recent[0][0] < source_ms - self._faults.resend_s * 1000:
                self._recent.popleft()

    def notice_reconnect(self, source_ms: float) -> None:
        """Before anything else is said on a new connection."""
        if self.line.connections <= self._connections:
            return
        self._connections = self.line.connections
        for _, message in self._recent:
            self.line.send(message)
        if self._faults.after_reconnect:
            self.origin = msgspec.structs.replace(self.origin, relative_ms=-source_ms)
        if self._faults.after_reconnect == "recording":
            self.origin = msgspec.structs.replace(self.origin, recording_id=str(uuid.uuid4()))

    def set_clock(self, relative_ms: float, absolute_ms: float) -> None:
        """On by so much, or back."""
        now = self.origin
        self.origin = msgspec.structs.replace(
            now, relative_ms=now.relative_ms + relative_ms, absolute_ms=now.absolute_ms + absolute_ms
        )

    async def hang_up(self) -> None:
        """What is still on its way gets a moment; a receiver that takes nothing does not hold the bot."""
        self.line.end()
        await asyncio.wait({self._task}, timeout=GOODBYE_S)
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    @property
    def code(self) -> str:
        """Recall has no word for one that was not reached yet."""
        return State.RUNNING if self.line.state is State.WAITING else self.line.state

    def described(self) -> dict[str, object]:
        """As Recall lists it."""
        return {
            "id": self.origin.endpoint_id,
            "created_at": iso(self._created_at),
            "recording": {"id": self.origin.recording_id, "metadata": {}},
            "metadata": {},
            "type": self.order.type,
            "status": {"code": self.code, "sub_code": None, "updated_at": iso(self._updated_at)},
            "url": self.order.url,
            "events": self.order.events,
        }
