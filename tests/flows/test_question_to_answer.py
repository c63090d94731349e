"""The walk of docs/architecture.md: a bot joins, words are heard, a question is asked, the answer is said.

Every process's real parts in one event loop, on a real server; only the platform, the engines and the clock of the
outlet are scripted. The events on the timeline are the assertion.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest
from aiohttp.test_utils import TestClient, TestServer
from support import eventually, facts_of

from brain.adapters.scripted import ScriptedAnswerer, ScriptedBriefer
from brain.handlers import Brain
from brain.memory import Memory
from brain.worker import Desk
from gateway.app import build_app
from gateway.config import GatewaySettings
from ingest.config import IngestSettings
from ingest.doors import Doors
from ingest.handlers import HANDLERS
from ingest.ports import BotRequest
from ingest.producer import Producer
from ingest.resources import Ingest
from ingest.sockets import SocketServer
from ingest.worker import read_commands
from rehearsal.fake_bot import FakeBot, Plan
from shared.bus import Bus
from shared.clock import SystemClock
from shared.commands import CommandLoop
from shared.connections import connect
from shared.events import AnyEvent, tag_of
from shared.ports import free_port
from shared.sessions import Owner
from shared.tail import Tail
from shared.worker import Worker, keep_beating
from speaker.adapters.scripted import ScriptedChat, ScriptedOutlet, ScriptedVoice
from speaker.speaking import Means, speak
from transcriber.adapters.scripted import ScriptedEngine
from transcriber.listening import listen

SECONDS, SPEED = 6.0, 8.0
JOINS_AFTER_S = 1.0


class NumberedPlatform:
    """A meeting platform whose bots send numbered audio."""

    def __init__(self) -> None:
        self.requests: list[BotRequest] = []
        self.left: list[str] = []
        self.calls: list[asyncio.Task[None]] = []

    async def send_bot(self, request: BotRequest) -> str:
        self.requests.append(request)
        self.calls.append(asyncio.create_task(self.call(request.socket_urls[0])))
        return "bot-1"

    async def call(self, url: str) -> None:
        """A bot takes a while to come in; the whole of its talk is not over before it is known that it joined."""
        await asyncio.sleep(JOINS_AFTER_S)
        await FakeBot(url, 1, Plan(seconds=SECONDS, speed=SPEED, blocks_per_frame=5)).run()

    async def leave(self, bot_id: str) -> bool:
        self.left.append(bot_id)
        return True

    async def erase_media(self, bot_id: str) -> bool:
        """Keeps nothing."""
        return True


class Chimein:
    """All five processes' parts in this loop."""

    def __init__(self, http: TestClient, platform: NumberedPlatform, outlet: ScriptedOutlet) -> None:
        self.http, self.platform, self.outlet = http, platform, outlet


@pytest.fixture
async def chimein(bus: Bus, redis_url: str) -> AsyncIterator[Chimein]:
    async with contextlib.AsyncExitStack() as stack:
        workers = {
            role: await worker_of(stack, role, redis_url) for role in ("ingest", "transcriber", "brain", "speaker")
        }
        platform, outlet = NumberedPlatform(), ScriptedOutlet(SystemClock())
        run = Runner(stack)
        await start_ingest(run, workers["ingest"], platform)
        engine, voice = ScriptedEngine(), ScriptedVoice(ms_per_character=5)
        run(Owner(workers["transcriber"], lambda meeting: listen(meeting, engine)).run())
        run(
            Owner(
                workers["speaker"], lambda meeting: speak(meeting, Means(voice, {"clips": outlet}, ScriptedChat()))
            ).run()
        )
        run(Desk(workers["brain"], brain_of(workers["brain"])).run())
        reader = connect(redis_url)
        stack.push_async_callback(reader.aclose)
        app = build_app(GatewaySettings(), bus, reader)
        http = await stack.enter_async_context(TestClient(TestServer(app)))
        yield Chimein(http, platform, outlet)


class Runner:
    """Runs coroutines until the test is over."""

    def __init__(self, stack: contextlib.AsyncExitStack) -> None:
        self._stack = stack

    def __call__(self, coroutine) -> None:
        task = asyncio.create_task(coroutine)
        self._stack.push_async_callback(self._end, task)

    async def _end(self, task: asyncio.Task[None]) -> None:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def worker_of(stack: contextlib.AsyncExitStack, role: str, redis_url: str) -> Worker:
    bus, reader = Bus(connect(redis_url)), connect(redis_url)
    stack.push_async_callback(bus.close)
    stack.push_async_callback(reader.aclose)
    worker = Worker(role, bus, Tail(reader), SystemClock())
    Runner(stack)(worker.tail.run())
    Runner(stack)(keep_beating(worker))
    return worker


async def start_ingest(run: Runner, worker: Worker, platform: NumberedPlatform) -> None:
    settings = IngestSettings(ingest_port=free_port())
    producer = Producer(worker.bus, worker.clock)
    server = await SocketServer(Doors(worker.bus, worker.clock), producer, worker.clock).start(
        "127.0.0.1", settings.ingest_port
    )
    dependencies = Ingest(worker.bus, platform, settings, worker.clock)
    run(producer.run())
    run(read_commands(CommandLoop(worker, HANDLERS, dependencies), worker))
    run(serving(server))


async def serving(server) -> None:
    try:
        await asyncio.Event().wait()
    finally:
        server.close()
        await server.wait_closed()


