"""What may leave: plain words without links, markup, hidden characters, code or the assistant's own instructions."""

import codecs
import re
import unicodedata
from collections.abc import Iterable, Sequence

from msgspec import structs

from brain.citations import visible
from shared.events import ActionItem, Brief, Point

A_LINK, AN_ADDRESS = "a link", "an e-mail address"
LONGEST_TOKEN = 60
"""Characters without a space; longer ones are no words."""
LINK = re.compile(
    r"(?:\b[a-z][a-z0-9+.\-]{1,20}:/{1,2}\S*|\b(?:javascript|data|mailto|vbscript|file|tel):\S*|\bwww\.\S+|"
    r"\b(?:\d{1,3}\.){3}\d{1,3}(?::\d+)?(?:/\S*)?|\b(?:[a-z0-9\-]+\.)+[a-z]{2,18}/\S*|"
    r"\b(?:[a-z0-9\-]+\.)+(?:com|net|org|io|dev|ai|app|co|me|info|biz|xyz|link|site|online|ru|cn|de|eu|uk|us|gov|edu|ly|gg|tv|"
    r"example|test|invalid|localhost|local|internal|onion)\b(?:[:/?#]\S*)?)",
    re.IGNORECASE,
)
DOTTED = re.compile(
    r"\b(?:\w+ (?:dot|punkt|point|\[\.\]|\(dot\)) )+(?:com|net|org|io|example)\b(?: slash \S+)*", re.IGNORECASE
)
ADDRESS = re.compile(r"[\w.+\-]+@[\w\-]+(?:\.[\w\-]+)+")
NAMED_LINK = re.compile(r"!?\[([^\]]{0,200})\]\([^)]{0,2000}\)?")
TAG = re.compile(r"</?[a-z!][^<>]{0,2000}>?", re.IGNORECASE)
MARKS = re.compile(r"\*{1,3}|_{2,}|`+|~~|^\s*#{1,6}\s+|^\s*>\s+|\|{2,}|<\||\|>", re.MULTILINE)
KEY = re.compile(r"\b(?:sk|pk|rk|whsec|xox[a-z]|ghp|gho|glpat|AKIA|ASIA|AIza|eyJ)[-_A-Za-z0-9.]{8,}")
CODE = re.compile(r"[A-Za-z0-9+/=_\-]{16,}")
HEX = re.compile(r"\b(?:[0-9a-fA-F]{2}[\s:]?){12,}\b|\b(?:[01]{8}\s?){4,}")
REMOVED = "(removed)"
WORD_LIKE = re.compile(r"[A-Z]?[a-z]+(?:-[A-Za-z]?[a-z]+)*")
OVERLAP = 28
"""Letters in a row that an answer shares with the instructions by chance; more are a quotation."""


class Outgoing:
    """Cleans one answer, sentence by sentence; what is spread over several is found too."""

    def __init__(self, instructions: str = "") -> None:
        self._instructions = letters(instructions)
        self._tail = ""
        self._is_in_link = False
        self.has_withheld = False
        """A whole sentence was left out."""

    def clean(self, sentence: str) -> str:
        """What may be said of it; empty where nothing may."""
        text = visible(sentence)
        if self._is_in_link:
            text = text.lstrip()
            text = text[len(text.split(maxsplit=1)[0]) if text else 0 :]
        self._is_in_link = ends_in_link(text)
        cleaned = plain(text)
        if self._quotes(cleaned, text):
            cleaned = ""
        self.has_withheld |= bool(sentence.strip()) and not cleaned
        return cleaned

    def _quotes(self, *forms: str) -> bool:
        """Whether one of these forms of a sentence has a part of the instructions.

        Be it backwards, rotated or letter by letter; the first form is the one that would leave.
        """
        if not self._instructions:
            return False
        all_said = [self._tail + letters(form) for form in forms]
        found = any(self._is_quoted(said) for said in dict.fromkeys(all_said))
        self._tail = all_said[0][-OVERLAP + 1 :]
        return found

    def _is_quoted(self, said: str) -> bool:
        return any(
            way[at : at + OVERLAP] in self._instructions
            for way in (said, said[::-1], codecs.encode(said, "rot13"))
            for at in range(max(0, len(way) - OVERLAP + 1))
        )


def plain(text: str) -> str:
    """Without links, addresses, markup, keys and code."""
    text = NAMED_LINK.sub(r"\1", unicodedata.normalize("NFC", visible(text)))
    text = LINK.sub(A_LINK, ADDRESS.sub(AN_ADDRESS, TAG.sub("", text)))
    text = KEY.sub(REMOVED, HEX.sub(REMOVED, MARKS.sub("", DOTTED.sub(A_LINK, text))))
    text = CODE.sub(code_out, text)
    words = (word if len(word) <= LONGEST_TOKEN or not word.isascii() else REMOVED for word in text.split())
    cleaned = " ".join(words)
    return cleaned if re.search(r"\w", cleaned.replace(REMOVED, "")) else ""


def code_out(match: re.Match[str]) -> str:
    """Long words stay; what mixes cases, digits and signs is code."""
    token = match.group()
    if WORD_LIKE.fullmatch(token) or token.isupper() or token.replace("-", "").isdigit():
        return token
    kinds = sum(bool(re.search(kind, token)) for kind in (r"[a-z]", r"[A-Z]", r"\d", r"[+/=_]"))
    return REMOVED if kinds > 1 else token


def ends_in_link(text: str) -> bool:
    """A link so long that it was cut: the rest of it comes first in the next sentence."""
    last = text.rsplit(maxsplit=1)[-1:]
    return bool(last) and len(last[0]) > LONGEST_TOKEN and not text[-1].isspace()


def letters(text: str) -> str:
    """Nothing but letters, in lower case: spaces and signs hide nothing."""
    return "".join(char for char in unicodedata.normalize("NFKD", text).lower() if char.isalnum())


# -- briefings ---------------------------------------------------------------------------------------------------------


def clean_brief(brief: Brief, instructions: str) -> Brief:
    """Whoever wrote it."""

    def cleaned(text: str) -> str:
        return Outgoing(instructions).clean(text)

    return structs.replace(
        brief,
        title=cleaned(brief.title),
        summary=cleaned(brief.summary),
        key_points=cleaned_points(brief.key_points, instructions),
        decisions=cleaned_points(brief.decisions, instructions),
        open_questions=cleaned_points(brief.open_questions, instructions),
        action_items=cleaned_items(brief.action_items, instructions),
    )


def cleaned_points(points: Iterable[Point], instructions: str) -> list[Point]:
    cleaned = [structs.replace(point, text=Outgoing(instructions).clean(point.text)) for point in points]
    return [point for point in cleaned if point.text]


def cleaned_items(items: Sequence[ActionItem], instructions: str) -> list[ActionItem]:
    cleaned = [
        structs.replace(
            item,
            task=Outgoing(instructions).clean(item.task),
            due=Outgoing(instructions).clean(item.due) or None if item.due else None,
        )
        for item in items
    ]
    return [item for item in cleaned if item.task]
