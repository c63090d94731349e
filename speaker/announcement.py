"""What people in a meeting are told of the one who listens, and how what they wished is confirmed. Pure."""

from shared.events import Event, RecordPaused, RecordResumed, Settings, WishHeard
from shared.wishes import Wish


def announcement(settings: Settings) -> str:
    """For the chat."""
    name = settings.bot_name
    return (
        f"Hello, I am {name}, an assistant that takes notes. {invitation(settings)} I write down what is said; "
        f"{kept(settings.retention_hours)}. To object, say or write “{name}, off the record” (I stop listening until "
        f"somebody writes “{name}, back on the record” here), “{name}, leave”, or “{name}, forget this meeting”."
    )


def spoken_announcement(settings: Settings) -> tuple[str, ...]:
    """Aloud, in sentences."""
    return (
        f"Hello, I am {settings.bot_name}, and I take notes.",
        f"{invitation(settings)} What is said is written down; {kept(settings.retention_hours)}.",
        f"To object, say: {settings.bot_name}, off the record.",
    )


def invitation(settings: Settings) -> str:
    return f"{settings.invited_by} invited me." if settings.invited_by else "I was invited with this meeting's link."


def kept(hours: float) -> str:
    """How long."""
    if hours == 0:
        return "it is erased a minute after the meeting"
    if hours < 48:
        return f"it is kept for {hours:g} {'hour' if hours == 1 else 'hours'} after the meeting and then erased"
    return f"it is kept for {hours / 24:.3g} days after the meeting and then erased"


def confirmation(fact: Event, name: str) -> str:
    """Of what was wished in the meeting, or done over HTTP; empty where there is nothing to confirm."""
    match fact:
        case WishHeard(wish=Wish.PAUSE) | RecordPaused(via="api"):
            return f"Off the record: I hear and keep nothing until somebody writes “{name}, back on the record” here."
        case WishHeard(wish=Wish.RESUME) | RecordResumed(via="api"):
            return "Back on the record: I am listening again."
        case WishHeard(wish=Wish.LEAVE):
            return "I am leaving. What was written down until now is kept as announced."
        case WishHeard(wish=Wish.FORGET):
            return "I am erasing everything that was written down in this meeting, and leaving."
        case WishHeard(wish=Wish.FORGET_ME):
            return confirmed_erasure(fact, name)
    return ""


def confirmed_erasure(wish: WishHeard, name: str) -> str:
    """Of one person's words."""
    if not wish.participant_id:
        return f"I cannot tell which words are yours. Write “{name}, erase me” here, in the chat, and I can."
    return (
        "I am erasing what you said and wrote until now, your name, and what was answered or noted from it. "
        f"What you say from now on is written down; “{name}, off the record” stops that."
    )
