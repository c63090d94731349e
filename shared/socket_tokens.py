"""What a bot's socket shows at the door: signed for one meeting, and good for a day. Pure.

The secret is the meeting's own and dies with it, so that erasing a meeting revokes its tokens.
"""

import hashlib
import hmac

GOOD_FOR_S = 24 * 3600
"""A bot dials the same address again and again, for as long as the call lasts."""


def new_token(secret: str, meeting_id: str, now_s: float, good_for_s: float = GOOD_FOR_S) -> str:
    expires = f"{now_s + good_for_s:.0f}"
    return f"{expires}.{signature_of(secret, meeting_id, expires)}"


def media_subject(meeting_id: str) -> str:
    """What the token of the bot's page is for; it opens no other door of the meeting."""
    return f"media:{meeting_id}"


def room_subject(meeting_id: str, participant_id: str) -> str:
    """What the token of one microphone in a room is for: that track, and no other."""
    return f"room:{meeting_id}:{participant_id}"


def guest_subject(meeting_id: str) -> str:
    """What the token in a room's invitation is for: to come in by name, to be heard and to hear."""
    return f"guest:{meeting_id}"


def is_good(token: str, secret: str, meeting_id: str, now_s: float) -> bool:
    """False also for an empty secret: such a meeting has no door."""
    expires, _, signature = token.partition(".")
    expected = signature_of(secret, meeting_id, expires)
    is_ours = hmac.compare_digest(expected.encode(), signature.encode()) and bool(secret)
    return is_ours and expires.isascii() and expires.isdigit() and now_s < int(expires)


def signature_of(secret: str, meeting_id: str, expires: str) -> str:
    return hmac.digest(secret.encode(), f"{meeting_id}.{expires}".encode(), hashlib.sha256).hex()
