"""What ingest needs from the outside."""

from typing import Protocol

import msgspec

from shared.events import Settings


class BotRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a platform needs to send a bot."""

    meeting_id: str
    meeting_url: str
    settings: Settings
    socket_url: str
    """Where the platform sends audio and participant events, token included."""
    attempt: int = 1


class MeetingPlatform(Protocol):
    """A meeting platform; every method raises shared.errors.MeetingError."""

    async def send_bot(self, request: BotRequest) -> str:
        """Returns the platform's id of the bot. The same meeting and attempt never make two bots."""
        ...

    async def leave(self, bot_id: str) -> bool:
        """Returns False when there was nothing left to leave."""
        ...

    async def erase_media(self, bot_id: str) -> None:
        """Erases what the platform keeps of the call."""
        ...
