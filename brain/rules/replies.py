"""How a turn takes up what was said before it."""

import re

YES = r"yes\b|yeah\b|yep\b|sure\b|okay\b|ok\b|alright\b|all right\b|of course|absolutely|perfect\b"
AGREES = re.compile(
    r"^(?:(?:okay|ok|oh|yes|yeah|well|good|great|and),? )*"
    rf"(?:{YES}|(?:i )?(?:fully |totally )?agreed?\b|fine\b|right\b|deal\b|great\b|exactly\b|makes sense|works for me|"
    r"sounds (?:good|right|fine)|good (?:idea|point|plan|call)|fair (?:point|enough)|let['’]s\b|"
    r"i (?:really )?(?:like|love) (?:that|it)|i(?: a|['’])m (?:fine|okay|ok|happy|good) with|"
    r"(?:\w+ ){1,4}(?:is|works|would be) (?:\w+ )?(?:better|fine|good|great|okay|perfect))",
    re.IGNORECASE,
)
ACCEPTS = re.compile(
    r"^(?:(?:okay|ok|oh|well|good|great),? )*"
    rf"(?:{YES}|will do|can do|no problem|on it|gladly|happy to|consider it done|done\b|"
    r"i(?: wi|['’])ll\b|i can\b|please\b|go ahead|that would be)",
    re.IGNORECASE,
)
WANTS = re.compile(r"\b(?:please|that would|would help|go ahead|do that|good idea)\b", re.IGNORECASE)
DEFERS = re.compile(
    r"\b(?:i (?:really )?(?:do not|don['’]t) know|not sure|no idea|no one knows|nobody knows|unclear|hard to say|"
    r"(?:come|get) back to (?:you|that|it)|good question|open question|we(?: wi|['’])ll see|later|offline|too early|"
    r"(?:have|need) to (?:think|check|ask))\b",
    re.IGNORECASE,
)
STEERING = re.compile(
    r"\b(?:(?:start|begin)(?=\W*$| (?:with|by|now|off|over)\b)|go (?:ahead|on|first|next)|move on|continue|wrap|"
    r"keep (?:this|it) (?:short|brief|quick)|get started|take a break|close (?:the meeting|with)|come back|jump|"
    r"see|hear|repeat|say (?:that|it) again|tell (?:us|me)|talk about|explain|speak up|mute|unmute|"
    r"share your screen)\b",
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
