"""Pieces of text become sentences, each given out the moment it is known to be complete.

A sentence is known to be complete when the next one has begun: what follows a full stop decides whether it was one.
"""

import re

LONGEST = 220
"""Characters; a longer sentence is cut at a clause, so that speech can begin."""
SHORTEST_CLAUSE = 60

CLOSERS = "\"'”’»)\\]」』）"
END = re.compile(rf"(?:[.!?…]+[{CLOSERS}]*(?=\s)|[。！？؟۔।॥]+[.!?…。！？؟۔।॥{CLOSERS}]*|\n)")
CLAUSE = re.compile(r"[,;:—–](?=\s)|[，、；：،؛]")
LAST_WORD = re.compile(r"[^\s(\[“\"'‘«]*$")
LIST_MARK = re.compile(r"\s*(?:\d{1,3}|[A-Za-z])$")
BULLET = re.compile(r"^(?:[-*•–]|#+)\s+")
INITIALS = re.compile(r"^(?:[^\W\d_]\.)*[^\W\d_]$")

NEVER_LAST = (
    "dr mr mrs ms mx prof st sr jr gen col lt capt sgt rev hon messrs mt ft vs cf eg ie e.g i.e approx ca resp "
    "viz fig eq art sec ch vol pp ed eds est dept nr z.b bzw"
)
TITLES = frozenset(NEVER_LAST.split())
"""Never the last word of a sentence."""
NUMBERED = frozenset("no nos p op jan feb mar apr jun jul aug sep oct nov dec".split())
"""Short for `number`, a month and the like only before a digit."""
GERMAN_DAY = re.compile(r"\b(?:am|den|der|dem|des|vom|zum|bis|ab|seit|und) \d{1,2}$", re.IGNORECASE)
GERMAN_MONTH = re.compile(
    r"(?:Januar|Februar|März|April|Mai|Juni|Juli|August|September|Oktober|November|Dezember|Quartal)\b"
)
MAYBE_LAST = "a.m p.m am pm etc inc ltd co corp bros u.s u.k e.u u.n ph.d b.c a.d al"
CLIPPED = frozenset(MAYBE_LAST.split())
"""May end a sentence: a capital after them says that they did."""


class Sentences:
    """The text so far that is not given out yet."""

    def __init__(self) -> None:
        self._rest = ""

    def push(self, text: str) -> list[str]:
        """Sentences that are complete by now; how the text was cut into pieces changes nothing."""
        self._rest += text
        return self._take(is_over=False)

    def finish(self) -> list[str]:
        """What is left."""
        return self._take(is_over=True)

    def _take(self, *, is_over: bool) -> list[str]:
        taken: list[str] = []
        while True:
            self._rest = self._rest.lstrip()
            if not (end := end_of_first(self._rest, is_over=is_over)):
                return taken
            if sentence := BULLET.sub("", self._rest[:end].strip()):
                taken.append(sentence)
            self._rest = self._rest[end:]


def split(text: str) -> list[str]:
    """A whole text."""
    sentences = Sentences()
    return sentences.push(text) + sentences.finish()


def end_of_first(text: str, *, is_over: bool) -> int:
    """Where the first sentence ends; 0 while that is not known."""
    for match in END.finditer(text):
        if match.end() > LONGEST:
            break
        following = text[match.end() :].lstrip()
        if not following:
            return len(text) if is_over else 0
        if is_end(text, match, following):
            return match.end()
    if len(text) > LONGEST:
        return end_of_clause(text)
    return len(text) if is_over else 0


def is_end(text: str, match: re.Match[str], following: str) -> bool:
    """Whether the mark that was found ends a sentence, given what stands before and after it."""
    mark = match.group()
    if mark == "\n" or mark[0] in "。！？؟۔।॥":
        return True
    if following[0].islower():
        return mark in {"!", "?"}
    if mark != ".":
        return True
    before = text[: match.start()]
    if GERMAN_MONTH.match(following) and GERMAN_DAY.search(before):
        return False
    return not LIST_MARK.match(before) and not is_abbreviation(before, following[0])


def is_abbreviation(before: str, after: str) -> bool:
    """Whether the full stop belongs to the word before it."""
    found = LAST_WORD.search(before)
    word = found.group() if found else ""
    name = word.lower()
    if name in NUMBERED:
        return after.isdigit()
    if name in CLIPPED:
        return not (after.isupper() or after in "“\"'‘«(")
    return name in TITLES or (bool(INITIALS.match(word)) and word.isupper() and word != "I")


def end_of_clause(text: str) -> int:
    """Where to cut a sentence that is too long: after the last clause, else after the last word."""
    head = text[:LONGEST]
    clauses = [match.end() for match in CLAUSE.finditer(text, 0, LONGEST + 1) if match.end() <= LONGEST]
    if clauses and clauses[-1] >= SHORTEST_CLAUSE:
        return clauses[-1]
    return head.rfind(" ", SHORTEST_CLAUSE) + 1 or LONGEST
