"""What kind of answer a question wants, and whether a sentence holds one."""

import re
from enum import Enum

from brain.rules.words import LARGE, ORDINALS, SMALL

DAYS = "monday|tuesday|wednesday|thursday|friday|saturday|sunday"
# `may` is a month only beside a day: alone it is a verb more often.
MONTHS = "january|february|march|april|may|june|july|august|september|october|november|december"
ORDINAL_WORDS = rf"{'|'.join(ORDINALS)}|\d{{1,2}}(?:st|nd|rd|th)"
UNITS = "minutes?|hours?|days?|weeks?|months?|quarters?|years?"
NUMBER = re.compile(rf"\d|\b(?:{'|'.join([*SMALL, *LARGE])}|once|twice|half|dozen)\b", re.IGNORECASE)
CLOCK = re.compile(
    r"o['’]?clock|\d{1,2}:\d\d|\b\d{1,2} ?[ap]\.?m\b|\b(?:noon|midnight|half past|quarter (?:to|past))\b", re.IGNORECASE
)
TIME = re.compile(
    rf"\b(?:{DAYS}|{MONTHS.replace('|may|', '|')}|"
    rf"today|tonight|tomorrow|yesterday|morning|afternoon|evening|weekend|lunch|soon|later|"
    rf"(?:next|this|last|end of(?: the| this| next)?|in an?|in \w+|after(?: the| this)?|before(?: the| this)?) "
    rf"(?:{UNITS}|call|meeting|release))\b|\b\d+(?:st|nd|rd|th)\b|" + CLOCK.pattern,
    re.IGNORECASE,
)
PROMISE = re.compile(r"\b(?:will|going to|can|could you|please)\b|['’]ll\b", re.IGNORECASE)


class Kind(Enum):
    """The value is what a text of that kind holds."""

    CLOCK = CLOCK
    TIME = TIME
    NUMBER = NUMBER
    PROMISE = PROMISE
    ANYTHING = re.compile("")

    def is_in(self, text: str) -> bool:
        return bool(self.value.search(text))


ASKED = (
    (re.compile(r"\b(?:at )?what time\b|\bo'?clock\b", re.IGNORECASE), Kind.CLOCK),
    (re.compile(r"\bwhen\b|\bwhat (?:day|date)\b|\bwhich (?:day|date)\b|\bdeadline\b", re.IGNORECASE), Kind.TIME),
    (re.compile(r"\bhow (?!do\b|did\b|does\b|can\b|will\b|is\b|are\b|come\b|about\b)\w+", re.IGNORECASE), Kind.NUMBER),
    (re.compile(r"\bwho(?:['’]ll| will| is going to|['’]s going to)\b", re.IGNORECASE), Kind.PROMISE),
)


def kind_wanted(question: str) -> Kind:
    """`When will you ...` wants a time, `how many` a number, `who will` somebody who takes it on."""
    return next((kind for pattern, kind in ASKED if pattern.search(question)), Kind.ANYTHING)
