"""The request for a bot, as Recall recommends it for one that hears everybody, keeps nothing and may speak. Pure."""

from ingest.adapters.silence import SILENT_MP3
from ingest.config import IngestSettings
from ingest.ports import BotRequest

MEETING_ID = "meeting_id"
"""Of the metadata, which comes back with every webhook and event."""
PEOPLE_EVENTS = tuple(
    f"participant_events.{kind}" for kind in ("join", "leave", "update", "speech_on", "speech_off", "chat_message")
)
STRONG = "web_4_core"
"""Separate tracks need it, and a page that speaks; with less its sound is choppy."""
LONGEST_NAME = 100
HOUR_S = 3600


def body_of(request: BotRequest, settings: IngestSettings) -> dict[str, object]:
    body: dict[str, object] = {
        "meeting_url": request.meeting_url,
        "bot_name": request.settings.bot_name[:LONGEST_NAME],
        "metadata": {MEETING_ID: request.meeting_id},
        "recording_config": recording_of(request.socket_urls, settings.recall_audio),
        **outlet_of(request.media_url),
        "automatic_leave": leaving_of(settings.recall_max_hours),
    }
    if settings.recall_audio == "separate" or request.media_url:
        body["variant"] = {"zoom": STRONG, "google_meet": STRONG, "microsoft_teams": STRONG}
    return body


def outlet_of(media_url: str) -> dict[str, object]:
    """One of the two: a page is not possible beside clips."""
    if media_url:
        return {"output_media": {"camera": {"kind": "webpage", "config": {"url": media_url}}}}
    # Clips are only taken from a bot that was made with one.
    return {"automatic_audio_output": {"in_call_recording": {"data": {"kind": "mp3", "b64_data": SILENT_MP3}}}}


def recording_of(socket_urls: tuple[str, ...], audio: str) -> dict[str, object]:
    """Without recording there are no real-time events; what is recorded is not kept."""
    events = [f"audio_{audio}_raw.data", *PEOPLE_EVENTS]
    return {
        f"audio_{audio}_raw": {},
        "participant_events": {},
        "video_mixed_mp4": None,
        "video_mixed_layout": "audio_only",
        "start_recording_on": "call_join",
        "retention": None,
        "realtime_endpoints": [{"type": "websocket", "url": url, "events": events} for url in socket_urls],
    }


def leaving_of(max_hours: float) -> dict[str, object]:
    """Seconds."""
    return {
        # Meet takes no more.
        "waiting_room_timeout": 600,
        "noone_joined_timeout": 900,
        # The default of 2 s ends the meeting when the last person's network blips.
        "everyone_left_timeout": {"timeout": 60, "activate_after": 60},
        # The default of 30 s gives no host the time to allow the recording.
        "recording_permission_denied_timeout": 300,
        "in_call_not_recording_timeout": HOUR_S,
        "in_call_recording_timeout": round(max_hours * HOUR_S),
    }
