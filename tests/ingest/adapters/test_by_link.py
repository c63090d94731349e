"""Links and ids find their platform."""

from ingest.adapters.by_link import ByLink
from ingest.ports import BotChange, BotRequest
from shared.events import Settings
from shared.rooms import bot_id_of


class Named:
    """A platform that keeps what it was asked."""

    def __init__(self, bot_id: str) -> None:
        self.bot_id, self.asked = bot_id, list[str]()

    async def send_bot(self, request: BotRequest) -> str:
        self.asked.append("send")
        return self.bot_id

    async def changes(self, bot_id: str) -> tuple[BotChange, ...]:
        self.asked.append("changes")
        return ()

    async def leave(self, bot_id: str) -> bool:
        self.asked.append("leave")
        return True

    async def bots_of(self, meeting_id: str) -> tuple[str, ...]:
        return (meeting_id,)

    async def erase_media(self, bot_id: str) -> bool:
        self.asked.append("erase")
        return True


async def test_each_link_has_its_platform_for_life() -> None:
    calls, rooms = Named("bot-1"), Named(bot_id_of("m-1", 1))
    platform = ByLink(calls, rooms)
    for url, mine, other in (("room:", rooms, calls), ("https://zoom.us/j/1234567890", calls, rooms)):
        before = list(other.asked)
        request = BotRequest(meeting_id="m-1", meeting_url=url, settings=Settings(), socket_urls=())
        bot_id = await platform.send_bot(request)
        await platform.changes(bot_id)
        assert await platform.leave(bot_id)
        await platform.erase_media(bot_id)
        assert mine.asked == ["send", "changes", "leave", "erase"]
        assert other.asked == before
