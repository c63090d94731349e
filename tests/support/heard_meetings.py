"""Meetings whose audio is appended by a test and heard by a transcriber's session."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from support import facts_of

from shared.bus import Bus, Epoch
from shared.clock import SystemClock
from shared.events import AudioEnded, Event, Line, LineHeard, TranscriptCompleted
from shared.numbered_pcm import encode
from shared.sessions import OwnedMeeting
from shared.streams import MIXED, PCM, MeetingKeys, ShardKeys, audio_id
from shared.tail import Tail
from shared.waiting import end
from shared.worker import Worker
from transcriber.adapters.scripted import ScriptedEngine
from transcriber.listening import listen

SHARD = 3


class Meeting:
    """A meeting whose audio is appended by the test."""

    def __init__(self, bus: Bus, tail: Tail, meeting_id: str) -> None:
        self.bus, self.tail, self.id = bus, tail, meeting_id
        self.keys = MeetingKeys(meeting_id)
        self.owned: OwnedMeeting | None = None

    @contextlib.asynccontextmanager
    async def heard(self, engine: ScriptedEngine | None = None, epoch: int = 1) -> AsyncIterator[asyncio.Task[None]]:
        await self.bus.redis.hset(ShardKeys(SHARD).own("transcriber"), "epoch", epoch)
        worker = Worker("transcriber", self.bus, self.tail, SystemClock())
        self.owned = OwnedMeeting(self.id, Epoch("transcriber", SHARD, epoch), worker)
        session = asyncio.create_task(listen(self.owned, engine or ScriptedEngine()))
        try:
            yield session
        finally:
            await end(session)

    async def play(self, from_ms: int, to_ms: int, track: str = MIXED) -> None:
        await self.open(track)
        for ms in range(from_ms, to_ms, 100):
            await self.bus.redis.xadd(self.keys.audio(track), {PCM: encode(1, ms // 20, 5)}, id=audio_id(ms))

    async def open(self, track: str) -> None:
        """A session that is under way is told, as the owner of the shard is by its roster."""
        await self.bus.open_track(self.id, track)
        if self.owned:
            self.owned.changed.set()

    async def tell(self, *facts: Event) -> None:
        await self.bus.append(self.id, *facts)

    async def end(self, heard_ms: int) -> None:
        await self.tell(AudioEnded(id="end", meeting_id=self.id, at=1, heard_ms=heard_ms))

    async def lines(self) -> list[Line]:
        return [fact.line for fact in await facts_of(self.bus, self.id) if isinstance(fact, LineHeard)]

    async def verdict(self) -> str:
        found = [fact for fact in await facts_of(self.bus, self.id) if isinstance(fact, TranscriptCompleted)]
        return found[0].verdict if found else ""

    async def has_lines(self, count: int) -> bool:
        return len(await self.lines()) >= count
