"""A loop that is held up is seen."""

import asyncio
import time

from prometheus_client import REGISTRY

from shared.stalls import LOOK_EVERY_S, watch_stalls
from shared.waiting import end

HELD_UP_S = 0.12


def late_s() -> float:
    return REGISTRY.get_sample_value("chimein_loop_late_seconds_sum") or 0.0


async def test_a_loop_that_is_held_up_when_something_is_due_is_late() -> None:
    before = late_s()
    watching = asyncio.create_task(watch_stalls())
    await asyncio.sleep(LOOK_EVERY_S - HELD_UP_S / 2)
    time.sleep(HELD_UP_S)  # what is being looked for
    async with asyncio.timeout(2):
        while late_s() - before < HELD_UP_S / 4:
            await asyncio.sleep(0.01)
    await end(watching)
