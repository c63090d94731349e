"""What the brain is told."""

from collections.abc import Iterator
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from shared.config import Secret, Settings
from shared.errors import ConfigError
from shared.spending import load_prices


class BrainSettings(Settings, frozen=True, kw_only=True):
    """Settings of the process `brain`."""

    brain_status_port: Annotated[int, msgspec.Meta(ge=0, le=65535)] = 8013
    """Health and metrics of this process; 0 takes a free one."""
    openai_api_key: Secret = Secret("")
    openai_base_url: str = ""
    """Any OpenAI-compatible server, as `http://127.0.0.1:11434/v1`; OpenAI's own when empty."""
    answer_model: str = "gpt-5.4-mini"
    brief_model: str = "gpt-5.4-mini"
    answer_limit_s: float = 20.0
    """A question that has no whole answer by then has failed."""
    answer_patience_s: float = 0.0
    """Without a first word for so long the model is asked again; 0: 4.5 s at OpenAI, 15 s at a server of one's own."""
    brief_limit_s: float = 60.0

    prices_file: str = ""
    """A table like shared/prices.toml with what your contracts say; that one when empty."""
    meeting_cap_usd: Annotated[float, msgspec.Meta(ge=0)] = 0.0
    """No model is asked any more in a meeting that has cost so much; 0: no cap."""
    month_cap_usd: Annotated[float, msgspec.Meta(ge=0)] = 0.0
    """The same for all meetings of one tenant in a calendar month together."""
    time_zone: str = "UTC"
    """Of the meetings, as `Europe/Berlin`: `due tomorrow` becomes a date by it."""

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    def problems(self) -> Iterator[str]:
        yield from super().problems()
        try:
            ZoneInfo(self.time_zone)
        except (ZoneInfoNotFoundError, ValueError):
            yield f"TIME_ZONE={self.time_zone}: no such time zone; use a name like Europe/Berlin or UTC"
        yield from self.price_problems()

    def price_problems(self) -> Iterator[str]:
        try:
            prices = load_prices(self.prices_file)
        except ConfigError as error:
            yield from error.problems
            return
        if self.has_model and (self.meeting_cap_usd or self.month_cap_usd):
            for name in {self.answer_model, self.brief_model}:
                if prices.model(name) is None:
                    yield f"a cap needs the price of {name}: enter it in a copy of shared/prices.toml, set PRICES_FILE"

    @property
    def has_model(self) -> bool:
        return bool(self.openai_api_key or self.openai_base_url)
