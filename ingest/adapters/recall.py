"""Recall.ai as the meeting platform: sends bots, calls them back, has their recordings erased."""

from ingest.adapters.silence import SILENT_MP3
from ingest.ports import BotChange, BotRequest
from shared.errors import Category, MeetingError
from shared.recall_api import Leaving, RecallApi

EVENTS = [
    "audio_mixed_raw.data",
    "participant_events.join",
    "participant_events.leave",
    "participant_events.speech_on",
    "participant_events.speech_off",
    "participant_events.chat_message",
]
TERMINAL = frozenset({"call_ended", "done", "fatal", "analysis_done", "analysis_failed", "media_expired"})
JOINING_S = 2.0


class RecallPlatform:
    """A MeetingPlatform."""

    def __init__(self, api: RecallApi) -> None:
        self._api = api

    async def send_bot(self, request: BotRequest) -> str:
        bot = await self._api.create_bot(body_of(request), f"{request.meeting_id}:{request.attempt}")
        return bot.id

    async def changes(self, bot_id: str) -> tuple[BotChange, ...]:
        bot = await self._api.retrieve_bot(bot_id)
        ordered = sorted(bot.status_changes, key=lambda change: change.created_at)
        return tuple(
            BotChange(code=one.code, sub_code=one.sub_code or "", at_ms=round(one.created_at.timestamp() * 1000))
            for one in ordered
        )

    async def leave(self, bot_id: str) -> bool:
        left = await self._api.leave_call(bot_id)
        if left is Leaving.UNSTARTED:
            return await self.take_back(bot_id)
        return left is Leaving.LEFT

    async def take_back(self, bot_id: str) -> bool:
        """Raises a passing MeetingError while the bot is on its way: it can neither leave nor be taken back."""
        bot = await self._api.retrieve_bot(bot_id)
        if bot.status and bot.status.code in TERMINAL:
            return False
        if await self._api.delete_bot(bot_id):
            return True
        raise MeetingError(
            "the bot is still on its way into the meeting: ask it to leave again in a moment",
            category=Category.UNAVAILABLE,
            retry_after_s=JOINING_S,
        )

    async def erase_media(self, bot_id: str) -> None:
        await self._api.delete_media(bot_id)

    async def close(self) -> None:
        await self._api.close()


def body_of(request: BotRequest) -> dict[str, object]:
    """A bot that hears everybody, keeps nothing and may speak. Recall forgets defaults that matter: see each."""
    return {
        "meeting_url": request.meeting_url,
        "bot_name": request.settings.bot_name,
        "metadata": {"meeting_id": request.meeting_id},
        "recording_config": recording_of(request.socket_urls),
        # Clips are only taken from a bot that was made with one.
        "automatic_audio_output": {"in_call_recording": {"data": {"kind": "mp3", "b64_data": SILENT_MP3}}},
        "automatic_leave": {
            "waiting_room_timeout": 600,
            "noone_joined_timeout": 900,
            # The default of 2 s ends the meeting when the last person's network blips.
            "everyone_left_timeout": {"timeout": 60, "activate_after": 60},
        },
    }


def recording_of(socket_urls: tuple[str, ...]) -> dict[str, object]:
    return {
        "audio_mixed_raw": {},
        "participant_events": {},
        "video_mixed_mp4": None,
        "video_mixed_layout": "audio_only",
        "start_recording_on": "call_join",
        "retention": None,
        "realtime_endpoints": [{"type": "websocket", "url": url, "events": EVENTS} for url in socket_urls],
    }
