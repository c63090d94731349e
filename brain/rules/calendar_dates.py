"""From `by Friday` to a date, given the day of the meeting. What names no day is no date."""

import calendar
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, tzinfo

from brain.rules.expecting import DAYS, MONTHS
from brain.rules.words import VALUES

WEEKDAYS = {name: number for number, name in enumerate(DAYS.split("|"))} | {
    name: number for number, name in enumerate("montag dienstag mittwoch donnerstag freitag samstag sonntag".split())
}
MONTH_NUMBERS = {name: number for number, name in enumerate(MONTHS.split("|"), start=1)} | {
    name: number
    for number, name in enumerate(
        "januar februar märz april mai juni juli august september oktober november dezember".split(), start=1
    )
}
FRIDAY = 4
A_WEEK = 7
NUMBER = rf"\d{{1,2}}|{'|'.join(sorted(VALUES, key=len, reverse=True))}"
TENS_AND_UNITS = r"(?:twenty|thirty)[- ](?:\w+)"
MONTH = "|".join(MONTH_NUMBERS)
WEEKDAY = "|".join(WEEKDAYS)

Resolve = Callable[[re.Match[str], date], date | None]


def date_of(due: str | None, held_on: date | None) -> date | None:
    """When something is due that was said on `held_on`; the first day named that can be."""
    if not due or not held_on:
        return None
    text = " ".join(due.lower().replace("’", "'").replace(",", " ").split())
    for pattern, resolve in RULES:
        if (found := pattern.search(text)) and (day := resolve(found, held_on)):
            return day
    return None


def day_of_meeting(at_ms: int | None, zone: tzinfo = UTC) -> date | None:
    """`at_ms`: Unix ms."""
    return datetime.fromtimestamp(at_ms / 1000, zone).date() if at_ms else None


# -- rules -------------------------------------------------------------------------------------------------------------


def same_day(_: re.Match[str], held_on: date) -> date:
    return held_on


def next_day(_: re.Match[str], held_on: date) -> date:
    return held_on + timedelta(days=1)


def day_after(_: re.Match[str], held_on: date) -> date:
    return held_on + timedelta(days=2)


def written_out(found: re.Match[str], _: date) -> date | None:
    return real(int(found[1]), int(found[2]), int(found[3]))


def span(found: re.Match[str], held_on: date) -> date | None:
    """`in two weeks`, `within ten days`."""
    count = 1 if found["count"] in {"a", "an"} else number_of(found["count"])
    if found["unit"].startswith("month"):
        return months_later(held_on, count)
    return held_on + timedelta(days=count * (A_WEEK if found["unit"].startswith("week") else 1))


def month_and_day(found: re.Match[str], held_on: date) -> date | None:
    """`the ninth of March`; the next one that comes."""
    month, day = MONTH_NUMBERS[found["month"]], number_of(found["day"])
    day_this_year = real(held_on.year, month, day)
    if day_this_year and day_this_year >= held_on:
        return day_this_year
    return real(held_on.year + 1, month, day)


def day_of_month(found: re.Match[str], held_on: date) -> date | None:
    """`the fourteenth`; the next one that comes."""
    day = number_of(found["day"])
    if day >= held_on.day and (this_month := real(held_on.year, held_on.month, day)):
        return this_month
    first = held_on.replace(day=1) + timedelta(days=32)
    return real(first.year, first.month, day)


def weekday(found: re.Match[str], held_on: date) -> date:
    """`Friday` is the next one; `Friday next week` and `next Friday` lie in the week after this one."""
    wanted = WEEKDAYS[found["weekday"]]
    if found["next"] or found["later"]:
        return held_on + timedelta(days=A_WEEK - held_on.weekday() + wanted)
    return held_on + timedelta(days=(wanted - held_on.weekday() - 1) % A_WEEK + 1)


def end_of_period(found: re.Match[str], held_on: date) -> date | None:
    """A week ends on Friday, where nobody says more."""
    ahead = 1 if "next" in (found["which"] or "") else 0
    match found["period"]:
        case "day":
            return held_on
        case "week" | "woche":
            friday = held_on + timedelta(days=FRIDAY - held_on.weekday() + A_WEEK * ahead)
            return friday if friday >= held_on else friday + timedelta(days=A_WEEK)
        case "month":
            return last_of_month(months_later(held_on.replace(day=1), ahead))
        case "quarter":
            quarter_end = (held_on.month - 1) // 3 * 3 + 3 + 3 * ahead
            return last_of_month(months_later(held_on.replace(month=1, day=1), quarter_end - 1))
    return date(held_on.year + ahead, 12, 31)


def number_of(text: str) -> int:
    tens, _, unit = text.replace("-", " ").partition(" ")
    if unit:
        return VALUES.get(tens, 0) + VALUES.get(unit, 0)
    return VALUES[text] if text in VALUES else int(re.sub(r"\D", "", text) or 0)


def real(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def months_later(day: date, count: int) -> date:
    """On the same day, or on the month's last."""
    months = day.year * 12 + day.month - 1 + count
    year, month = months // 12, months % 12 + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def last_of_month(day: date) -> date:
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


DAY = rf"(?P<day>{TENS_AND_UNITS}|\d{{1,2}}(?:st|nd|rd|th|\.)?|{NUMBER})"
RULES: tuple[tuple[re.Pattern[str], Resolve], ...] = tuple(
    (re.compile(pattern), resolve)
    for pattern, resolve in (
        (r"\b(\d{4})-(\d\d)-(\d\d)\b", written_out),
        (r"\bday after tomorrow\b|\bübermorgen\b", day_after),
        (r"\btomorrow\b|(?<!guten )\bmorgen\b", next_day),
        (rf"\b{DAY}(?: of)? (?P<month>{MONTH})\b", month_and_day),
        (rf"\b(?P<month>{MONTH}) (?:the )?{DAY}\b", month_and_day),
        (
            rf"\b(?:(?P<next>next |nächste[nrs]? )(?:week )?)?(?:(?:this|coming|the|on) )*(?P<weekday>{WEEKDAY})"
            r"(?: (?:morning|afternoon|evening|night))?(?P<later> next week)?\b",
            weekday,
        ),
        (rf"\b(?:in|within) (?P<count>an?|{NUMBER}) (?P<unit>days?|weeks?|months?)\b", span),
        (r"\b(?P<count>a|one|two|three) (?P<unit>weeks?|days?) from (?:now|today)\b", span),
        (
            r"\b(?:end|close) of (?:the |this )?(?P<which>next |business )?(?P<period>day|week|month|quarter|year)\b",
            end_of_period,
        ),
        (r"\bende (?P<which>der|dieser) (?P<period>woche)\b", end_of_period),
        (r"\b(?P<which>next|this) (?P<period>week|month|quarter|year)\b", end_of_period),
        (rf"\bthe {DAY}(?=\W*$| at | in the )", day_of_month),
        (
            r"\b(?:today|tonight|heute|noon|midnight|lunch|this (?:morning|afternoon|evening)|later today|right after"
            r"|straight after|directly after|after (?:the|this|our) (?:call|meeting|standup)|o'?clock|[ap]\.?m\b)",
            same_day,
        ),
    )
)
