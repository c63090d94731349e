"""What Recall refuses in a request for a bot, in Recall's own words."""

import math
from datetime import datetime
from urllib.parse import urlsplit

import msgspec

from rehearsal.recall.command_checks import clip_complaint
from rehearsal.recall.order import OUTPUTS, AutomaticLeave, RecordingConfig
from shared.meeting_urls import parse_meeting_url

PARTICIPANT_EVENTS = frozenset(
    f"participant_events.{kind}"
    for kind in (
        *("join", "leave", "update", "speech_on", "speech_off", "chat_message"),
        *("webcam_on", "webcam_off", "screenshare_on", "screenshare_off"),
    )
)
TRANSCRIPT_EVENTS = frozenset({"transcript.data", "transcript.partial_data", "transcript.provider_data"})
MEDIA_EVENTS = frozenset(
    {"audio_mixed_raw.data", "audio_separate_raw.data", "video_separate_png.data", "video_separate_h264.data"}
)
EVENTS = {
    "websocket": PARTICIPANT_EVENTS | TRANSCRIPT_EVENTS | MEDIA_EVENTS,
    "webhook": PARTICIPANT_EVENTS | TRANSCRIPT_EVENTS,
}
LEAST_TIMEOUTS = {
    "waiting_room_timeout": 30,
    "noone_joined_timeout": 30,
    "in_call_not_recording_timeout": 1,
    "in_call_recording_timeout": 1,
    "recording_permission_denied_timeout": 1,
}
LONGEST_LOBBY = {"google_meet": 600, "microsoft_teams": 1800, "microsoft_teams_live": 1800}

Problems = dict[str, list[str]]


def problems_of(body: dict[str, object]) -> Problems:
    """Of a request for a bot; empty when it is good."""
    problems: Problems = {}
    for field, complaint in (
        ("meeting_url", meeting_url_complaint(body.get("meeting_url"))),
        ("bot_name", bot_name_complaint(body.get("bot_name", "Meeting Notetaker"))),
        ("join_at", join_at_complaint(body.get("join_at"))),
        ("metadata", metadata_complaint(body.get("metadata", {}))),
        ("automatic_leave", leave_complaint(body.get("automatic_leave"), platform_of(body.get("meeting_url")))),
        ("automatic_audio_output", automatic_audio_complaint(body.get("automatic_audio_output"))),
        ("recording_config", recording_complaint(body.get("recording_config"))),
        ("output_media", output_media_complaint(body)),
    ):
        if complaint:
            problems[field] = [complaint]
    return problems


def meeting_url_complaint(url: object) -> str:
    if not isinstance(url, str) or not url:
        return "This field is required."
    try:
        parse_meeting_url(url)
    except ValueError:
        return "The meeting_url is malformed, or for an unsupported platform."
    return ""


def bot_name_complaint(name: object) -> str:
    good = isinstance(name, str) and 1 <= len(name) <= 100
    return "" if good else "Ensure this field has between 1 and 100 characters."


def join_at_complaint(moment: object) -> str:
    if moment is None:
        return ""
    try:
        datetime.fromisoformat(str(moment))
    except ValueError:
        return "Datetime has wrong format."
    return ""


def metadata_complaint(metadata: object) -> str:
    if not isinstance(metadata, dict):
        return "Expected a dictionary of items."
    good = all(isinstance(value, str) and len(value) <= 500 for value in metadata.values())
    return "" if good else "Values must be strings of at most 500 characters."


def leave_complaint(leave: object, platform: str) -> str:
    if leave is None:
        return ""
    try:
        given = msgspec.convert(leave, AutomaticLeave)
    except msgspec.ValidationError as error:
        return str(error)
    seconds = msgspec.structs.asdict(given)
    named = [name for name, least in LEAST_TIMEOUTS.items() if seconds[name] is not None and seconds[name] < least]
    if given.everyone_left_s < 1:
        named.append("everyone_left_timeout")
    if isinstance(leave, dict) and leave.get("waiting_room_timeout", 0) > LONGEST_LOBBY.get(platform, math.inf):
        named.append("waiting_room_timeout")
    return f"{named[0]}: Ensure this value is within its bounds." if named else ""


def platform_of(url: object) -> str:
    """Empty where the URL is the problem."""
    return "" if meeting_url_complaint(url) else parse_meeting_url(str(url)).platform


def automatic_audio_complaint(output: object) -> str:
    if output is None:
        return ""
    try:
        data = output["in_call_recording"]["data"]  # type: ignore[index]  # any other shape is the complaint
    except (KeyError, TypeError):
        return "in_call_recording.data: This field is required."
    return clip_complaint(data)


def recording_complaint(config: object) -> str:
    """Null is allowed: such a bot records nothing and hears nothing."""
    if config is None:
        return ""
    if not isinstance(config, dict) or not isinstance(config.get("realtime_endpoints", []), list):
        return "realtime_endpoints: Expected a list of items."
    complaints = map(endpoint_complaint, config.get("realtime_endpoints", []))
    return next(filter(None, complaints), "") or form_complaint(config)


def form_complaint(config: object) -> str:
    try:
        msgspec.convert(config, RecordingConfig)
    except msgspec.ValidationError as error:
        return str(error)
    return ""


def endpoint_complaint(endpoint: object) -> str:
    if not isinstance(endpoint, dict) or endpoint.get("type") not in EVENTS:
        return "realtime_endpoints.type: Not a valid choice."
    if urlsplit(str(endpoint.get("url"))).scheme not in {"ws", "wss", "http", "https"}:
        return "realtime_endpoints.url: Enter a valid URL."
    events = endpoint.get("events")
    if not isinstance(events, list) or not events or not set(map(str, events)) <= EVENTS[endpoint["type"]]:
        return "realtime_endpoints.events: Not a valid choice."
    return ""


def output_media_complaint(body: dict[str, object]) -> str:
    clash = body.get("output_media") and any(body.get(output) for output in OUTPUTS)
    return "Cannot be combined with automatic_audio_output or automatic_video_output." if clash else ""
