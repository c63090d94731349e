"""What Recall refuses in a request, in Recall's own words."""

import base64
import binascii
from datetime import datetime
from urllib.parse import urlsplit

from shared.meeting_urls import parse_meeting_url

LONGEST_BASE64 = 1_835_008
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
OUTPUTS = ("automatic_audio_output", "automatic_video_output")
LEAST_TIMEOUTS = {"waiting_room_timeout": 30, "noone_joined_timeout": 30, "recording_permission_denied_timeout": 1}

Problems = dict[str, list[str]]


def problems_of(body: dict[str, object]) -> Problems:
    """Of a request for a bot; empty when it is good."""
    problems: Problems = {}
    for field, complaint in (
        ("meeting_url", meeting_url_complaint(body.get("meeting_url"))),
        ("bot_name", bot_name_complaint(body.get("bot_name", "Meeting Notetaker"))),
        ("join_at", join_at_complaint(body.get("join_at"))),
        ("metadata", metadata_complaint(body.get("metadata", {}))),
        ("automatic_leave", leave_complaint(body.get("automatic_leave"))),
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


def leave_complaint(leave: object) -> str:
    if leave is None:
        return ""
    if not isinstance(leave, dict):
        return "Expected an object."
    for name, least in LEAST_TIMEOUTS.items():
        if name in leave and not (isinstance(leave[name], int) and leave[name] >= least):
            return f"{name}: Ensure this value is greater than or equal to {least}."
    return ""


def automatic_audio_complaint(output: object) -> str:
    if output is None:
        return ""
    try:
        data = output["in_call_recording"]["data"]  # type: ignore[index]  # any other shape is the complaint
    except (KeyError, TypeError):
        return "in_call_recording.data: This field is required."
    return clip_complaint(data)


def clip_complaint(clip: object) -> str:
    """Of `{kind, b64_data}`."""
    if not isinstance(clip, dict) or clip.get("kind") != "mp3":
        return "kind: Only mp3 is supported."
    data = clip.get("b64_data")
    if not isinstance(data, str) or not data:
        return "b64_data: This field is required."
    if len(data) > LONGEST_BASE64:
        return f"b64_data: Ensure this field has no more than {LONGEST_BASE64} characters."
    try:
        base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        return "b64_data: This is not valid base64."
    return ""


def recording_complaint(config: object) -> str:
    """Null is allowed: such a bot records nothing and hears nothing."""
    if config is None:
        return ""
    if not isinstance(config, dict) or not isinstance(config.get("realtime_endpoints", []), list):
        return "realtime_endpoints: Expected a list of items."
    complaints = map(endpoint_complaint, config.get("realtime_endpoints", []))
    return next(filter(None, complaints), "")


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
