"""Several meeting platforms as one: a link, and later the bot's id, tell which of them it is."""

from ingest.ports import BotChange, BotRequest, MeetingPlatform
from shared.rooms import is_room_bot, room_link


class ByLink:
    """A MeetingPlatform."""

    def __init__(self, calls: MeetingPlatform, rooms: MeetingPlatform) -> None:
        self._calls, self._rooms = calls, rooms

    async def send_bot(self, request: BotRequest) -> str:
        platform = self._rooms if room_link(request.meeting_url) else self._calls
        return await platform.send_bot(request)

    async def changes(self, bot_id: str) -> tuple[BotChange, ...]:
        return await self._of(bot_id).changes(bot_id)

    async def leave(self, bot_id: str) -> bool:
        return await self._of(bot_id).leave(bot_id)

    async def bots_of(self, meeting_id: str) -> tuple[str, ...]:
        """A room has no bot that nobody noted."""
        return await self._calls.bots_of(meeting_id)

    async def erase_media(self, bot_id: str) -> bool:
        return await self._of(bot_id).erase_media(bot_id)

    def _of(self, bot_id: str) -> MeetingPlatform:
        return self._rooms if is_room_bot(bot_id) else self._calls
