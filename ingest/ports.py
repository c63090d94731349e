"""What ingest needs from the outside."""

from typing import Protocol

import msgspec

from shared.events import Settings


class BotRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a platform needs to send a bot."""

    meeting_id: str
    meeting_url: str
    settings: Settings
    socket_urls: tuple[str, ...]
    """Where the platform sends audio and participant events, token included; each gets all of it."""
    media_url: str = ""
    """The page that the bot shows and speaks through, token included; empty where it speaks in clips."""
    attempt: int = 1


class BotChange(msgspec.Struct, frozen=True, kw_only=True):
    """A state that a bot came into, in the platform's words."""

    code: str
    sub_code: str = ""
    at_ms: int
    """Unix ms, on the platform's clock."""


class MeetingPlatform(Protocol):
    """A meeting platform; every method raises shared.errors.MeetingError."""

    async def send_bot(self, request: BotRequest) -> str:
        """Returns the platform's id of the bot. The same meeting and attempt never make two bots."""
        ...

    async def changes(self, bot_id: str) -> tuple[BotChange, ...]:
        """Every state so far, in order of time. Raises MeetingError(NOT_FOUND) for a bot that is not known."""
        ...

    async def leave(self, bot_id: str) -> bool:
        """Returns False when there was nothing left to leave."""
        ...

    async def bots_of(self, meeting_id: str) -> tuple[str, ...]:
        """Every bot that was sent for a meeting, also one whose making was never confirmed."""
        ...

    async def erase_media(self, bot_id: str) -> bool:
        """Erases what the platform keeps of the call. Returns whether it has confirmed that nothing is left."""
        ...
