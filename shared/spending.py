"""What a meeting has cost so far, by its timeline and a table of prices: vendors bill by their own count."""

from collections.abc import Mapping
from pathlib import Path

import msgspec

from shared.errors import ConfigError
from shared.events import Usage
from shared.streams import MIXED
from shared.view import MeetingView

SHIPPED = Path(__file__).with_name("prices.toml")
FREE = ("", "embedded", "hibari", "scripted", "wav")
"""What runs on one's own machine; names begin so."""
PER_LINE_MS = 1_500
"""Of audio around each line that a track of its own sends to the speech engine."""


class ModelPrice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """USD per million tokens."""

    input: float
    output: float
    cached: float | None = None
    """As `input` where the vendor makes no difference."""

    def of(self, usage: Usage) -> float:
        cached = self.input if self.cached is None else self.cached
        fresh = usage.prompt_tokens - usage.cached_tokens
        return (fresh * self.input + usage.cached_tokens * cached + usage.completion_tokens * self.output) / 1_000_000


class Prices(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """USD."""

    bot_per_hour: dict[str, float] = {}
    transcription_per_minute: dict[str, float] = {}
    voice_per_1000_characters: dict[str, float] = {}
    models: dict[str, ModelPrice] = {}

    def model(self, name: str) -> ModelPrice | None:
        """Also of a dated version of it, as `gpt-5-mini-2025-08-07`."""
        known = [key for key in self.models if name == key or name.startswith(f"{key}-2")]
        return self.models[max(known, key=len)] if known else None


class Spending(msgspec.Struct, frozen=True, kw_only=True):
    """Of one meeting."""

    bot_minutes: float
    transcribed_minutes: float
    prompt_tokens: int
    cached_tokens: int
    """Of the prompt tokens, those that the vendor had in its cache."""
    completion_tokens: int
    characters_spoken: int
    usd: float
    usd_by: dict[str, float]
    """bot, transcription, model and voice."""
    unpriced: list[str]
    """What was used and has no price in the table: `usd` is without it."""


def load_prices(path: str) -> Prices:
    """The shipped table without a path. Raises ConfigError."""
    try:
        return msgspec.toml.decode(Path(path or SHIPPED).read_bytes(), type=Prices)
    except (OSError, msgspec.DecodeError) as error:
        reason = f"PRICES_FILE={path}: {error}; it is a table like shared/prices.toml"
        raise ConfigError(reason) from error


def spending_of(view: MeetingView, engine: str, prices: Prices, now_ms: int) -> Spending:
    """`engine`: the speech engine's name, as the meeting's state has it; `now_ms`: Unix ms."""
    bill = Bill(prices)
    bot_minutes, heard_minutes = bot_ms(view, now_ms) / 60_000, heard_ms(view) / 60_000
    if view.bot_from:
        bill.add("bot", "recall", prices.bot_per_hour, bot_minutes / 60)
    bill.add("transcription", engine, prices.transcription_per_minute, heard_minutes)
    for voice, characters in view.characters_spoken.items():
        bill.add("voice", voice, prices.voice_per_1000_characters, characters / 1000)
    for usage in view.usages.values():
        bill.add_model(usage)
    return Spending(
        bot_minutes=round(bot_minutes, 2),
        transcribed_minutes=round(heard_minutes, 2),
        prompt_tokens=sum(usage.prompt_tokens for usage in view.usages.values()),
        cached_tokens=sum(usage.cached_tokens for usage in view.usages.values()),
        completion_tokens=sum(usage.completion_tokens for usage in view.usages.values()),
        characters_spoken=sum(view.characters_spoken.values()),
        usd=round(sum(bill.usd_by.values()), 6),
        usd_by={kind: round(usd, 6) for kind, usd in bill.usd_by.items()},
        unpriced=sorted(bill.unpriced),
    )


class Bill:
    """Adds up."""

    def __init__(self, prices: Prices) -> None:
        self._prices = prices
        self.usd_by: dict[str, float] = {}
        self.unpriced: set[str] = set()

    def add(self, kind: str, name: str, table: Mapping[str, float], amount: float) -> None:
        if amount <= 0 or is_free(name):
            return
        if name in table:
            self.usd_by[kind] = self.usd_by.get(kind, 0.0) + amount * table[name]
        else:
            self.unpriced.add(f"{kind} {name}")

    def add_model(self, usage: Usage) -> None:
        if not usage.prompt_tokens + usage.completion_tokens:
            return
        if price := self._prices.model(usage.model):
            self.usd_by["model"] = self.usd_by.get("model", 0.0) + price.of(usage)
        else:
            self.unpriced.add(f"model {usage.model}")


def is_free(name: str) -> bool:
    return any(name == free or name.startswith(f"{free}:") for free in FREE)


def bot_ms(view: MeetingView, now_ms: int) -> int:
    """From when the platform took the bot until the meeting ended."""
    return max(0, (view.ended_at or now_ms) - view.bot_from) if view.bot_from else 0


def heard_ms(view: MeetingView) -> int:
    """A mixed track costs all the time; tracks of their own while somebody speaks."""
    if any(line.track == MIXED for line in view.lines):
        return view.completed.heard_ms if view.completed else max(line.end_ms for line in view.lines)
    return sum(line.end_ms - line.start_ms + PER_LINE_MS for line in view.lines)


def added(first: Usage, second: Usage) -> Usage:
    return Usage(
        model=second.model,
        prompt_tokens=first.prompt_tokens + second.prompt_tokens,
        cached_tokens=first.cached_tokens + second.cached_tokens,
        completion_tokens=first.completion_tokens + second.completion_tokens,
    )
