"""Carries chunks and facts to Redis in the background, so that no socket ever waits for it."""

import asyncio

from ingest import metrics
from ingest.carrier import Carrier
from ingest.grid import Chunk
from ingest.intake import Intake
from ingest.outbox import Outbox
from shared.backlog import Backlog
from shared.bus import Bus
from shared.clock import Clock
from shared.connections import is_cluster
from shared.events import Event
from shared.waiting import is_wanted

KEPT_MS = 120_000
"""How long after its last socket a meeting's intake is kept: longer than the platform goes on dialling."""


class Producer:
    """All intakes of the process. `run` must be running."""

    def __init__(self, bus: Bus, clock: Clock) -> None:
        self._bus, self._clock, self._unsent = bus, clock, Backlog(clock)
        metrics.unsent_age_s.set_function(self._unsent.age_s)
        self._carriers: dict[str, Carrier] = {}
        self._carrier_added = asyncio.Event()
        bus.doubts.append(self._doubt)

    def _doubt(self) -> None:
        for carrier in self._carriers.values():
            carrier.doubt()

    def intake(self, meeting_id: str) -> Intake:
        """The meeting's intake, shared by its sockets."""
        for carrier in self._carriers.values():
            for other in [one for one in carrier.intakes.values() if self._is_over(one)]:
                carrier.forget(other)
        fresh = Intake(meeting_id)
        return self._carrier_of(fresh).intakes.setdefault(meeting_id, fresh)

    def _is_over(self, intake: Intake) -> bool:
        rested = self._clock.now_ms() - intake.silent_since_ms > KEPT_MS
        return intake.sockets == 0 and (intake.gone.is_set() or (rested and intake.is_idle))

    def _carrier_of(self, intake: Intake) -> Carrier:
        """One for all; in a cluster, where a server may be away while others are not, one for each shard."""
        name = intake.keys.shard.tag if is_cluster(self._bus.redis) else ""
        if name not in self._carriers:
            self._carriers[name] = Carrier(self._bus, self._clock, self._unsent)
            self._carrier_added.set()
        return self._carriers[name]

    @property
    def heard(self) -> list[Intake]:
        """Of meetings with an open socket."""
        return [intake for intake in self._intakes if intake.sockets]

    @property
    def linked(self) -> list[str]:
        """Meetings with an open socket."""
        return [intake.meeting_id for intake in self._intakes if intake.sockets]

    @property
    def is_idle(self) -> bool:
        """Nothing waits to be sent."""
        return all(intake.is_idle for intake in self._intakes)

    @property
    def dropped_at(self) -> int:
        """When sound last went before it was transcribed, Unix ms."""
        return max((intake.dropped_at for intake in self._intakes), default=0)

    @property
    def _intakes(self) -> list[Intake]:
        return [intake for carrier in self._carriers.values() for intake in carrier.intakes.values()]

    def put_audio(self, intake: Intake, track: str, chunks: list[Chunk]) -> None:
        if track not in intake.tracks:
            intake.tracks[track] = Outbox()
        intake.tracks[track].put(chunks)
        self._carrier_of(intake).carry(intake)

    def put_fact(self, intake: Intake, fact: Event) -> None:
        intake.facts.append(fact)
        self._carrier_of(intake).carry(intake)

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            running: set[str] = set()
            while is_wanted():
                self._carrier_added.clear()
                for name in self._carriers.keys() - running:
                    tasks.create_task(self._carriers[name].run(), name=f"carrier-{name}")
                    running.add(name)
                await self._carrier_added.wait()

    async def flush(self) -> None:
        """Sends what is there. Raises what LOST names; then nothing counts as sent."""
        await asyncio.gather(*(carrier.flush() for carrier in self._carriers.values()))
