"""A bot's whole life, from the request to `done` or `fatal`."""

import asyncio
import math

from rehearsal.recall.bots import Bot
from rehearsal.recall.platform import Platform
from rehearsal.recall.standing import Ending

UNANSWERED_WEBHOOKS_S = 2.0


class Life:
    """`live` runs it; it ends when somebody ends the bot, or its own patience does."""

    def __init__(self, bot: Bot, platform: Platform) -> None:
        self._bot, self._standing, self._recorder = bot, bot.standing, bot.recorder
        self._platform, self._delays = platform, platform.options.delays

    async def live(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            staying = tasks.create_task(self.stay(), name=f"bot {self._bot.id}")
            ending = await self._standing.over
            staying.cancel()
        if self._standing.code:
            await self.depart(ending)
        self._standing.close()

    async def stay(self) -> None:
        """Until somebody ends it."""
        await self.wait_for_dispatch()
        self._standing.enter("joining_call")
        await asyncio.sleep(self._delays.join_s)
        if self._platform.faults.fatal:
            self._bot.end(self._platform.faults.fatal, "fatal")
            return
        await self.wait_in_lobby()
        self._standing.enter("in_call_not_recording")
        if self._bot.playout.is_empty:
            leave = self._standing.automatic_leave
            self._standing.wait("people", leave.noone_joined_timeout, "timeout_exceeded_noone_joined")
        await self.record()

    async def wait_for_dispatch(self) -> None:
        """The time can be changed meanwhile."""
        await asyncio.sleep(self._delays.dispatch_s)
        while (wait_s := self._bot.order.seconds_to_join) > 0:
            self._bot.rescheduled.clear()
            await passed_or(wait_s, self._bot.rescheduled)

    async def wait_in_lobby(self) -> None:
        if not self._delays.lobby_s:
            return
        self._standing.enter("in_waiting_room")
        await passed_or(self._delays.lobby_s, self._bot.admitted)
        self._bot.admitted.set()

    async def record(self) -> None:
        """A bot without a recording, or one that waits for the command, stays and is deaf."""
        config = self._bot.order.recording_config
        if config and config.start_recording_on != "manual":
            await asyncio.sleep(self._delays.consent_s)
            self._recorder.ask()
        await self._recorder.begun.wait()
        for endpoint in self._recorder.endpoints:
            await endpoint.line.tried.wait()
        await self._bot.playout.run(self._recorder)

    async def depart(self, ending: Ending) -> None:
        for person in self._bot.playout.people:
            self._recorder.on_person("leave", person, self._bot.playout.position_ms)
        for endpoint in self._recorder.endpoints:
            endpoint.line.end()
        self._standing.enter(ending.code, ending.sub_code)
        await self._recorder.hang_up()
        await asyncio.sleep(self._delays.upload_s)
        self._recorder.finish()
        if ending.code != "fatal":
            self._standing.enter("done")
        await self._platform.webhooks.flush(UNANSWERED_WEBHOOKS_S)


async def passed_or(seconds: float, event: asyncio.Event) -> None:
    """Returns when the time has passed or the event is set. Infinite seconds never pass."""
    try:
        async with asyncio.timeout(None if math.isinf(seconds) else seconds):
            await event.wait()
    except TimeoutError:
        pass
