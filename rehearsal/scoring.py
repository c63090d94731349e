"""How well words were heard: a transcript against what was really said."""

import re
from collections.abc import Sequence

WORD = re.compile(r"\w+(?:'\w+)*")
THOUSANDS_COMMA = re.compile(r"(?<=\d),(?=\d{3}\b)")
SPELLINGS = {"ok": ["okay"], "alright": ["all", "right"]}


def numbered(units: str, tens: str) -> dict[str, int]:
    by_unit = {word: value for value, word in enumerate(units.split())}
    return by_unit | {word: 20 + 10 * place for place, word in enumerate(tens.split())}


CARDINALS = numbered(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen",
    "twenty thirty forty fifty sixty seventy eighty ninety",
)
ORDINALS = numbered(
    "zeroth first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth "
    "fifteenth sixteenth seventeenth eighteenth nineteenth",
    "twentieth thirtieth fortieth fiftieth sixtieth seventieth eightieth ninetieth",
)


def words_of(text: str) -> list[str]:
    """Words without case, punctuation and variants of spelling; numbers in digits."""
    plain = THOUSANDS_COMMA.sub("", text.lower().replace("’", "'"))
    words = [word.replace("'", "") for word in WORD.findall(plain)]
    return fold_numbers([part for word in words for part in SPELLINGS.get(word, [word])])


def fold_numbers(words: Sequence[str]) -> list[str]:
    """`thirty seven` becomes `37`, `five thousand` `5000`, `fourteenth` `14th`."""
    folded = []
    at = 0
    while at < len(words):
        number, count = read_number(words[at : at + 8])
        folded.append(number if count else words[at])
        at += max(count, 1)
    return folded


def read_number(words: Sequence[str]) -> tuple[str, int]:
    """The number that begins here, in digits, and of how many words it is made: 0 where no number begins."""
    thousands = part = count = 0
    for word in words:
        value = CARDINALS.get(word, ORDINALS.get(word))
        if word == "thousand" and part:
            thousands, part = thousands + part * 1000, 0
        elif word == "hundred" and 0 < part < 10:
            part *= 100
        elif word.isdecimal() and not count:
            part = int(word)
        elif value is None or (count and not goes_on(thousands, part, value)):
            break
        elif word in ORDINALS:
            return ordinal(thousands + part + value), count + 1
        else:
            part += value
        count += 1
    return str(thousands + part), count


def goes_on(thousands: int, part: int, value: int) -> bool:
    """Whether the value is the next part of the number before it: `twenty` `one` is, `one` `two` is not."""
    if part % 100 == 0:
        return value > 0 and thousands + part > 0
    return part % 10 == 0 and part % 100 >= 20 and 0 < value < 10


def ordinal(number: int) -> str:
    ending = "th" if number % 100 // 10 == 1 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def align(reference: Sequence[str], hypothesis: Sequence[str]) -> list[int | None]:
    """For each reference word the index of the word heard in its place, right or wrong; None where none was heard."""
    costs = edit_costs(reference, hypothesis)
    places: list[int | None] = [None] * len(reference)
    row, column = len(reference), len(hypothesis)
    while row and column:
        differs = reference[row - 1] != hypothesis[column - 1]
        if costs[row][column] == costs[row - 1][column - 1] + differs:
            row, column = row - 1, column - 1
            places[row] = column
        elif costs[row][column] == costs[row - 1][column] + 1:
            row -= 1
        else:
            column -= 1
    return places


def word_errors(reference: Sequence[str], hypothesis: Sequence[str]) -> tuple[int, int, int]:
    """Words that were heard wrongly, that nobody said, and that were not heard."""
    places = align(reference, hypothesis)
    heard = [(word, hypothesis[place]) for word, place in zip(reference, places, strict=True) if place is not None]
    substitutions = sum(said != understood for said, understood in heard)
    return substitutions, len(hypothesis) - len(heard), len(reference) - len(heard)


def edit_costs(reference: Sequence[str], hypothesis: Sequence[str]) -> list[list[int]]:
    """Row i, column j: the fewest errors that turn the first i words into the first j heard ones."""
    costs = [list(range(len(hypothesis) + 1))]
    for said in reference:
        above = costs[-1]
        row = [above[0] + 1]
        for column, heard in enumerate(hypothesis):
            row.append(min(above[column] + (said != heard), above[column + 1] + 1, row[column] + 1))
        costs.append(row)
    return costs
