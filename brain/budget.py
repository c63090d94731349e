"""What may still be spent. Asked before a model is, so that a cap is never passed by more than what one call costs."""

import time
from collections.abc import Awaitable, Sequence
from typing import Any, cast

from shared.bus import Bus
from shared.clock import Clock
from shared.errors import AnswerError, Category
from shared.events import Line, Usage
from shared.spending import Prices, spending_of
from shared.streams import DEFAULT_TENANT, ENGINE, TENANT, spending_key
from shared.view import MeetingView

TOKENS_PER_WORD = 1.4
KEPT_S = 70 * 86_400
"""The month's sums are kept so long: meeting ids and amounts, nothing that was said."""


class Budget:
    """Caps in USD, 0 for none: of each meeting, and of all meetings of its tenant in a calendar month (UTC)."""

    def __init__(
        self, bus: Bus, clock: Clock, prices: Prices, *, model: str = "", meeting_usd: float = 0, month_usd: float = 0
    ) -> None:
        self._bus, self._clock, self._prices, self._model = bus, clock, prices, model
        self._meeting_usd, self._month_usd = meeting_usd, month_usd

    @property
    def is_capped(self) -> bool:
        return bool(self._meeting_usd or self._month_usd)

    async def check(self, meeting_id: str, view: MeetingView, lines: Sequence[Line]) -> None:
        """Before a call that reads `lines`. Raises AnswerError."""
        if not self.is_capped:
            return
        call_usd = self._usd_of(lines)
        spent, month_key = await self._note(meeting_id, view, ())
        if self._meeting_usd and spent + call_usd > self._meeting_usd:
            raise refusal("this meeting", "MEETING_CAP_USD", spent, self._meeting_usd)
        if self._month_usd:
            month = await self._of_month(month_key)
            if month + call_usd > self._month_usd:
                raise refusal("this month", "MONTH_CAP_USD", month, self._month_usd)

    async def note(self, meeting_id: str, view: MeetingView, *usages: Usage) -> None:
        """After a call, whose usage the view does not hold yet."""
        if self.is_capped:
            await self._note(meeting_id, view, usages)

    async def _note(self, meeting_id: str, view: MeetingView, usages: Sequence[Usage]) -> tuple[float, str]:
        """A total by meeting: noted twice it counts once. Returns it, and the key of its tenant's month."""
        state = await self._bus.state(meeting_id)
        key = self._key(state.get(TENANT) or DEFAULT_TENANT)
        spent = spending_of(view, state.get(ENGINE, ""), self._prices, self._clock.now_ms()).usd
        spent += sum(price.of(usage) for usage in usages if (price := self._prices.model(usage.model)))
        pipe = self._bus.redis.pipeline(transaction=False)
        pipe.hset(key, meeting_id, f"{spent:.6f}")
        pipe.expire(key, KEPT_S)
        await pipe.execute()
        return spent, key

    async def _of_month(self, key: str) -> float:
        found = await cast("Awaitable[Any]", self._bus.redis.hvals(key))
        return sum(float(usd) for usd in found)

    def _key(self, tenant: str) -> str:
        return spending_key(time.strftime("%Y-%m", time.gmtime(self._clock.now_ms() / 1000)), tenant)

    def _usd_of(self, lines: Sequence[Line]) -> float:
        """Of reading them, about."""
        price = self._prices.model(self._model)
        tokens = sum(len(line.text.split()) for line in lines) * TOKENS_PER_WORD
        return price.of(Usage(prompt_tokens=round(tokens))) if price else 0.0


def refusal(whose: str, setting: str, spent: float, cap: float) -> AnswerError:
    reason = (
        f"The budget of {whose} is used up ({spent:.2f} of {cap:.2f} USD), so no language model was asked. "
        f"Whoever runs chimein can raise {setting}."
    )
    return AnswerError(reason, category=Category.BUDGET)
