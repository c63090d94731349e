"""Links of calls that differ by a number."""

LETTERS = 26


def link_of(number: int) -> str:
    """Of Google Meet, whose codes are letters; numbers below 17,576."""
    hundreds, rest = divmod(number, LETTERS * LETTERS)
    tens, ones = divmod(rest, LETTERS)
    code = "".join(chr(ord("a") + place) for place in (hundreds, tens, ones))
    return f"https://meet.google.com/lnk-defg-{code}"
