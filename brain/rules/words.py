"""Text to the words that are compared: lower case, numbers folded, endings taken off."""

import re

WORD = re.compile(r"\d+(?:[.,:]\d+)*(?:st|nd|rd|th)?|[^\W\d_]+(?:['’][^\W\d_]+)*")
UNITS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen"
)
TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
SMALL = {word: value for value, word in enumerate(UNITS.split())} | {
    word: 10 * tens for tens, word in enumerate(TENS.split(), start=2)
}
ORDINALS = {
    "first": 1,
    "second": 2,
    "third": 3,
    "fifth": 5,
    "eighth": 8,
    "ninth": 9,
    "twelfth": 12,
    **{f"{name}th": value for name, value in SMALL.items() if name not in {"one", "two", "three", "five"}},
    **{f"{name[:-1]}ieth": value for name, value in SMALL.items() if name.endswith("ty")},
}
VALUES = SMALL | ORDINALS
LARGE = {"hundred": 100, "thousand": 1000, "million": 1_000_000}
ORDINAL_ENDING = re.compile(r"(?<=\d)(?:st|nd|rd|th)$")

EMPTY_WORDS = (
    "a about am an and any are as at be been being but by can could did do does doing for from get gets got had "
    "has have he her hers him his how i if in into is it its just let's me my no not of off on or our ours out "
    "shall she should so some than that the their them then there these they this those to too up us was we were "
    "what when where which who whom whose why will with would yes you your yours i'm it's i'll we'll that's don't "
    "we're i've okay ok oh well um uh hm"
)
STOP = frozenset(EMPTY_WORDS.split())
"""Words that say nothing about what a passage is about."""

SUFFIXES = (("ies", "y"), ("sses", "ss"), ("ing", ""), ("ed", ""), ("es", ""), ("s", ""))


def words_of(text: str) -> list[str]:
    """Lower-case words in order; `thirty seven`, `37` and `37th` are all `37`."""
    found = [match.group().lower().replace("’", "'").replace(",", "") for match in WORD.finditer(text)]
    return fold_numbers([ORDINAL_ENDING.sub("", word) for word in found])


def terms_of(text: str) -> list[str]:
    """What a text is about: stems without stop words."""
    return [stem(word) for word in words_of(text) if word not in STOP]


def fold_numbers(words: list[str]) -> list[str]:
    """Runs of number words become numbers in digits."""
    folded: list[str] = []
    run: list[str] = []
    for word in words:
        if word in VALUES or word in LARGE or (word == "and" and run and run[-1] in LARGE):
            run.append(word)
            continue
        folded += values_of(run)
        folded.append(word)
        run = []
    return folded + values_of(run)


def values_of(run: list[str]) -> list[str]:
    """`two hundred and ten` is 210; `one sixty` stays two numbers; an `and` at the end belongs to what follows."""
    values: list[str] = []
    total, part = 0, 0
    for word in run:
        if word in LARGE:
            part = max(part, 1) * LARGE[word]
            total, part = (total + part, 0) if LARGE[word] > 100 else (total, part)
        elif word != "and" and goes_on(part, VALUES[word]):
            part += VALUES[word]
        elif word != "and":
            values.append(str(total + part))
            total, part = 0, VALUES[word]
    if run:
        values.append(str(total + part))
    return [*values, "and"] if run and run[-1] == "and" else values


def goes_on(part: int, value: int) -> bool:
    """Whether a number that is `part` so far can be followed by this one."""
    return part % 100 == 0 or (part % 10 == 0 and part % 100 >= 20 and value < 10)


def stem(word: str) -> str:
    """Takes off what changes with number and time; wrong for some words, but the same way for every text."""
    word = word.removesuffix("'s")
    if not word.isalpha():
        return word
    for suffix, replacement in SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= 3 and not word.endswith("ss"):
            return trim(word[: -len(suffix)] + replacement)
    return trim(word)


def trim(word: str) -> str:
    """`planned` and `plan`, `release` and `released` meet."""
    if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "aeiouls":
        return word[:-1]
    return word[:-1] if len(word) > 3 and word.endswith("e") else word
