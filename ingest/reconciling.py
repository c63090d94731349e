"""Asks the platform how its bots are, so that all is right where webhooks were never set up, came late or got lost.

Every ingest looks at every active meeting; Redis lets one of them ask. It also notices a meeting that has gone deaf.
"""

import asyncio
from collections.abc import Mapping
from typing import cast

import structlog

from ingest.ports import BotChange
from ingest.producer import Producer
from ingest.reporting import report
from ingest.resources import Ingest
from shared.connections import LOST
from shared.errors import Category, MeetingError, MeetingGoneError
from shared.events import Event, MeetingStateChanged, ReportBotStatus
from shared.explanations import NOBODY, SOUNDLESS, UNLINKED
from shared.meetings import FINAL, Status, write_of
from shared.rooms import PLATFORM_NAME
from shared.scripting import SCRIPTS
from shared.streams import (
    BOT_ID,
    HEARD_AT,
    LINKED_AT,
    OFF_RECORD,
    PLATFORM,
    RECORDED_AT,
    REPORTED_AT,
    SHARDS,
    STATUS,
    STATUS_AT,
    WEBHOOK_AT,
    MeetingKeys,
    ShardKeys,
)
from shared.tracing import new_trace
from shared.waiting import is_wanted

LOOK_S = 5.0
ARRIVING_MS, ARRIVING_TOLD_MS = 5_000, 30_000
"""Between two questions while people wait for the bot: without webhooks, and with them."""
STAYING_MS, STAYING_TOLD_MS = 15_000, 60_000
"""Between two questions while it listens."""
AT_ONCE = 8
DEAF_MS = 30_000
GONE_CODE = "done"

log = structlog.get_logger()


class Reconciler:
    """`run` until cancelled."""

    def __init__(self, ingest: Ingest, producer: Producer) -> None:
        self._ingest, self._producer = ingest, producer
        self._at_once = asyncio.Semaphore(AT_ONCE)
        redis = ingest.bus.redis
        self._claim = redis.register_script((SCRIPTS / "claim_check.lua").read_text())
        self._linked = redis.register_script((SCRIPTS / "linked.lua").read_text())

    async def run(self) -> None:
        while is_wanted():
            await self._ingest.clock.sleep(LOOK_S)
            try:
                await self.look()
            except LOST as error:
                log.warning("reconciling.interrupted", error=type(error).__name__)

    async def look(self) -> None:
        """Once over all active meetings."""
        for meeting_id in self._producer.linked:
            await self._linked(keys=[MeetingKeys(meeting_id).state], args=[self._ingest.clock.now_ms()])
        await asyncio.gather(*map(self._look_safely, await self._active()))

    async def _look_safely(self, meeting_id: str) -> None:
        """A few at a time; a platform that hangs over one bot does not keep the others waiting."""
        async with self._at_once:
            try:
                await self._look_at(meeting_id)
            except MeetingGoneError:
                return
            except MeetingError as error:
                log.warning("bot.not_seen", meeting_id=meeting_id, category=error.category)

    async def _active(self) -> list[str]:
        pipe = self._ingest.bus.redis.pipeline(transaction=False)
        for shard in range(SHARDS):
            pipe.smembers(ShardKeys(shard).active)
        found = cast("list[set[bytes]]", await pipe.execute())
        return [member.decode() for members in found for member in members]

    async def _look_at(self, meeting_id: str) -> None:
        state, now_ms = await self._ingest.bus.state(meeting_id), self._ingest.clock.now_ms()
        if state.get(STATUS) in FINAL or BOT_ID not in state:
            return
        keys = [MeetingKeys(meeting_id).state]
        if await self._claim(keys=keys, args=[now_ms, pause_ms(state)]):
            await self._ask(meeting_id, state)
            state = await self._ingest.bus.state(meeting_id)
        is_mixed = self._ingest.settings.recall_audio == "mixed" and state.get(PLATFORM) != PLATFORM_NAME
        if hearing := hearing_now(state, now_ms, is_mixed=is_mixed):
            await self._enter(meeting_id, *hearing)

    async def _ask(self, meeting_id: str, state: Mapping[str, str]) -> None:
        """Reports whatever is newer than what is known."""
        for change in await self._changes(state):
            if change.at_ms <= int(state.get(REPORTED_AT, 0)):
                continue
            cause = self._cause(meeting_id, state[BOT_ID], change)
            async for fact in report(cause, change, self._ingest):
                await self._write(fact)

    async def _changes(self, state: Mapping[str, str]) -> tuple[BotChange, ...]:
        """A bot that the platform has forgotten is gone."""
        try:
            return await self._ingest.platform.changes(state[BOT_ID])
        except MeetingError as error:
            if error.category is not Category.NOT_FOUND:
                raise
            return (BotChange(code=GONE_CODE, at_ms=self._ingest.clock.now_ms()),)

    def _cause(self, meeting_id: str, bot_id: str, change: BotChange) -> Event:
        """What a webhook would have said."""
        return ReportBotStatus(
            id=f"{meeting_id}/{change.code}/{change.at_ms}",
            meeting_id=meeting_id,
            at=self._ingest.clock.now_ms(),
            trace=new_trace(),
            bot_id=bot_id,
            code=change.code,
            sub_code=change.sub_code,
            updated_at_ms=change.at_ms,
        )

    async def _enter(self, meeting_id: str, status: Status, explanation: str) -> None:
        now_ms = self._ingest.clock.now_ms()
        changed = MeetingStateChanged(
            id=f"{meeting_id}/{status}/{now_ms}",
            meeting_id=meeting_id,
            at=now_ms,
            status=status,
            explanation=explanation,
        )
        await self._write(changed)
        log.warning("meeting.hearing_changed", meeting_id=meeting_id, status=status)

    async def _write(self, fact: Event) -> None:
        await self._ingest.bus.write(fact.meeting_id, write_of(fact))


def pause_ms(state: Mapping[str, str]) -> int:
    """How long to wait between two questions. Where webhooks come, they are only a net."""
    is_told = WEBHOOK_AT in state
    if state.get(STATUS) == Status.LISTENING:
        return STAYING_TOLD_MS if is_told else STAYING_MS
    return ARRIVING_TOLD_MS if is_told else ARRIVING_MS


def hearing_now(state: Mapping[str, str], now_ms: int, *, is_mixed: bool) -> tuple[Status, str] | None:
    """Whether a meeting that should be heard has gone deaf, or is heard again; None where nothing changes.

    On mixed audio even silence makes frames. Separate tracks fall silent with their people, and rooms are left: there
    the socket tells.
    """
    if state.get(OFF_RECORD) == "1":
        return None
    entered_ms = max(int(state.get(STATUS_AT, 0)), int(state.get(RECORDED_AT, 0)))
    linked_ms = int(state.get(LINKED_AT, 0))
    heard_ms = int(state.get(HEARD_AT, 0)) if is_mixed else max(linked_ms, int(state.get(HEARD_AT, 0)))
    if state.get(STATUS) == Status.LISTENING and now_ms - max(heard_ms, entered_ms) > DEAF_MS:
        return Status.DEAF, why_deaf(state, is_linked=now_ms - linked_ms <= DEAF_MS)
    if state.get(STATUS) == Status.DEAF and heard_ms > entered_ms:
        return Status.LISTENING, ""
    return None


def why_deaf(state: Mapping[str, str], *, is_linked: bool) -> str:
    if state.get(PLATFORM) == PLATFORM_NAME:
        return NOBODY
    return SOUNDLESS if is_linked else UNLINKED
