"""Where a bot stands: its states, each told by a webhook, and the patience that ends some of them."""

import asyncio
from collections import defaultdict
from datetime import UTC, datetime
from typing import NamedTuple

from rehearsal.recall.frames import iso
from rehearsal.recall.order import AutomaticLeave, Request
from rehearsal.recall.platform import Platform

OVER = frozenset({"call_ended", "done", "fatal"})
OUT_OF_PATIENCE = {
    "in_waiting_room": "timeout_exceeded_waiting_room",
    "in_call_not_recording": "timeout_exceeded_in_call_not_recording",
    "in_call_recording": "timeout_exceeded_in_call_recording",
    "recording_permission_denied": "timeout_exceeded_recording_permission_denied",
}


class Ending(NamedTuple):
    """How it ends: `call_ended` or `fatal`, and why."""

    code: str
    sub_code: str


class Standing:
    """Of one bot."""

    def __init__(self, bot_id: str, request: Request, platform: Platform) -> None:
        self.bot_id, self.request = bot_id, request
        self._options, self._webhooks = platform.options, platform.webhooks
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self.changes: list[dict[str, str | None]] = []
        self.reached: defaultdict[str, asyncio.Event] = defaultdict(asyncio.Event)
        """By code."""
        self.over: asyncio.Future[Ending] = asyncio.get_running_loop().create_future()

    @property
    def code(self) -> str:
        """Empty until it is dispatched."""
        return str(self.changes[-1]["code"]) if self.changes else ""

    def enter(self, code: str, sub_code: str | None = None) -> None:
        """`code` may be one that nobody has heard of."""
        now = iso(datetime.now(UTC))
        change = {"code": code, "message": None, "created_at": now, "sub_code": sub_code}
        self.changes.append(change)
        self.lose_patience(code)
        self.reached[code].set()
        if self._options.legacy_webhooks:
            self._webhooks.emit("bot.status_change", {"bot_id": self.bot_id, "status": change})
        else:
            self.tell("bot", code, sub_code)

    def end(self, sub_code: str, code: str = "call_ended") -> None:
        """The call is over for the bot; the first reason counts."""
        if not self.over.done():
            self.over.set_result(Ending(code, sub_code))

    # -- webhooks ----------------------------------------------------------------------------------------------------

    def tell(self, about: str, code: str, sub_code: str | None = None, /, **parts: object) -> None:
        """`about` is `bot`, `recording`, `audio_mixed`, …; `parts` stand beside the bot, but `error` in its status."""
        if self._options.legacy_webhooks:
            return
        now = datetime.now(UTC).isoformat(timespec="microseconds")
        error = {"error": parts.pop("error")} if "error" in parts else {}
        status = {"code": code, "sub_code": sub_code, "updated_at": now, **error}
        bot = {"id": self.bot_id, "metadata": self.request.order.metadata or {}}
        self._webhooks.emit(f"{about}.{code}", {"data": status, "bot": bot, **parts})

    def complain(self, message: str) -> None:
        """Of what was accepted and did not work."""
        line = {"created_at": iso(datetime.now(UTC)), "level": "error", "message": message, "output_id": None}
        self._webhooks.emit("bot.log", {"bot_id": self.bot_id, "log": line})

    # -- patience ----------------------------------------------------------------------------------------------------

    def lose_patience(self, code: str) -> None:
        """Of the state before no more."""
        self.wait("state", self.automatic_leave.patience_s(code), OUT_OF_PATIENCE.get(code, ""))

    def wait(self, for_what: str, seconds: float | None, sub_code: str) -> None:
        """In the bot's own time; then it ends. None: it waits no more."""
        if timer := self._timers.pop(for_what, None):
            timer.cancel()
        if seconds is not None and not self.over.done():
            loop = asyncio.get_running_loop()
            self._timers[for_what] = loop.call_later(seconds * self._options.delays.leaving, self.end, sub_code)

    @property
    def automatic_leave(self) -> AutomaticLeave:
        return self.request.order.automatic_leave or AutomaticLeave()

    def close(self) -> None:
        for timer in self._timers.values():
            timer.cancel()
