"""Sentences for people: what keeps a bot from hearing, why it left, and what to do about it.

The codes are Recall's ("Sub codes" in its documentation); the set is open.
"""

from shared.meetings import Status

STATUSES = {
    Status.WAITING_ROOM: "The bot waits in the lobby: somebody in the meeting must admit it.",
    Status.IN_CALL: "The bot is in the call but hears nothing yet: the host must allow recording.",
    Status.DENIED: "The host did not allow recording, so the bot hears nothing: ask the host to allow it.",
    Status.FAILED: "The bot could not take part in this meeting.",
}
ALONE = "Everybody else in the meeting seemed to be a bot."
SUB_CODES = {
    # Why a call ended.
    "bot_received_leave_call": "The bot was asked to leave.",
    "call_ended_by_host": "The host ended the meeting.",
    "call_ended_by_platform_idle": "The platform ended the meeting because nothing happened in it.",
    "call_ended_by_platform_max_length": "The meeting reached the longest time that the platform allows.",
    "call_ended_by_platform_waiting_room_timeout": "Nobody admitted the bot from the lobby in time.",
    "bot_kicked_from_call": "Somebody removed the bot from the call.",
    "bot_kicked_from_waiting_room": "Somebody refused the bot in the lobby.",
    "timeout_exceeded_waiting_room": "Nobody admitted the bot from the lobby in time: join again and let it in.",
    "timeout_exceeded_noone_joined": "Nobody came to the meeting.",
    "timeout_exceeded_everyone_left": "Everybody else had left.",
    "timeout_exceeded_silence_detected": "Nobody had said anything for a long time.",
    "timeout_exceeded_in_call_not_recording": "The bot was never allowed to record: ask the host and join again.",
    "timeout_exceeded_in_call_recording": "The bot reached the longest time it may stay: join again to go on.",
    "timeout_exceeded_recording_permission_denied": "The host did not allow recording: ask the host and join again.",
    "timeout_exceeded_max_duration": "The Recall account's longest meeting time was reached: join again to go on.",
    "timeout_exceeded_only_bots_detected_using_participant_names": ALONE,
    "timeout_exceeded_only_bots_detected_using_participant_events": ALONE,
    # Why a bot could not take part.
    "bot_errored": "The bot broke down at Recall: join again.",
    "failed_to_launch_in_time": "Recall could not start the bot in time: join again.",
    "meeting_not_found": "The platform knows no such meeting: check the link.",
    "meeting_not_started": "The meeting has not begun: join again when it has.",
    "meeting_requires_registration": "The meeting asks for registration: register, and join with the personal link.",
    "meeting_requires_sign_in": "The meeting admits only signed-in people: ask the host to change that.",
    "meeting_link_expired": "The link has expired: ask for a new one.",
    "meeting_link_invalid": "The link is not a meeting's: paste it again.",
    "meeting_password_incorrect": "The password in the link is wrong: copy the whole invitation link.",
    "meeting_locked": "The meeting is locked: ask the host to unlock it.",
    "meeting_full": "The meeting is full: ask the host to make room.",
    "meeting_ended": "The meeting was over before the bot came.",
    "zoom_email_required": "This Zoom meeting asks for an e-mail address: ask the host to allow guests without one.",
    "zoom_web_disallowed": "The host's Zoom allows no browsers: ask the host to allow joining by browser.",
    "zoom_captcha_required": "Zoom asked the bot for a captcha: ask the host to switch captchas for guests off.",
    "zoom_sdk_credentials_missing": "Recall lacks Zoom credentials: add them on Recall's dashboard.",
    "zoom_join_timeout": "Zoom did not let the bot in in time: join again.",
    "zoom_connection_failed": "The bot could not connect to Zoom: join again.",
    "google_meet_bot_blocked": "Google Meet took the bot for a nuisance: give it a human-friendly name and join again.",
    "google_meet_sign_in_failed": "The bot could not sign in to Google: check the login group on Recall's dashboard.",
    "microsoft_teams_captcha_detected": "Teams asked the bot for a captcha: ask the administrator to admit bots.",
    "microsoft_teams_bot_not_invited": "Only invited people may join this Teams meeting: change that.",
    "microsoft_teams_call_dropped": "Teams dropped the bot's connection: join again.",
    "microsoft_teams_2fa_required": "Teams asked the bot for a second factor: ask the host to admit anonymous guests.",
    "webex_join_meeting_error": "Webex did not let the bot in: check the link, and that guests may join.",
    # Of a room.
    "room_empty": "The room is open: it begins when the first microphone is on.",
    "room_abandoned": "Nobody's microphone was in the room for a long time.",
    "room_closed": "The room was closed.",
    # Why recording was refused (Zoom).
    "zoom_local_recording_disabled": "Local recording is off in the host's Zoom account: ask the host to switch it on.",
    "zoom_local_recording_request_disabled": "Nobody may ask to record in this Zoom: ask the host to allow it.",
    "zoom_local_recording_request_disabled_by_host": "The host takes no requests to record: ask for it aloud.",
    "zoom_local_recording_request_denied_by_host": "The host refused the recording: ask the host and join again.",
    "zoom_local_recording_denied": "The host refused the recording: ask the host and join again.",
    "zoom_local_recording_grant_not_supported": "The host's Zoom cannot allow recording: ask the host to update it.",
    "zoom_host_not_present": "The host is not there to allow recording: it begins when the host has come.",
    "zoom_bot_in_waiting_room": "The bot waits in the lobby: somebody in the meeting must admit it.",
    "zoom_sdk_key_blocked_by_host_admin": "The host's administrator blocked the bot's app: ask them to allow it.",
}
UNLINKED = (
    "The bot is in the call, but its connection to chimein is down: check that WEBSOCKET_DOMAIN is reachable from the"
    " internet and leads to ingest, and RECALL_SIGNED_SOCKETS (docs/going-live.md)."
)
NOBODY = "Nobody's microphone is in the room: start one in the page, or end the meeting."
SOUNDLESS = "The bot is in the call, but the platform sends it no sound: check that recording is still allowed."


def explain(status: Status, sub_code: str) -> str:
    """A sentence that says what a person should do, or why it ended; empty where all is well."""
    if sentence := SUB_CODES.get(sub_code):
        return sentence
    general = STATUSES.get(status, "")
    if sub_code.endswith("_internal_error"):
        return "The bot broke down at the platform: join again."
    return f"{general} The platform's reason: {sub_code.replace('_', ' ')}.".strip() if sub_code else general
