"""What the transcriber's tests share."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from heard_meetings import SHARD, Meeting
from support import new_meeting

from shared.bus import Bus
from shared.connections import close, connect
from shared.tail import Tail


@pytest.fixture
async def meeting(bus: Bus, redis_url: str) -> AsyncIterator[Meeting]:
    client = connect(redis_url)
    tail = Tail(client)
    reading = asyncio.create_task(tail.run())
    yield Meeting(bus, tail, await new_meeting(bus, shard=SHARD))
    reading.cancel()
    await asyncio.gather(reading, return_exceptions=True)
    await close(client)
