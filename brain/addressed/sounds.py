"""Whether a word may be a speech engine's spelling of a name: both are compared by sound, and by letter."""

import re
from functools import lru_cache

SPELLINGS = (
    (re.compile(r"tch|ch|sh"), "C"),
    (re.compile(r"ph"), "f"),
    (re.compile(r"ck"), "k"),
    (re.compile(r"qu"), "kw"),
    (re.compile(r"c(?=[eiy])"), "s"),
    (re.compile(r"c"), "k"),
    (re.compile(r"x"), "ks"),
    (re.compile(r"mb$"), "m"),
    (re.compile(r"au|aw"), "o"),
    (re.compile(r"igh|a[iy]e?|[iy](?=[^aeiouyC]e$)|ie$|y(?=[^aeiouy]$)"), "I"),
    (re.compile(r"(?<=[^aeiou])e$"), ""),
)
"""In this order; `C` stands for the sound of `ch` and `sh`, which engines confuse, `I` for that of `eye`."""
DOUBLED = re.compile(r"(.)\1")
CONFUSED = ("Ctj", "mn", "bpvf", "dt", "gk", "sz")
"""Sounds that noise makes alike."""
LEAST_SOUNDS = 3
LEAST_LETTERS = 5
"""Shorter names have too many neighbours that are names of people."""


@lru_cache(maxsize=4096)
def sound_of(word: str) -> str:
    """`Chime`, `Chyme`, `Shime` and `Chai-m` sound alike; `time`, `chair` and `shine` do not."""
    sound = "".join(char for char in word.lower() if char.isalpha())
    for spelling, code in SPELLINGS:
        sound = spelling.sub(code, sound)
    return DOUBLED.sub(r"\1", sound)


def may_be(word: str, name: str) -> bool:
    """Engines also hear an `s` at the end that is not there. `Chime's` is a possessive, not a call."""
    if "'" in word or "’" in word:
        return False
    wanted = sound_of(name)
    return wanted != "" and wanted in {sound_of(word), sound_of(word.removesuffix("s"))}


def resembles(word: str, name: str) -> bool:
    """Noise makes `Time` and `Jime` of `Chime`; proves nothing by itself."""
    if may_be(word, name):
        return True
    if "'" in word or "’" in word:
        return False
    letters, wanted = word.lower(), name.lower()
    if len(wanted) >= LEAST_LETTERS and is_one_slip_away(letters, wanted):
        return True
    return is_one_sound_away(sound_of(word), sound_of(name))


def is_one_sound_away(heard: str, wanted: str) -> bool:
    if len(heard) != len(wanted) or len(wanted) < LEAST_SOUNDS:
        return False
    differing = [{one, other} for one, other in zip(heard, wanted, strict=True) if one != other]
    return len(differing) == 1 and any(differing[0] <= set(group) for group in CONFUSED)


def is_one_slip_away(typed: str, wanted: str) -> bool:
    """One letter left out, added, changed, or two that changed places."""
    if typed == wanted or abs(len(typed) - len(wanted)) > 1 or typed[:1] != wanted[:1]:
        return typed == wanted
    start = next((n for n, pair in enumerate(zip(typed, wanted, strict=False)) if pair[0] != pair[1]), len(typed))
    heads, tails = typed[start:], wanted[start:]
    return (
        heads[1:] == tails[1:]
        or heads[1:] == tails
        or heads == tails[1:]
        or (heads[:2] == tails[1::-1] and heads[2:] == tails[2:])
    )
