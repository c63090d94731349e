"""When something is due, in the words in which it was said."""

import re

from brain.rules.expecting import DAYS, MONTHS, ORDINAL_WORDS
from brain.rules.words import SMALL

BEFORE = r"(?:(?:by|before|until|till|on|at|no later than|right after|straight after|directly after|after|within|in) )?"
DAY = (
    rf"(?:(?:next|this|coming|the) )*(?:{DAYS})(?: (?:morning|afternoon|evening|night|noon))?"
    rf"(?:,? the (?:{ORDINAL_WORDS}))?"
)
PERIOD = (
    r"(?:(?:the )?(?:end|beginning|middle) of )?(?:the |this |next )*(?:day|week|weekend|month|quarter|year|sprint)"
    r"|(?:this|tomorrow|later this) (?:morning|afternoon|evening)"
)
POINTS = (
    r"today|tonight|tomorrow|noon|midnight|lunch|"
    r"(?:(?:this|the|our|next) )+(?:call|meeting|standup|demo|release|review)"
)
DATE = rf"(?:the )?(?:{ORDINAL_WORDS})(?: of (?:{MONTHS}))?|(?:{MONTHS}) (?:the )?(?:{ORDINAL_WORDS}|\d{{1,2}})"
SPAN = rf"(?:an?|\d+|{'|'.join(SMALL)}|(?:a )?couple of|a few) (?:minutes?|hours?|days?|weeks?|months?)"
CLOCK = rf"(?:\d{{1,2}}(?::\d\d)?|{'|'.join(SMALL)}) ?(?:o['’]?clock|[ap]\.?m\b\.?)"

CERTAIN = re.compile(
    rf"\b(?:{BEFORE}(?:{DAY}|{PERIOD}|{POINTS}|{CLOCK})|"
    rf"(?:by|before|until|on) (?:{DATE})|(?:in|within) (?:{SPAN}))(?![\w-])",
    re.IGNORECASE,
)
"""Bare spans and dates are no due dates: `it took two weeks`, `the first draft`."""
VAGUE = re.compile(
    r"^(?:(?:in|at|on) )?(?:the )?(?:day|week|weekend|month|quarter|year|sprint|call|meeting|demo|release|review)$",
    re.IGNORECASE,
)
DEADLINE = re.compile(r"^(?:by|before|until|till|no later)\b", re.IGNORECASE)


def due_in(text: str) -> str | None:
    """`by Wednesday`, `right after this call`; a deadline goes before any other time."""
    found = [match.group() for match in CERTAIN.finditer(text) if not VAGUE.match(match.group())]
    deadlines = [phrase for phrase in found if DEADLINE.match(phrase)]
    return next(iter([*deadlines, *found]), None)
