"""Recall.ai as the meeting platform: sends bots, calls them back, has their recordings erased."""

import structlog

from ingest.adapters.recall_body import MEETING_ID, body_of
from ingest.config import IngestSettings
from ingest.ports import BotChange, BotRequest
from shared.clock import Clock, SystemClock
from shared.errors import Category, MeetingError
from shared.recall_api import Leaving, RecallApi

ON_ITS_WAY_S = 2.0
"""Between two tries to call back a bot that is on its way: until it has arrived it obeys nothing."""
LEAVING_S = 20.0
UNCERTAIN = frozenset({Category.CONNECTIVITY, Category.INTERNAL, Category.TIMEOUT, Category.UNAVAILABLE})
"""After these failures nobody knows whether there is a bot."""

log = structlog.get_logger()


class RecallPlatform:
    """A MeetingPlatform."""

    def __init__(self, api: RecallApi, settings: IngestSettings | None = None, clock: Clock | None = None) -> None:
        self._api, self._settings, self._clock = api, settings or IngestSettings(), clock or SystemClock()

    async def send_bot(self, request: BotRequest) -> str:
        try:
            bot = await self._api.create_bot(
                body_of(request, self._settings), f"{request.meeting_id}:{request.attempt}"
            )
        except MeetingError as error:
            if error.category in UNCERTAIN and (bot_id := await self._sent_after_all(request.meeting_id)):
                return bot_id
            raise
        return bot.id

    async def _sent_after_all(self, meeting_id: str) -> str:
        """A bot whose making was never confirmed; empty when there is none. Unfound it would listen to nobody's use."""
        try:
            bots = await self._api.list_bots({MEETING_ID: meeting_id})
        except MeetingError as error:
            log.warning("bot.not_looked_for", category=error.category)
            return ""
        return next((bot.id for bot in bots if not bot.is_over), "")

    async def changes(self, bot_id: str) -> tuple[BotChange, ...]:
        bot = await self._api.retrieve_bot(bot_id)
        return tuple(BotChange(code=one.code, sub_code=one.sub_code or "", at_ms=one.at_ms) for one in bot.history)

    async def leave(self, bot_id: str) -> bool:
        """Raises a passing MeetingError when the bot is still on its way after all the waiting."""
        until_ms = self._clock.now_ms() + LEAVING_S * 1000
        while True:
            left = await self._api.leave_call(bot_id)
            if left is not Leaving.UNSTARTED:
                return left is Leaving.LEFT
            if await self._is_over(bot_id):
                return False
            if await self._api.delete_bot(bot_id):
                return True
            if self._clock.now_ms() >= until_ms:
                raise on_its_way()
            await self._clock.sleep(ON_ITS_WAY_S)

    async def _is_over(self, bot_id: str) -> bool:
        """Recall says of some bots that they were not started, when they are gone."""
        try:
            return (await self._api.retrieve_bot(bot_id)).is_over
        except MeetingError as error:
            if error.category is not Category.NOT_FOUND:
                raise
            return True

    async def bots_of(self, meeting_id: str) -> tuple[str, ...]:
        return tuple(bot.id for bot in await self._api.list_bots({MEETING_ID: meeting_id}))

    async def erase_media(self, bot_id: str) -> bool:
        """What is recorded is there when the bot is done: before that, nothing can be confirmed."""
        await self._api.delete_media(bot_id)
        try:
            return (await self._api.retrieve_bot(bot_id)).is_emptied
        except MeetingError as error:
            if error.category is not Category.NOT_FOUND:
                raise
            return True

    async def close(self) -> None:
        await self._api.close()


def on_its_way() -> MeetingError:
    return MeetingError(
        "the bot is still on its way into the meeting: ask it to leave again in a moment",
        category=Category.UNAVAILABLE,
        retry_after_s=ON_ITS_WAY_S,
    )
