"""How late the event loop serves what is due: everything that the process does waits for so long."""

import asyncio
from collections.abc import Callable

from shared import metrics
from shared.waiting import is_wanted

LOOK_EVERY_S = 0.25
"""Often enough to meet what lasts, seldom enough to cost nothing."""


async def watch_stalls(note: Callable[[float], object] = lambda _: None) -> None:
    """Until cancelled; `note` is told by how many seconds."""
    loop = asyncio.get_running_loop()
    while is_wanted():
        due = loop.time() + LOOK_EVERY_S
        await asyncio.sleep(LOOK_EVERY_S)
        late_s = max(0.0, loop.time() - due)
        metrics.loop_late.observe(late_s)
        note(late_s)
