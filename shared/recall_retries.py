"""When a call to Recall is made again, how soon, and under which idempotency key. Pure."""

import msgspec

from shared.errors import PASSING, StageError
from shared.recall_http import Call
from shared.recall_refusals import EMPTY_POOL, RATE_LIMITED, Reply, category_of, retry_after_s_of

FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 8.0


class Patience(msgspec.Struct, frozen=True, kw_only=True):
    """How much trying again is worth."""

    tries: int
    begin_within_s: float
    """No try begins later than this after the first one."""
    is_repeatable: bool = True
    """False where doing it twice would be noticed: then only what was surely not done is tried again."""


JOINING = Patience(tries=20, begin_within_s=65)
"""Long enough to ask an empty pool a third time."""
ORDINARY = Patience(tries=4, begin_within_s=15)
LOOKING = Patience(tries=2, begin_within_s=5)
"""Whoever asks how a bot is asks again."""
SPEAKING = Patience(tries=3, begin_within_s=5, is_repeatable=False)
"""Speech is perishable, and must not be said twice."""
SILENCING = Patience(tries=3, begin_within_s=2)
"""Later it would cut the next sentence."""
ONCE = Patience(tries=1, begin_within_s=0)

Outcome = Reply | StageError
"""An answer, or why none came."""


def pause_s(outcome: Outcome, tries: int, patience: Patience, luck: float) -> float | None:
    """Before the next try; None when there is to be none. `luck` is from 0 to 1, so that not all come back at once."""
    if tries >= patience.tries or not may_repeat(outcome, patience):
        return None
    asked_s = retry_after_s_of(outcome) if isinstance(outcome, Reply) else None
    return backoff_s(tries, luck) if asked_s is None else asked_s + luck


def may_repeat(outcome: Outcome, patience: Patience) -> bool:
    if isinstance(outcome, StageError):
        return patience.is_repeatable and not outcome.is_permanent
    if outcome.status == RATE_LIMITED:
        return True
    return patience.is_repeatable and not outcome.is_ok and category_of(outcome) in PASSING


def backoff_s(tries: int, luck: float) -> float:
    """Between half and the whole of a pause that doubles."""
    return min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2.0 ** (tries - 1)) * (1 + luck) / 2


def repeated(call: Call, outcome: Outcome) -> Call:
    """What to send next. A refusal for want of bots is stored under its key; anything else may have been done."""
    if isinstance(outcome, Reply) and outcome.status == EMPTY_POOL and call.idempotency_key:
        return msgspec.structs.replace(call, idempotency_key=next_key(call.idempotency_key))
    return call


def next_key(key: str) -> str:
    """`<what>:<attempt>` with the next attempt."""
    what, _, attempt = key.rpartition(":")
    return f"{what}:{int(attempt) + 1}"
