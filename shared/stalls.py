"""How late the event loop serves what is due: everything that the process does waits for so long."""

import asyncio

from shared import metrics
from shared.waiting import is_wanted

LOOK_EVERY_S = 0.25
"""Often enough to meet what lasts, seldom enough to cost nothing."""


async def watch_stalls() -> None:
    """Until cancelled."""
    loop = asyncio.get_running_loop()
    while is_wanted():
        due = loop.time() + LOOK_EVERY_S
        await asyncio.sleep(LOOK_EVERY_S)
        metrics.loop_late.observe(max(0.0, loop.time() - due))
