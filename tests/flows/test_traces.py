"""One trace from an HTTP request to the spoken answer, through every process."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator, Sequence

import pytest
from aiohttp.test_utils import TestClient, TestServer
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from support import eventually, new_meeting

from brain.adapters.scripted import ScriptedAnswerer, ScriptedBriefer
from brain.handlers import Brain
from brain.memory import Memory
from brain.worker import Desk
from gateway.app import build_app
from gateway.config import GatewaySettings
from shared.bus import Bus
from shared.clock import SystemClock
from shared.connections import connect
from shared.events import Line, LineHeard, MeetingStateChanged
from shared.meetings import Status
from shared.sessions import Owner
from shared.tail import Tail
from shared.tracing import TRACING
from shared.waiting import end
from shared.worker import Worker, keep_beating
from speaker.adapters.scripted import ScriptedChat, ScriptedOutlet, ScriptedVoice
from speaker.speaking import Means, speak

CALLER = "00-" + "a" * 32 + "-" + "b" * 16 + "-01"


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    TRACING.use(provider)
    yield exporter
    TRACING.end()


@pytest.fixture
async def http(bus: Bus, redis_url: str) -> AsyncIterator[TestClient]:
    """Gateway, brain and speaker; the model and the voice are scripted."""
    async with contextlib.AsyncExitStack() as stack:
        brain, speaker = await worker_of(stack, "brain", redis_url), await worker_of(stack, "speaker", redis_url)
        means = Means(ScriptedVoice(ms_per_character=1), {"clips": ScriptedOutlet(SystemClock())}, ScriptedChat())
        minds = Brain(brain.bus, Memory(brain.bus), ScriptedAnswerer(), ScriptedBriefer(), brain.clock)
        run(stack, Desk(brain, minds).run())
        run(stack, Owner(speaker, lambda meeting: speak(meeting, means)).run())
        reader = connect(redis_url)
        stack.push_async_callback(reader.aclose)
        yield await stack.enter_async_context(TestClient(TestServer(build_app(GatewaySettings(), bus, reader))))


async def worker_of(stack: contextlib.AsyncExitStack, role: str, redis_url: str) -> Worker:
    bus, reader = Bus(connect(redis_url)), connect(redis_url)
    stack.push_async_callback(bus.close)
    stack.push_async_callback(reader.aclose)
    worker = Worker(role, bus, Tail(reader), SystemClock())
    run(stack, worker.tail.run())
    run(stack, keep_beating(worker))
    return worker


def run(stack: contextlib.AsyncExitStack, coroutine) -> None:
    stack.push_async_callback(end, asyncio.create_task(coroutine))


async def meeting_inside(bus: Bus) -> str:
    meeting_id = await new_meeting(bus)
    line = Line(id="l1", track="mixed", speaker="Ann", start_ms=0, end_ms=900, text="The release moves to Tuesday.")
    heard = LineHeard(id="m/l1", meeting_id=meeting_id, at=SystemClock().now_ms(), line=line)
    listening = MeetingStateChanged(id="m/listening", meeting_id=meeting_id, at=1, status=Status.LISTENING)
    await bus.append(meeting_id, listening, heard)
    return meeting_id


def named(spans: Sequence[ReadableSpan], name: str) -> list[ReadableSpan]:
    return [span for span in spans if span.name == name]


async def test_from_the_request_to_the_spoken_answer_it_is_one_trace(
    http: TestClient, bus: Bus, spans: InMemorySpanExporter
) -> None:
    meeting_id = await meeting_inside(bus)
    asked = {"question": "When is the release?"}
    answer = await http.post(f"/meetings/{meeting_id}/ask", json=asked, headers={"traceparent": CALLER})
    assert answer.status == 200
    await eventually(lambda: len(named(spans.get_finished_spans(), "sentence.say")) == 2)
    found = spans.get_finished_spans()
    (request,) = named(found, "POST /meetings/{meeting_id}/ask")
    composed, *_ = named(found, "question.ask")  # a second attempt finds nothing left to do
    said = named(found, "sentence.say")
    assert {span.context.trace_id for span in (request, composed, *said)} == {int("a" * 32, 16)}
    assert request.parent.span_id == int("b" * 16, 16)
    assert composed.parent.span_id == request.context.span_id
    assert {span.parent.span_id for span in said} == {composed.context.span_id}
    assert composed.attributes["meeting_id"] == meeting_id
    assert not any("release" in str(span.attributes) for span in found)


async def test_a_question_in_the_meeting_is_a_trace_of_its_own(
    http: TestClient, bus: Bus, spans: InMemorySpanExporter
) -> None:
    meeting_id = await meeting_inside(bus)
    line = Line(id="l2", track="mixed", speaker="Ann", start_ms=1_000, end_ms=2_000, text="Chime, when is the release?")
    await bus.append(meeting_id, LineHeard(id="m/l2", meeting_id=meeting_id, at=SystemClock().now_ms(), line=line))
    await eventually(lambda: len(named(spans.get_finished_spans(), "sentence.say")) == 2)
    found = spans.get_finished_spans()
    (noticed,), (composed, *_) = named(found, "question.notice"), named(found, "question.ask")
    assert noticed.parent is None
    assert composed.parent.span_id == noticed.context.span_id
