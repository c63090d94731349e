"""Transcribers are started and stopped by what they say of themselves, while numbered audio plays: nothing is lost."""

import asyncio
import json
import signal
import time
from pathlib import Path

import aiohttp
import pytest
from autoscaler import Autoscaler, Rule, Trigger
from processes import System, system
from prometheus_client.parser import text_string_to_metric_families
from support import eventually, facts_of, new_meeting

from rehearsal.fake_bot import FakeBot, Plan
from rehearsal.ledger import check
from shared.bus import Bus
from shared.events import AudioEnded, LineHeard, TranscriptCompleted, new_id

SPEED = 4.0
LONG_S, SHORT_S = 48.0, 24.0
"""Of audio: two meetings go on when the other six have ended."""
RULE = Rule(
    least=1,
    most=4,
    triggers=(Trigger("meetings", 3, is_average=True), Trigger("queue-age", 10, is_average=False)),
    up_every_s=1,
    down_every_s=1,
    down_after_s=1,
)


class Fleet:
    """The transcribers, and the autoscaler that asks for them."""

    def __init__(self, chimein: System) -> None:
        self._chimein, self._scaler = chimein, Autoscaler(RULE)
        self.running = [chimein.start("transcriber")]
        self.stopped = list(self.running[:0])
        self.history = [1]

    async def follow(self) -> None:
        """Until cancelled. As often as Prometheus would be asked, only sooner."""
        while True:
            await asyncio.sleep(0.5)
            metrics = {
                "meetings": await self._each("chimein_sessions_open", sum),
                "queue-age": await self._each("chimein_queue_age_seconds", max),
            }
            wanted = self._scaler.decide(metrics, len(self.running), time.monotonic())
            while len(self.running) < wanted:
                self.running.append(self._chimein.start("transcriber"))
            while len(self.running) > wanted:
                self.running[-1].send_signal(signal.SIGTERM)
                self.stopped.append(self.running.pop())
            self.history.append(wanted)

    async def _each(self, name: str, combine) -> float:
        found = [await self._metric(process, name) for process in [*self.running, *self.stopped]]
        return combine([0.0, *found])

    async def _metric(self, process, name: str) -> float:
        """0 of one that is not there yet, or no more."""
        told = [
            line for line in self._chimein.log_of(process, "transcriber").splitlines() if "status.listening" in line
        ]
        if not told or process.poll() is not None:
            return 0.0
        url = f"http://127.0.0.1:{json.loads(told[0])['port']}/metrics"
        try:
            async with aiohttp.ClientSession() as http, http.get(url) as answer:
                families = {one.name: one for one in text_string_to_metric_families(await answer.text())}
        except aiohttp.ClientError:
            return 0.0
        return sum(sample.value for sample in families[name].samples) if name in families else 0.0


async def play(bus: Bus, chimein: System, number: int, seconds: float) -> str:
    meeting = await new_meeting(bus, shard=8 * number)
    plan = Plan(seconds=seconds, speed=SPEED, redial_s=0.2, blocks_per_frame=5)
    await FakeBot(chimein.socket_url(meeting), number, plan).run()
    await bus.append(meeting, AudioEnded(id=new_id(), meeting_id=meeting, at=1, heard_ms=int(seconds * 1000)))
    return meeting


async def is_complete(bus: Bus, meeting_id: str) -> bool:
    return any(isinstance(fact, TranscriptCompleted) for fact in await facts_of(bus, meeting_id))


@pytest.mark.process
async def test_transcribers_come_and_go_with_the_meetings_and_nothing_is_lost(
    bus: Bus, redis_url: str, tmp_path: Path
) -> None:
    lengths = [LONG_S, LONG_S, *[SHORT_S] * 6]
    with system(redis_url, tmp_path) as chimein:
        chimein.start("ingest")
        fleet = Fleet(chimein)
        following = asyncio.create_task(fleet.follow(), name="autoscaler")
        meetings = await asyncio.gather(*(play(bus, chimein, n, seconds) for n, seconds in enumerate(lengths)))
        for meeting in meetings:
            await eventually(lambda meeting=meeting: is_complete(bus, meeting), within_s=20)
        await eventually(lambda: fleet.history[-1] == 1, within_s=20)
        following.cancel()
        codes = [await asyncio.to_thread(process.wait, 15) for process in fleet.stopped]
    assert max(fleet.history) >= 3, fleet.history
    assert codes == [0] * len(codes)
    assert len(codes) >= 2
    for meeting, seconds in zip(meetings, lengths, strict=True):
        lines = [fact.line for fact in await facts_of(bus, meeting) if isinstance(fact, LineHeard)]
        verdict = check(lines, int(seconds * 1000))
        assert verdict.is_clean, f"{fleet.history}: {verdict}"
