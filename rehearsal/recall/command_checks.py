"""What Recall refuses in commands to a bot. A complaint begins with the field; it is empty when all is good."""

import base64
import binascii
from typing import Literal

import msgspec

LONGEST_BASE64 = 1_835_008
LONGEST_CHAT = 4096
LONGEST_MEET_CHAT = 500
ZOOM_ADDRESSEES = ("everyone", "host", "everyone_except_host")


class Page(msgspec.Struct, frozen=True):
    """What is shown in the call: of a `webpage`, its `url`."""

    kind: str
    config: dict[str, object]


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


def page_complaint(pages: dict[str, object]) -> str:
    """Of `{camera?, screenshare?}`, each with the address of a page."""
    try:
        given = msgspec.convert(pages, dict[Literal["camera", "screenshare"], Page])
    except msgspec.ValidationError as error:
        return str(error)
    return "" if given else "camera or screenshare: This field is required."


def chat_complaint(chat: dict[str, object], platform: str) -> str:
    if platform == "webex":
        return "detail: Sending chat messages is not supported on this platform."
    message, to = chat.get("message"), chat.get("to", "everyone")
    longest = LONGEST_MEET_CHAT if platform == "google_meet" else LONGEST_CHAT
    if not isinstance(message, str) or not 1 <= len(message) <= longest:
        return f"message: Ensure this field has between 1 and {longest} characters."
    good = to == "everyone" or (platform == "zoom" and (to in ZOOM_ADDRESSEES or str(to).isdigit()))
    return "" if good else "to: Not a valid choice."
