"""How often Recall takes each call: per workspace and minute."""

import math
import time
from collections import defaultdict, deque

BOT = "/api/v1/bot/{id}/"
COMMANDS = ("leave_call", "output_audio", "output_media", "send_chat_message", "delete_media")
LIMITS = {
    ("POST", "/api/v1/bot/"): 120,
    ("GET", "/api/v1/bot/"): 60,
    ("GET", "/api/v1/realtime_endpoint/"): 60,
    **{(method, BOT): 300 for method in ("GET", "PATCH", "DELETE")},
    **{(method, f"{BOT}{command}/"): 300 for method in ("POST", "DELETE") for command in COMMANDS},
}
"""Of other calls no limit is known."""


class Limiter:
    """Counts calls over the last `minute_s`."""

    def __init__(self, minute_s: float) -> None:
        self._minute_s = minute_s
        self._calls: defaultdict[tuple[str, str], deque[float]] = defaultdict(deque)

    def wait_s(self, method: str, route: str) -> int:
        """Whole seconds until the call would be taken; 0 when it is. A refused call does not count."""
        limit, calls, now = LIMITS.get((method, route)), self._calls[method, route], time.monotonic()
        while calls and calls[0] <= now - self._minute_s:
            calls.popleft()
        if limit is not None and len(calls) >= limit:
            return max(1, math.ceil(calls[0] + self._minute_s - now))
        calls.append(now)
        return 0
