"""Whether a word may be a speech engine's spelling of a name: both are compared by sound."""

import re

SPELLINGS = (
    (re.compile(r"tch|ch|sh"), "C"),
    (re.compile(r"ph"), "f"),
    (re.compile(r"ck"), "k"),
    (re.compile(r"qu"), "kw"),
    (re.compile(r"c(?=[eiy])"), "s"),
    (re.compile(r"c"), "k"),
    (re.compile(r"x"), "ks"),
    (re.compile(r"mb$"), "m"),
    (re.compile(r"igh|a[iy]e?|[iy](?=[^aeiouyC]e$)|ie$|y(?=[^aeiouy]$)"), "I"),
    (re.compile(r"(?<=[^aeiou])e$"), ""),
)
"""In this order; `C` stands for the sound of `ch` and `sh`, which engines confuse, `I` for that of `eye`."""
DOUBLED = re.compile(r"(.)\1")


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
