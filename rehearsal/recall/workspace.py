"""A workspace at the Recall stand-in: its bots, what they play, and what was heard of them."""

import asyncio

from rehearsal.heard import Heard
from rehearsal.recall.bots import Bot
from rehearsal.recall.life import Life
from rehearsal.recall.options import Faults, Options
from rehearsal.recall.platform import Platform
from rehearsal.recall.playout import Playout
from rehearsal.recall.webhooks import Webhooks
from rehearsal.recordings import Recording


class Workspace:
    """Everything that the calls of the REST interface read and change."""

    def __init__(self, options: Options, faults: Faults) -> None:
        self.options, self.faults = options, faults
        self.heard = Heard(options.overlap)
        self.webhooks = Webhooks(options, faults)
        self.bots: dict[str, Bot] = {}
        self.calls: list[tuple[str, str]] = []
        """Method and path of every call."""
        self._platform = Platform(options, faults, self.webhooks, self.heard)
        self._lives: set[asyncio.Task[None]] = set()
        self._recording: Recording | None = None
        self._speed = 1.0
        self._made = asyncio.Condition()

    def play(self, recording: Recording | None, speed: float = 1.0) -> None:
        """What bots made from now on find in their meeting."""
        self._recording, self._speed = recording, speed

    def takes_instance(self) -> bool:
        """A bot that joins at once needs a warm one; False when there is none left."""
        if self.faults.pool is None:
            return True
        is_left = self.faults.pool > 0
        self.faults.pool -= is_left
        return is_left

    async def make_bot(self, body: dict[str, object]) -> Bot:
        playout = Playout(self._recording, self._speed, self.options, self.faults)
        bot = Bot(body, self._platform, playout)
        self.bots[bot.id] = bot
        life = asyncio.create_task(Life(bot, self._platform).live(), name=f"life of bot {bot.id}")
        self._lives.add(life)
        life.add_done_callback(self._lives.discard)
        async with self._made:
            self._made.notify_all()
        return bot

    async def wait_for_bot(self, count: int = 1) -> Bot:
        """The newest one, when that many have been made."""
        async with self._made:
            await self._made.wait_for(lambda: len(self.bots) >= count)
        return list(self.bots.values())[-1]

    async def close(self) -> None:
        """Ends every call and waits until the sockets are closed."""
        for bot in self.bots.values():
            bot.end("call_ended_by_host")
        await asyncio.gather(*self._lives)
        await self.webhooks.close()
