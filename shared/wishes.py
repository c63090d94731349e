"""What people may want of an assistant that listens, told by the words after its name. Pure.

Whoever talks about recording wants nothing of it: a wish is an order or a request, in few words, and nothing else.
"""

import re
from enum import StrEnum

MOST_WORDS = 14


class Wish(StrEnum):
    """What is wanted."""

    PAUSE = "pause"
    """Off the record: nothing is heard or kept until somebody resumes."""
    RESUME = "resume"
    LEAVE = "leave"
    FORGET = "forget"
    """All of the meeting is erased."""
    FORGET_ME = "forget_me"
    """What one person said and wrote so far is erased."""


POLITE = re.compile(
    r"^(?:(?:please|okay|ok|so|and|now|right|well|thanks|thank you|can you|could you|would you|will you|can we|"
    r"could we|may we|shall we|let['’]s|let us|i (?:want|would like|['’]d like) you to|"
    r"we (?:want|would like) you to|we need to|just|kindly|everyone|everybody|all right|alright|go ahead and|"
    r"for a (?:moment|minute|second)|briefly|also|"
    r"i object|you (?:can|may|must|have to|need to)(?: now)?)[,.:!]?\s+)+",
    re.I,
)
TAIL = re.compile(
    r"[\s,.!?]*(?:\b(?:please|now|right now|for now|thanks|thank you|for a (?:moment|minute|second|while|bit)|again|"
    r"for the next (?:part|few minutes|bit)|immediately|at once|until further notice|everyone|everybody|okay|ok|"
    r"for this (?:part|bit|one))\b[\s,.!?]*)*$",
    re.I,
)
IT = r"(?:the |this |our |that )?"
MEETING = rf"{IT}(?:meeting|call|conversation|session|discussion)"
KEPT = rf"{IT}(?:recording|transcript|notes|transcription|record)"
ORDERS = (
    (
        Wish.RESUME,
        rf"(?:we(?:['’]re| are) |(?:go|come|get|be) )?back on (?:the |)record|(?:go|we['’]re|we are) on the record|"
        rf"(?:resume|continue|restart|unpause)(?: (?:listening|recording|transcribing|taking notes|{KEPT}))?|"
        r"start (?:listening|recording|transcribing|taking notes)(?: again)?|(?:you (?:can|may) )?listen again",
    ),
    (
        Wish.PAUSE,
        rf"(?:(?:go|we(?:['’]re| are)(?: now)?|this is|be|stay|take this|keep this) )?off (?:the |)record|"
        rf"(?:stop|pause|quit|halt)(?: (?:listening|recording|transcribing|taking notes|note[- ]taking|{KEPT}))|pause|"
        r"(?:don['’]t|do not) (?:(?:listen|listen to|record|transcribe|write down) (?:this|that|us)|write this down|"
        r"listen|record|transcribe|take notes)|"
        r"(?:cover|close) your ears",
    ),
    (
        Wish.FORGET,
        rf"(?:forget|erase|delete|wipe|destroy|discard|remove) (?:about )?(?:all of )?(?:{MEETING}|"
        rf"{KEPT}(?: of {MEETING})?|"
        r"everything(?: (?:we|you|that was) (?:said|heard|kept|have|recorded))?|all of (?:it|this))",
    ),
    (
        Wish.FORGET_ME,
        r"(?:forget|erase|delete|wipe|discard|remove) (?:about )?"
        r"(?:me|(?:all of )?my (?:words|lines|part|voice|data|name)|"
        r"(?:everything|whatever|anything|all|what) (?:that )?i(?:['’]ve| have)? (?:just )?(?:said|told you|wrote))"
        rf"(?: (?:from|in|of|out of) (?:{MEETING}|{KEPT}))?",
    ),
    (
        Wish.LEAVE,
        rf"leave(?: {MEETING}| us(?: alone)?| now)?|go away|get out|(?:please )?disconnect|hang up|"
        rf"(?:drop|exit|quit)(?: (?:off|out|from))*(?: {MEETING})?|leave the room",
    ),
)
PATTERNS = tuple((wish, re.compile(rf"(?:{pattern})", re.I)) for wish, pattern in ORDERS)
UNNAMED = re.compile(
    r"(?:let['’]s (?:please )?(?:go|take this|keep this) |can we (?:please )?(?:go|take this|keep this) |"
    r"could we (?:go|take this) |we(?:['’]re| are) (?:now )?(?:going )?|going |this (?:part )?is |"
    r"from (?:here|now) on (?:we(?:['’]re| are) )?)?"
    r"off the record",
    re.I,
)
"""To be off the record is such a wish that no name is needed, said by itself; a wrong guess loses words, not trust."""


def wish_in(order: str) -> Wish | None:
    """`order` is what was said to the assistant, without its name."""
    said = POLITE.sub("", order.strip(" ,.:;!?–—-"))
    if len(said.split()) > MOST_WORDS:
        return None
    for wish, pattern in PATTERNS:
        if (found := pattern.match(said)) and TAIL.fullmatch(said[found.end() :]):
            return wish
    return None


def is_unnamed_pause(sentence: str) -> bool:
    """`Let's go off the record.`, and not `He told me off the record that…` or `Was that off the record?`"""
    said = re.sub(
        r"^(?:okay|ok|so|and|now|right|well|all right|please|sorry|wait)[,.]?\s+", "", sentence.strip(), flags=re.I
    )
    found = UNNAMED.match(said)
    if not found or not TAIL.fullmatch(said[found.end() :]):
        return False
    return not said.rstrip().endswith("?") or said.lower().startswith(("can we", "could we"))
