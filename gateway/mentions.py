"""Where somebody was spoken of or to. Pure."""

import re
from collections.abc import Sequence

from shared.events import Brief, Cite, Line, Point

MOST = 50


def mentions_of(name: str, lines: Sequence[Line], brief: Brief) -> list[Point]:
    """What others said with the name in it, and what was given to them; the last ones where there are many."""
    called = pattern_of(name)
    given = {cite.line_id for item in brief.action_items if is_named(item.owner, name) for cite in item.cites}
    found = [
        line
        for line in lines
        if line.end_ms > brief.since_ms
        and (line.id in given or (called.search(line.text) and not is_named(line.speaker, name)))
    ]
    return [Point(text=line.text, cites=[cite_of(line)]) for line in found[-MOST:]]


def pattern_of(name: str) -> re.Pattern[str]:
    """The whole name or the first one, as a word."""
    whole = name.strip()
    return re.compile(rf"\b(?:{re.escape(whole)}|{re.escape(whole.split()[0])})\b", re.IGNORECASE)


def is_named(known: str | None, name: str) -> bool:
    """By the whole name or by the first."""
    if not known:
        return False
    wanted = name.strip().casefold()
    return wanted in {known.casefold(), known.casefold().split(" ")[0]}


def cite_of(line: Line) -> Cite:
    return Cite(line_id=line.id, speaker=line.speaker, at_ms=line.start_ms)
