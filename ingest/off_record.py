"""Meetings that are off the record: what is said and written in them is not taken in at all."""

from typing import Any, cast

import structlog

from ingest.producer import Producer
from shared.bus import Bus
from shared.clock import Clock
from shared.connections import LOST
from shared.events import ChatReceived, Event, SpeakingStarted, SpeakingStopped
from shared.streams import OFF_RECORD
from shared.waiting import is_wanted
from shared.wishes import wish_in

LOOK_S = 0.4
NAME_WORDS = 4
"""At most so many words of a name stand before a wish."""

log = structlog.get_logger()


class OffRecordWatch:
    """`run` until cancelled. While Redis is away it stays as it was."""

    def __init__(self, bus: Bus, producer: Producer, clock: Clock) -> None:
        self._bus, self._producer, self._clock = bus, producer, clock

    async def run(self) -> None:
        while is_wanted():
            try:
                await self.look()
            except LOST as error:
                log.warning("off_record.unknown", error=type(error).__name__)
            await self._clock.sleep(LOOK_S)

    async def look(self) -> None:
        for intake in self._producer.heard:
            found: bytes | None = await cast("Any", self._bus.redis.hget(intake.keys.state, OFF_RECORD))
            intake.is_off_record = found == b"1"


def may_be_kept(fact: Event) -> bool:
    """Off the record: who comes and goes, and a message that may be a wish to go on, to leave or to forget."""
    if isinstance(fact, ChatReceived):
        words = fact.text.replace("@", " ").replace(",", " ").split()
        return any(wish_in(" ".join(words[start:])) for start in range(min(NAME_WORDS, len(words))))
    return not isinstance(fact, SpeakingStarted | SpeakingStopped)
