"""How a turn takes up what was said before it."""

import re

AGREES = re.compile(
    r"^(?:(?:okay|ok|oh|yes|yeah|well|good|great|and),? )*(?:(?:i )?(?:fully |totally )?agreed?\b|fine\b|"
    r"sounds (?:good|right|fine)|"
    r"okay\b|ok\b|yes\b|yeah\b|yep\b|sure\b|right\b|alright\b|all right\b|good (?:idea|point|plan|call)|"
    r"fair (?:point|enough)|perfect\b|deal\b|makes sense|works for me|absolutely|let['’]s\b|great\b|exactly\b|"
    r"of course|"
    r"i (?:really )?(?:like|love) (?:that|it)|i(?: a|['’])m (?:fine|okay|ok|happy|good) with|(?:\w+ ){1,4}(?:is|"
    r"works|would be) (?:\w+ )?(?:better|fine|"
    r"good|great|okay|perfect))",
    re.IGNORECASE,
)
ACCEPTS = re.compile(
    r"^(?:(?:okay|ok|oh|well|good|great),? )*(?:yes\b|yeah\b|yep\b|sure\b|okay\b|ok\b|alright\b|all right\b|"
    r"will do|of course|"
    r"no problem|can do|on it|i(?: wi|['’])ll\b|i can\b|absolutely|gladly|consider it done|happy to|please do|"
    r"please\b|go ahead|"
    r"that would be|perfect\b|done\b)",
    re.IGNORECASE,
)
WANTS = re.compile(r"\b(?:please|that would|would help|go ahead|do that|good idea)\b", re.IGNORECASE)
DEFERS = re.compile(
    r"\b(?:i (?:really )?(?:do not|don['’]t) know|not sure|no idea|(?:come|get) back to (?:you|that|it)|"
    r"good question|we['’]ll see|we will see|"
    r"(?:find|check) (?:that |it )?(?:out )?later|later|offline|hard to say|too early|(?:have|need) to (?:think|"
    r"check|ask)|no one knows|"
    r"nobody knows|unclear|open question)\b",
    re.IGNORECASE,
)
STEERING = re.compile(
    r"\b(?:start|begin|go (?:ahead|on|first|next)|move on|continue|keep (?:this|it) (?:short|brief|quick)|see|"
    r"hear|repeat|"
    r"say (?:that|it) again|wrap|close|get started|take a break|talk about|jump|tell (?:us|me)|explain|speak up|"
    r"mute|unmute|"
    r"share your screen|come back)\b",
    re.IGNORECASE,
)
"""What moves the meeting itself along is neither a task nor a decision."""


def agrees(text: str) -> bool:
    return bool(AGREES.match(text))


def accepts(text: str) -> bool:
    return bool(ACCEPTS.match(text))


def wants(text: str) -> bool:
    """Takes up an offer, where a mere `yes` could mean anything."""
    return bool(WANTS.search(text))


def defers(text: str) -> bool:
    """Puts an answer off."""
    return bool(DEFERS.search(text))


def steers(text: str) -> bool:
    return bool(STEERING.search(text))
