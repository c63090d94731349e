"""A briefing at the length that somebody has time for. Pure: nothing is written anew."""

from collections.abc import Iterator

from msgspec import structs

from shared.events import ActionItem, Brief, Point

GLANCE_WORDS = 100
"""Half a minute of reading at 200 words a minute."""
TITLE_WORDS, SUMMARY_WORDS = 12, 40
LEVELS = ("glance", "short", "full")


def at_level(brief: Brief, level: str) -> Brief:
    """`glance`: what matters most in 100 words; `short`: without the key points; `full`: all of it."""
    if level == "glance":
        return glance(brief)
    return structs.replace(brief, key_points=[]) if level == "short" else brief


def glance(brief: Brief) -> Brief:
    """Decisions and tasks in turn, then open questions, as far as the words go."""
    title, summary = first_words(brief.title, TITLE_WORDS), first_words(brief.summary, SUMMARY_WORDS)
    left = GLANCE_WORDS - len(f"{title} {summary}".split())
    kept: dict[str, list[Point | ActionItem]] = {"decisions": [], "action_items": [], "open_questions": []}
    for kind, entry in in_turn(brief):
        if (words := len(text_of(entry).split())) <= left:
            kept[kind].append(entry)
            left -= words
    return structs.replace(brief, title=title, summary=summary, key_points=[], **kept)


def in_turn(brief: Brief) -> Iterator[tuple[str, Point | ActionItem]]:
    for n in range(max(len(brief.decisions), len(brief.action_items))):
        yield from (("decisions", point) for point in brief.decisions[n : n + 1])
        yield from (("action_items", item) for item in brief.action_items[n : n + 1])
    yield from (("open_questions", point) for point in brief.open_questions)


def text_of(entry: Point | ActionItem) -> str:
    if isinstance(entry, Point):
        return entry.text
    return " ".join(part for part in (entry.owner, entry.task, entry.due, entry.due_on) if part)


def first_words(text: str, most: int) -> str:
    words = text.split()
    return text if len(words) <= most else " ".join(words[:most]).rstrip(",;:") + " …"
