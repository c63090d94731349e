"""One meeting's speech on a real server, with a scripted voice and outlet."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator

import pytest
from support import eventually, facts_of, new_meeting

from shared.bus import Bus, Epoch
from shared.clock import ManualClock, SystemClock
from shared.connections import close, connect
from shared.errors import Category, SpeechError
from shared.events import (
    Asked,
    BotJoined,
    Cite,
    Event,
    Hushed,
    Line,
    LineHeard,
    QuestionAnswered,
    SentenceComposed,
    SpeakingStarted,
    SpeakingStopped,
    SpeechCut,
    SpeechFinished,
    SpeechStarted,
    TranscriptCompleted,
    new_id,
)
from shared.meetings import write_of
from shared.sessions import OwnedMeeting
from shared.streams import ShardKeys
from shared.tail import Tail
from shared.waiting import end
from shared.worker import Worker
from speaker.adapters.scripted import ScriptedChat, ScriptedOutlet, ScriptedVoice
from speaker.speaking import Means, speak
from speaker.talking import TALKED_OVER

SHARD = 3


class SlowVoice(ScriptedVoice):
    """Makes no sound until it may."""

    def __init__(self) -> None:
        super().__init__()
        self.goes_on = asyncio.Event()

    async def synthesize(self, text: str) -> AsyncGenerator[bytes, None]:
        await self.goes_on.wait()
        async for piece in super().synthesize(text):
            yield piece


class Meeting:
    """A meeting, an outlet whose time is moved by hand, and who speaks in it."""

    def __init__(self, bus: Bus, tail: Tail, meeting_id: str) -> None:
        self.bus, self.tail, self.id = bus, tail, meeting_id
        self.time = ManualClock()
        self.outlet, self.voice, self.chat = ScriptedOutlet(self.time), ScriptedVoice(), ScriptedChat()

    @contextlib.asynccontextmanager
    async def spoken(self, epoch: int = 1) -> AsyncIterator[asyncio.Task[None]]:
        await self.bus.redis.hset(ShardKeys(SHARD).own("speaker"), "epoch", epoch)
        worker = Worker("speaker", self.bus, self.tail, SystemClock())
        self.owned = OwnedMeeting(self.id, Epoch("speaker", SHARD, epoch), worker)
        session = asyncio.create_task(speak(self.owned, Means(self.voice, {"clips": self.outlet}, self.chat)))
        try:
            yield session
        finally:
            await end(session)

    async def compose(self, *texts: str) -> list[str]:
        """The ids of the sentences."""
        ids = [f"s-{new_id()}" for _ in texts]
        for n, (sentence_id, text) in enumerate(zip(ids, texts, strict=True)):
            sentence = SentenceComposed(
                id=sentence_id, cause_id="q", meeting_id=self.id, at=SystemClock().now_ms(), n=n, text=text, speak=True
            )
            await self.tell(sentence)
        return ids

    async def tell(self, fact: Event) -> None:
        await self.bus.write(self.id, write_of(fact))

    async def outcomes(self) -> list[tuple[type[Event], str]]:
        kinds = (SpeechStarted, SpeechFinished, SpeechCut)
        return [(type(fact), fact.cause_id) for fact in await facts_of(self.bus, self.id) if isinstance(fact, kinds)]

    async def play_out(self, count: int) -> None:
        """Lets the next clips come to their ends."""
        for n in range(count):
            await self.outlet.wait_until_begun(len(self.outlet.played) + 1)
            self.time.advance(100_000)
            await eventually(lambda n=n: self.is_over(n + 1))

    async def is_over(self, _: int) -> bool:
        ended = [kind for kind, _ in await self.outcomes() if kind is SpeechFinished]
        return len(ended) == len(self.outlet.played)


@pytest.fixture
async def meeting(bus: Bus, redis_url: str) -> AsyncIterator[Meeting]:
    client = connect(redis_url)
    tail = Tail(client)
    reading = asyncio.create_task(tail.run())
    meeting_id = await new_meeting(bus, shard=SHARD)
    await bus.write(meeting_id, write_of(BotJoined(id="j", meeting_id=meeting_id, at=1, bot_id="bot-1")))
    yield Meeting(bus, tail, meeting_id)
    reading.cancel()
    await asyncio.gather(reading, return_exceptions=True)
    await close(client)


async def has_outcomes(meeting: Meeting, count: int) -> bool:
    return len(await meeting.outcomes()) >= count


async def test_sentences_are_said_one_after_the_other_each_announced_before_its_sound(meeting: Meeting) -> None:
    async with meeting.spoken():
        first, second = await meeting.compose("One.", "Two.")
        await meeting.outlet.wait_until_begun(1)
        assert await meeting.outcomes() == [(SpeechStarted, first)]
        await meeting.play_out(2)
    assert await meeting.outcomes() == [
        (SpeechStarted, first),
        (SpeechFinished, first),
        (SpeechStarted, second),
        (SpeechFinished, second),
    ]
    assert [sound.way.bot_id for sound in meeting.outlet.played] == ["bot-1", "bot-1"]


async def test_a_sentence_waits_from_its_turn_to_its_first_sound(meeting: Meeting) -> None:
    meeting.voice = SlowVoice()
    async with meeting.spoken():
        await meeting.compose("One.")
        await eventually(lambda: meeting.owned.backlog.age_s() > 0)
        meeting.voice.goes_on.set()
        await meeting.outlet.wait_until_begun(1)
        assert meeting.owned.backlog.age_s() == 0


async def test_hush_stops_what_is_said_and_drops_what_waits(meeting: Meeting) -> None:
    async with meeting.spoken():
        first, second = await meeting.compose("One.", "Two.")
        await meeting.outlet.wait_until_begun(1)
        await meeting.tell(Hushed(id="h", meeting_id=meeting.id, at=SystemClock().now_ms(), by="Ann"))
        await eventually(lambda: has_outcomes(meeting, 3))
    assert set(await meeting.outcomes()) == {(SpeechStarted, first), (SpeechCut, first), (SpeechCut, second)}
    assert len(meeting.outlet.cut) == 1


async def test_an_outlet_that_fails_costs_one_sentence(meeting: Meeting) -> None:
    meeting.outlet.failures.append(SpeechError("The bot has left.", category=Category.NOT_FOUND))
    async with meeting.spoken():
        first, second = await meeting.compose("One.", "Two.")
        await meeting.play_out(1)
    outcomes = await meeting.outcomes()
    assert (SpeechCut, first) in outcomes
    assert (SpeechFinished, second) in outcomes
    cut = next(fact for fact in await facts_of(meeting.bus, meeting.id) if isinstance(fact, SpeechCut))
    assert cut.reason == "The bot has left."


async def test_a_successor_goes_on_with_the_next_sentence(meeting: Meeting) -> None:
    async with meeting.spoken(epoch=1):
        first, second = await meeting.compose("One.", "Two.")
        await meeting.outlet.wait_until_begun(1)
    async with meeting.spoken(epoch=2):
        await meeting.outlet.wait_until_begun(2)
        meeting.time.advance(100_000)
        await eventually(lambda: has_outcomes(meeting, 4))
    assert await meeting.outcomes() == [
        (SpeechStarted, first),
        (SpeechCut, first),
        (SpeechStarted, second),
        (SpeechFinished, second),
    ]
    assert len(meeting.outlet.begun) == 2


async def test_a_speaker_that_lost_the_meeting_says_nothing_more(meeting: Meeting) -> None:
    async with meeting.spoken(epoch=1) as session:
        await meeting.bus.redis.hset(ShardKeys(SHARD).own("speaker"), "epoch", 2)
        await meeting.compose("One.")
        await asyncio.wait({session}, timeout=5)
        assert session.done()
    assert await meeting.outcomes() == []
    assert meeting.outlet.begun == []


async def test_a_finished_meeting_needs_no_speaker(meeting: Meeting) -> None:
    async with meeting.spoken() as session:
        await finish(meeting, session)


async def finish(meeting: Meeting, session: asyncio.Task[None]) -> None:
    done = {"verdict": "complete", "heard_ms": 1, "missing_ms": 0, "lines": 1}
    await meeting.tell(TranscriptCompleted(id="t", meeting_id=meeting.id, at=1, **done))
    await asyncio.wait({session}, timeout=5)
    assert session.done()


def asked(meeting: Meeting, via: str) -> list[Event]:
    base = {"meeting_id": meeting.id, "at": SystemClock().now_ms(), "question": "When?", "asked_by": "Ann"}
    cites = [Cite(line_id="l", speaker="Maya", at_ms=123_000)]
    return [
        Asked(id="a", question_id="q", via=via, **base),
        QuestionAnswered(id="q/answered", cause_id="q", answer="On Tuesday.", cites=cites, spoken=True, **base),
    ]


async def test_who_asked_in_the_chat_is_answered_there_once(meeting: Meeting) -> None:
    for epoch in (1, 2):
        async with meeting.spoken(epoch=epoch):
            for fact in asked(meeting, "chat"):
                await meeting.tell(fact)
            await eventually(lambda: meeting.chat.sent)
    assert meeting.chat.sent == [("bot-1", "On Tuesday. (Maya, 2:03)")]


async def test_who_asked_aloud_is_not_answered_in_the_chat(meeting: Meeting) -> None:
    async with meeting.spoken() as session:
        for fact in asked(meeting, "voice"):
            await meeting.tell(fact)
        await finish(meeting, session)
    assert meeting.chat.sent == []


async def test_a_chat_that_cannot_be_written_to_ends_nothing(meeting: Meeting) -> None:
    meeting.chat.failures.append(SpeechError("The bot has left.", category=Category.NOT_FOUND))
    async with meeting.spoken():
        for fact in asked(meeting, "chat"):
            await meeting.tell(fact)
        await eventually(lambda: not meeting.chat.failures)
        await meeting.compose("One.")
        await meeting.outlet.wait_until_begun(1)
    assert meeting.chat.sent == []


def said_by_ann(meeting: Meeting, text: str) -> LineHeard:
    line = Line(id=new_id(), track="mixed", speaker="Ann", start_ms=0, end_ms=150, text=text)
    return LineHeard(id=line.id, meeting_id=meeting.id, at=SystemClock().now_ms(), line=line)


async def test_somebody_who_talks_over_it_silences_it_and_what_was_heard_is_written_down(meeting: Meeting) -> None:
    async with meeting.spoken():
        first, second = await meeting.compose("One two three four.", "Five.")
        await meeting.outlet.wait_until_begun(1)
        await eventually(lambda: has_outcomes(meeting, 1))
        await asyncio.sleep(0.2)
        meeting.time.advance(475)
        begun = asyncio.get_running_loop().time()
        await meeting.tell(said_by_ann(meeting, "No, that is wrong."))
        await eventually(lambda: meeting.outlet.cut)
        assert asyncio.get_running_loop().time() - begun < 0.3
        await eventually(lambda: has_outcomes(meeting, 3))
    assert await meeting.outcomes() == [(SpeechStarted, first), (SpeechCut, first), (SpeechCut, second)]
    cuts = [fact for fact in await facts_of(meeting.bus, meeting.id) if isinstance(fact, SpeechCut)]
    assert [(cut.reason, cut.heard, cut.heard_ms) for cut in cuts] == [
        (TALKED_OVER, "One two", 475),
        (TALKED_OVER, "", 0),
    ]


async def test_after_a_false_alarm_it_goes_on_and_is_announced_once(meeting: Meeting) -> None:
    async with meeting.spoken():
        (first,) = await meeting.compose("One two three four.")
        await meeting.outlet.wait_until_begun(1)
        await eventually(lambda: has_outcomes(meeting, 1))
        meeting.time.advance(500)
        now = SystemClock().now_ms()
        voice = {"meeting_id": meeting.id, "participant_id": "7", "name": "Ann", "source_ms": 0}
        await meeting.tell(SpeakingStarted(id="b", at=now, **voice))
        await eventually(lambda: meeting.outlet.cut)
        await meeting.tell(SpeakingStopped(id="e", at=SystemClock().now_ms(), **voice))
        await meeting.outlet.wait_until_begun(2)
        meeting.time.advance(100_000)
        await eventually(lambda: has_outcomes(meeting, 2))
    assert await meeting.outcomes() == [(SpeechStarted, first), (SpeechFinished, first)]
    assert meeting.outlet.begun_at_ms == [0, 200]
