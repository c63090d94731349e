"""A stand-in for Recall.ai on this machine: its REST calls, sockets and webhooks, with a recording for a meeting.

`async with RecallServer() as recall:` listens at `recall.url` until the block ends.
"""

from pathlib import Path
from types import TracebackType
from typing import Self

from aiohttp import web

from rehearsal.heard import Heard
from rehearsal.recall.bots import Bot
from rehearsal.recall.options import Faults, Options
from rehearsal.recall.routes import build_app
from rehearsal.recall.webhooks import Webhooks
from rehearsal.recall.workspace import Workspace
from rehearsal.recordings import Recording


class RecallServer:
    """Port 0 takes a free one."""

    def __init__(self, options: Options | None = None, *, port: int = 0, faults: Faults | None = None) -> None:
        self._workspace = Workspace(options or Options(), faults or Faults())
        self._port = port
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        self._runner = web.AppRunner(build_app(self._workspace), access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._port).start()
        self._port = self._runner.addresses[0][1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        try:
            await self._workspace.close()
        finally:
            if self._runner:
                await self._runner.cleanup()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    @property
    def faults(self) -> Faults:
        return self._workspace.faults

    @property
    def heard(self) -> Heard:
        """What the people in the meetings heard."""
        return self._workspace.heard

    @property
    def webhooks(self) -> Webhooks:
        return self._workspace.webhooks

    @property
    def bots(self) -> dict[str, Bot]:
        return self._workspace.bots

    @property
    def calls(self) -> list[tuple[str, str]]:
        """Method and path of every REST call."""
        return self._workspace.calls

    def play(self, recording: Recording | None, speed: float = 1.0) -> None:
        """What bots made from now on find in their meeting; silence when it is None."""
        self._workspace.play(recording, speed)

    async def wait_for_bot(self, count: int = 1) -> Bot:
        """The newest bot, when that many have been made."""
        return await self._workspace.wait_for_bot(count)

    async def finished(self) -> None:
        """Returns when the newest bot's recording was sent to its end."""
        bot = await self.wait_for_bot()
        await bot.playout.finished.wait()

    def sent_at(self, source_ms: float) -> float | None:
        """When that moment of the newest bot's meeting was sent, in Unix ms; None while it was not."""
        newest = list(self.bots.values())[-1:]
        return newest[0].playout.sent_at(source_ms) if newest else None

    def end_call(self, sub_code: str = "call_ended_by_host") -> None:
        """Every meeting is over."""
        for bot in self.bots.values():
            bot.end(sub_code)

    def write_heard(self, path: Path) -> None:
        """All that was heard, as one WAV."""
        self.heard.write_wav(path)