def brain_of(worker: Worker) -> Brain:
    return Brain(worker.bus, Memory(worker.bus), ScriptedAnswerer(), ScriptedBriefer(), worker.clock)


async def post(chimein: Chimein, path: str, body: object = None) -> tuple[int, dict]:
    answer = await chimein.http.post(path, json=body)
    return answer.status, await answer.json()


async def join(chimein: Chimein) -> str:
    status, joined = await post(chimein, "/meetings/join", {"meeting_url": "https://meet.google.com/abc-defg-hij"})
    assert status == 201, joined
    return joined["meeting_id"]


async def has(bus: Bus, meeting_id: str, tag: str, count: int = 1) -> bool:
    return sum(tag_of(type(fact)) == tag for fact in await facts_of(bus, meeting_id)) >= count


def tags_of(facts: list[AnyEvent]) -> list[str]:
    return [tag_of(type(fact)) for fact in facts]


async def test_a_question_over_http_is_answered_aloud_with_the_lines_it_relies_on(chimein: Chimein, bus: Bus) -> None:
    meeting_id = await join(chimein)
    await eventually(lambda: has(bus, meeting_id, "line.heard", 2))
    status, answer = await post(chimein, f"/meetings/{meeting_id}/ask", {"question": "When is the release?"})
    assert status == 200
    assert answer["answer"] == "The release moves to Tuesday. Maya tells the sales team."
    assert [cite["line_id"] for cite in answer["cites"]] == ["mixed-0", "mixed-2000"]
    assert answer["spoken"]
    await eventually(lambda: has(bus, meeting_id, "speech.finished", 2))
    facts = await facts_of(bus, meeting_id)
    asked = next(fact for fact in facts if tag_of(type(fact)) == "question.asked")
    mine = [tag_of(type(fact)) for fact in facts if fact.cause_id == asked.question_id]
    assert mine == ["question.asked", "sentence.composed", "sentence.composed", "question.answered"]
    assert len(chimein.outlet.played) == 2


async def test_the_meeting_is_on_the_timeline_in_the_order_in_which_it_happened(chimein: Chimein, bus: Bus) -> None:
    meeting_id = await join(chimein)
    await asyncio.gather(*chimein.platform.calls)
    await eventually(lambda: has(bus, meeting_id, "line.heard", 3))
    status, _ = await post(chimein, f"/meetings/{meeting_id}/leave")
    await eventually(lambda: has(bus, meeting_id, "brief.written"))
    assert status == 200
    tags = list(dict.fromkeys(tags_of(await facts_of(bus, meeting_id))))
    assert tags == [
        "meeting.requested",
        "bot.joined",
        "meeting.state_changed",
        "consent.announced",
        "line.heard",
        "bot.left",
        "audio.ended",
        "transcript.completed",
        "brief.written",
    ]
    assert chimein.platform.left == ["bot-1"]


async def test_a_finished_meeting_can_still_be_asked_and_briefed_but_stays_silent(chimein: Chimein, bus: Bus) -> None:
    meeting_id = await join(chimein)
    await asyncio.gather(*chimein.platform.calls)
    await eventually(lambda: has(bus, meeting_id, "line.heard", 3))
    await post(chimein, f"/meetings/{meeting_id}/leave")
    await eventually(lambda: has(bus, meeting_id, "transcript.completed"))
    _, answer = await post(chimein, f"/meetings/{meeting_id}/ask", {"question": "When is the release?"})
    brief = await (await chimein.http.get(f"/meetings/{meeting_id}/brief")).json()
    assert answer["answer"]
    assert not answer["spoken"]
    assert brief["key_points"][0]["cites"][0]["line_id"] == "mixed-0"


async def test_an_erased_meeting_leaves_nothing_behind(chimein: Chimein, bus: Bus) -> None:
    meeting_id = await join(chimein)
    await eventually(lambda: has(bus, meeting_id, "line.heard"))
    answer = await chimein.http.delete(f"/meetings/{meeting_id}")
    assert answer.status == 200
    assert (await answer.json())["vendors"][0]["state"] == "confirmed"
    assert (await chimein.http.get(f"/meetings/{meeting_id}/status")).status == 404
    for call in chimein.platform.calls:
        call.cancel()  # its bot dials on: it does not know that the meeting is gone
    await asyncio.gather(*chimein.platform.calls, return_exceptions=True)
    await eventually(lambda: no_keys(bus, meeting_id))


async def no_keys(bus: Bus, meeting_id: str) -> bool:
    return [key async for key in bus.redis.scan_iter(f"*{meeting_id}*")] == []


async def test_a_text_is_said_and_hush_stops_it(chimein: Chimein, bus: Bus) -> None:
    meeting_id = await join(chimein)
    await eventually(lambda: has(bus, meeting_id, "meeting.state_changed"))
    text = "This is a rather long sentence that takes a while to be said. " * 8
    status, said = await post(chimein, f"/meetings/{meeting_id}/say", {"text": text})
    assert (status, said["sentences"]) == (200, 8)
    await chimein.outlet.wait_until_begun(1)
    assert (await post(chimein, f"/meetings/{meeting_id}/hush"))[0] == 200
    await eventually(lambda: has(bus, meeting_id, "speech.cut", 7))
    assert len(chimein.outlet.cut) <= 1
    assert len(chimein.outlet.begun) <= 2
