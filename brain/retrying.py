"""Whether and when a model is asked again."""

import random

from shared.errors import AnswerError

TRIES = 3
"""Of one question, whatever happens."""
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.25, 8.0
JITTER = 0.5
"""Pauses differ by so much of themselves, so that questions that failed together do not come back together."""
LEAST_LEFT_S = 2.0
"""With less time a further try would only be cut short."""


class OutageError(AnswerError):
    """The breaker is open: the model was not asked at all."""


def pause_s(error: AnswerError, tries: int, left_s: float) -> float | None:
    """Before the next try; None where there should be none. `left_s`: until the answer would be too late."""
    if error.is_permanent or isinstance(error, OutageError) or tries >= TRIES:
        return None
    wanted = max(FIRST_PAUSE_S * 4 ** (tries - 1), error.retry_after_s or 0.0)
    pause = wanted * random.uniform(1.0, 1.0 + JITTER)  # noqa: S311  # no secret
    return pause if wanted <= LONGEST_PAUSE_S and pause + LEAST_LEFT_S <= left_s else None
