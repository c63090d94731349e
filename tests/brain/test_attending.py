"""What is asked in a meeting, on a real server: by name, in the chat, in two halves, and what is not."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import msgspec
import pytest
from support import eventually, facts_of, new_meeting

from brain.adapters.scripted import ScriptedAnswerer, ScriptedBriefer
from brain.addressed.addressing import Addressing
from brain.attending import attend
from brain.handlers import Brain
from brain.memory import Memory
from brain.progress import AGAIN_MS
from shared.bus import Bus, Epoch, Write, entries_of
from shared.clock import ManualClock
from shared.connections import close, connect
from shared.events import (
    CODEC,
    Asked,
    AskQuestion,
    CaptionChanged,
    ChapterNoted,
    ChatReceived,
    EraseWords,
    Event,
    Line,
    LineHeard,
    ParticipantJoined,
    QuestionAnswered,
    RecordPaused,
    RecordResumed,
    SentenceComposed,
    Settings,
    SpeakerCorrected,
    TranscriptCompleted,
    WishHeard,
    WordsErased,
    WriteBrief,
    new_id,
)
from shared.meetings import write_of
from shared.sessions import OwnedMeeting
from shared.streams import ATTENDED, BRAIN, MeetingKeys, ShardKeys
from shared.tail import Tail
from shared.waiting import end
from shared.worker import Worker

SHARD = 3


class Room:
    """A meeting on a clock that is moved by hand; lines come the moment they were said."""

    def __init__(self, bus: Bus, tail: Tail, meeting_id: str) -> None:
        self.bus, self.tail, self.id = bus, tail, meeting_id
        self.keys = MeetingKeys(meeting_id)
        self.clock = ManualClock()
        self.began_ms = self.clock.now_ms()
        self.answerer = ScriptedAnswerer()
        self.brain = Brain(bus, Memory(bus), self.answerer, ScriptedBriefer(), self.clock)

    @contextlib.asynccontextmanager
    async def attended(self, epoch: int = 1) -> AsyncIterator[asyncio.Task[None]]:
        await self.bus.redis.hset(ShardKeys(SHARD).own(BRAIN), "epoch", epoch)
        owned = OwnedMeeting(self.id, Epoch(BRAIN, SHARD, epoch), Worker(BRAIN, self.bus, self.tail, self.clock))
        session = asyncio.create_task(attend(owned, self.brain))
        try:
            yield session
        finally:
            await end(session)

    async def tell(self, *facts: Event) -> None:
        for fact in facts:
            await self.bus.write(self.id, write_of(fact))

    async def say(self, speaker: str, text: str, after_ms: int = 300) -> None:
        start_ms = self.clock.now_ms() - self.began_ms + after_ms
        self.clock.advance(after_ms + 1_000)
        line = Line(id=new_id(), track="mixed", speaker=speaker, start_ms=start_ms, end_ms=start_ms + 1_000, text=text)
        await self.tell(LineHeard(id=f"l-{line.id}", meeting_id=self.id, at=self.clock.now_ms(), line=line))

    async def write(self, name: str, text: str, to: str = "everyone") -> None:
        chat = {"participant_id": "7", "name": name, "text": text, "to": to}
        await self.tell(ChatReceived(id=new_id(), meeting_id=self.id, at=self.clock.now_ms(), **chat))

    async def asked(self) -> list[Asked]:
        return [fact for fact in await facts_of(self.bus, self.id) if isinstance(fact, Asked)]

    async def commands(self) -> list[AskQuestion]:
        entries = entries_of(await self.bus.redis.xrange(ShardKeys(SHARD).commands(BRAIN)))
        found = [CODEC.decode(entry.fields) for entry in entries]
        return [command for command in found if isinstance(command, AskQuestion)]

    async def end(self, session: asyncio.Task[None]) -> None:
        """Everything said before is considered."""
        done = {"verdict": "complete", "heard_ms": 1, "missing_ms": 0, "lines": 1}
        await self.tell(TranscriptCompleted(id="t", meeting_id=self.id, at=self.clock.now_ms(), **done))
        async with asyncio.timeout(10):
            await session


@contextlib.asynccontextmanager
async def room_with(bus: Bus, redis_url: str, settings: Settings) -> AsyncIterator[Room]:
    client = connect(redis_url)
    tail = Tail(client)
    reading = asyncio.create_task(tail.run())
    yield Room(bus, tail, await new_meeting(bus, shard=SHARD, settings=settings))
    reading.cancel()
    await asyncio.gather(reading, return_exceptions=True)
    await close(client)


@pytest.fixture
async def room(bus: Bus, redis_url: str) -> AsyncIterator[Room]:
    async with room_with(bus, redis_url, Settings()) as room:
        yield room


async def test_a_long_meeting_is_noted_down_as_it_goes(room: Room) -> None:
    async with room.attended() as session:
        for n in range(90):
            await room.say("Ann", f"{n} " + "word " * 20, 2_000)
        await eventually(lambda: has_chapter(room), within_s=10)
        await room.end(session)
    (chapter,) = await chapters_of(room)
    assert [point.text for point in chapter.points] == ["Ann spoke first"]
    assert chapter.points[0].cites[0].line_id == chapter.line_ids[0]
    assert len(room.brain.briefer.noted) == 1


async def test_the_next_owner_does_not_note_it_again(room: Room) -> None:
    async with room.attended() as session:
        for n in range(90):
            await room.say("Ann", f"{n} " + "word " * 20, 2_000)
        await eventually(lambda: has_chapter(room), within_s=10)
        await end(session)
    async with room.attended(2) as session:
        await room.say("Ann", "And so on.")
        await room.end(session)
    assert len(await chapters_of(room)) == 1
    assert len(room.brain.briefer.noted) == 1


async def test_the_last_briefing_is_written_when_the_transcript_is_complete(room: Room) -> None:
    async with room.attended() as session:
        await room.say("Ann", "Hello.")
        await room.end(session)
    commands = entries_of(await room.bus.redis.xrange(ShardKeys(SHARD).commands(BRAIN)))
    (brief,) = [CODEC.decode(entry.fields) for entry in commands]
    assert (type(brief), brief.meeting_id, brief.since_ms) == (WriteBrief, room.id, 0)


async def chapters_of(room: Room) -> list[ChapterNoted]:
    return [fact for fact in await facts_of(room.bus, room.id) if isinstance(fact, ChapterNoted)]


async def has_chapter(room: Room) -> bool:
    return bool(await chapters_of(room))


async def test_a_question_by_name_is_put_once_with_who_asked(room: Room) -> None:
    async with room.attended() as session:
        await room.say("Ann", "Chime, when is the release?")
        await room.end(session)
    (asked,) = await room.asked()
    (command,) = await room.commands()
    assert (asked.question, asked.asked_by, asked.via) == ("when is the release?", "Ann", "voice")
    assert command.id == asked.question_id


async def test_whoever_takes_over_does_not_ask_again(room: Room) -> None:
    async with room.attended():
        await room.say("Ann", "Chime, when is the release?")
        await eventually(room.asked)
    async with room.attended(epoch=2) as session:
        await room.end(session)
    assert len(await room.commands()) == 1


async def test_talk_about_it_is_not_put(room: Room) -> None:
    async with room.attended() as session:
        await room.say("Ann", "I think Chime is great.")
        await room.end(session)
    assert await room.asked() == []


async def test_a_follow_up_to_the_answer_needs_no_name(room: Room) -> None:
    async with room.attended() as session:
        await room.say("Ann", "Chime, when is the release?")
        await eventually(room.asked)
        (asked,) = await room.asked()
        given = {"question": asked.question, "asked_by": "Ann", "answer": "Tuesday.", "cites": [], "spoken": False}
        answered = QuestionAnswered(
            id="a", cause_id=asked.question_id, meeting_id=room.id, at=room.clock.now_ms(), **given
        )
        await room.tell(answered)
        await room.say("Ann", "And who owns that?", after_ms=4_000)
        await room.end(session)
    assert [asked.question for asked in await room.asked()][1:] == ["And who owns that?"]


async def test_a_participant_who_is_called_like_it_is_no_assistant(room: Room) -> None:
    async with room.attended() as session:
        joined = ParticipantJoined(id="p", meeting_id=room.id, at=1, participant_id="9", name="Chyme Adeyemi")
        await room.tell(joined)
        await room.say("Ann", "Chyme, when is the release?")
        await room.end(session)
    assert await room.asked() == []


async def test_a_question_that_the_engine_cut_is_put_whole(room: Room) -> None:
    async with room.attended() as session:
        await room.say("Ann", "Chime, what did we")
        await room.say("Ann", "decide about the launch?")
        await room.end(session)
    assert [asked.question for asked in await room.asked()] == ["what did we decide about the launch?"]


async def test_a_question_whose_rest_comes_after_it_was_put_replaces_it(room: Room) -> None:
    async with room.attended() as session:
        await room.say("Ann", "Chime, what did we decide?")
        await room.say("Ann", "About the launch?")
        await room.end(session)
    first, second = await room.asked()
    assert second.replaces == first.question_id
    assert first.question_id in room.brain.replaced


async def test_half_a_question_after_which_nothing_comes_is_put_if_it_can_stand_alone(room: Room) -> None:
    async with room.attended():
        await room.say("Ann", "Chime, tell me what we decided about the")
        await room.say("Tom", "Oh, sorry, go on.")
        await eventually(lambda: room.clock._sleepers)
        room.clock.advance(20_000)
        await room.say("Ann", "Chime, when is the release?")
        await eventually(room.asked)
    assert [asked.question for asked in await room.asked()] == ["when is the release?"]


async def test_a_message_to_it_alone_needs_no_name(room: Room) -> None:
    async with room.attended() as session:
        await room.write("Ann", "when is the release?", to="only_bot")
        await room.write("Tom", "shall we have lunch?")
        await room.end(session)
    (asked,) = await room.asked()
    assert (asked.question, asked.asked_by, asked.via) == ("when is the release?", "Ann", "chat")


async def test_nothing_in_the_meeting_is_put_where_it_answers_over_http_only(bus: Bus, redis_url: str) -> None:
    async with room_with(bus, redis_url, Settings(answer_when="asked")) as room:
        async with room.attended() as session:
            await room.say("Ann", "Chime, when is the release?")
            await room.write("Ann", "@Chime when is the release?")
            await room.end(session)
        assert await room.asked() == []


async def test_what_is_noticed_long_after_it_was_asked_is_left_alone(room: Room) -> None:
    await room.say("Ann", "Chime, when is the release?")
    room.clock.advance(16_000)
    async with room.attended() as session:
        await room.end(session)
    assert await room.asked() == []


async def test_the_model_is_warmed_up_once_while_somebody_still_asks(room: Room) -> None:
    async with room.attended():
        for text in ("Chime,", "Chime, when is", "Chime, when is the release"):
            await room.bus.write(room.id, caption(room, text))
        await eventually(lambda: room.answerer.warmed_up)
        await room.say("Ann", "Chime, when is the release?")
        await eventually(room.asked)
    assert room.answerer.warmed_up == 1


async def test_talk_among_people_warms_nothing_up(room: Room) -> None:
    async with room.attended() as session:
        await room.bus.write(room.id, caption(room, "we should move the release"))
        await room.say("Ann", "We should move the release.")
        await room.end(session)
    assert room.answerer.warmed_up == 0


def caption(room: Room, text: str) -> Write:
    shown = CaptionChanged(
        id=new_id(), meeting_id=room.id, at=room.clock.now_ms(), track="mixed", speaker="Ann", start_ms=0, end_ms=500,
        text=text,
    )  # fmt: skip
    return Write(captions=(shown,))


async def wishes_of(room: Room) -> list[str]:
    return [fact.wish for fact in await facts_of(room.bus, room.id) if isinstance(fact, WishHeard)]


async def test_off_the_record_by_voice_begins_where_it_was_said(room: Room) -> None:
    async with room.attended() as session:
        await room.say("Maya", "Chime, stop listening.")
        await eventually(lambda: wishes_of(room))
        (paused,) = [fact for fact in await facts_of(room.bus, room.id) if isinstance(fact, RecordPaused)]
        state = await room.bus.state(room.id)
        await room.end(session)
    assert (paused.by, paused.via, paused.from_ms > 0, state["off_record"]) == ("Maya", "voice", True, "1")
    assert await room.commands() == []


async def test_a_wish_is_carried_out_once_by_whoever_has_the_meeting(room: Room) -> None:
    await room.write("Maya", "Chime, back on the record")
    async with room.attended(epoch=1):
        await eventually(lambda: wishes_of(room))
    async with room.attended(epoch=2) as session:
        await room.end(session)
    assert await wishes_of(room) == ["resume"]
    assert len([fact for fact in await facts_of(room.bus, room.id) if isinstance(fact, RecordResumed)]) == 1


async def test_a_meeting_that_is_to_be_forgotten_is_erased_after_a_word_of_farewell(room: Room) -> None:
    async with room.attended():
        await room.write("Maya", "@Chime forget this meeting")
        await eventually(lambda: wishes_of(room))

        async def is_sent() -> bool:
            room.clock.advance(500)
            return bool(await room.bus.redis.xlen(ShardKeys(SHARD).commands("ingest")))

        await eventually(is_sent)
    (entry,) = entries_of(await room.bus.redis.xrange(ShardKeys(SHARD).commands("ingest")))
    assert CODEC.decode(entry.fields).by == "in the meeting"


async def erasures(room: Room) -> list[EraseWords]:
    """That were sent; a moment passes."""
    room.clock.advance(500)
    entries = entries_of(await room.bus.redis.xrange(ShardKeys(SHARD).commands("ingest")))
    return [command for entry in entries if isinstance(command := CODEC.decode(entry.fields), EraseWords)]


def erased(room: Room, cause_id: str, until_ms: int) -> WordsErased:
    about = {"id": new_id(), "cause_id": cause_id, "meeting_id": room.id, "at": room.clock.now_ms()}
    return WordsErased(**about, participant_id="7", until_ms=until_ms, line_ids=frozenset())


async def test_who_wants_to_be_erased_is_erased_after_a_word_of_it(room: Room) -> None:
    async with room.attended():
        await room.write("Maya", "Chime, erase me")
        await eventually(lambda: wishes_of(room))
        assert await erasures(room) == []
        (command,) = await eventually(lambda: erasures(room))
    assert (command.participant_id, command.by) == ("7", "in the meeting")


async def test_a_wish_to_be_erased_is_over_once_it_was_carried_out(room: Room) -> None:
    """What is said after it is kept, whoever takes the meeting over."""
    async with room.attended(epoch=1):
        await room.write("Maya", "Chime, erase me")
        (command,) = await eventually(lambda: erasures(room))
    await room.tell(erased(room, command.id, 0))
    async with room.attended(epoch=2):
        for _ in range(20):
            sent = await erasures(room)
            await asyncio.sleep(0.01)
    assert sent == [command]


async def test_whose_voice_is_not_known_is_told_so_and_nothing_is_erased(room: Room) -> None:
    async with room.attended():
        await room.say("Speaker 2", "Chime, erase what I said.")
        await eventually(lambda: wishes_of(room))
        for _ in range(20):
            sent = await erasures(room)
            await asyncio.sleep(0.01)
    assert sent == []


async def test_what_turns_out_to_be_theirs_later_goes_too_but_not_what_they_say_later(room: Room) -> None:
    async with room.attended():
        await room.say("Speaker 1", "The budget is forty.")
        await room.tell(erased(room, "somebody", until_ms=1_300))
        await room.say("Speaker 1", "The budget is fifty.")
        before, after = [fact.line.id for fact in await facts_of(room.bus, room.id) if isinstance(fact, LineHeard)]
        for line_id in (after, before):
            told = {"line_id": line_id, "speaker": "Maya", "participant_id": "7"}
            await room.tell(SpeakerCorrected(id=f"to-{line_id}", meeting_id=room.id, at=1, **told))
        (command,) = await eventually(lambda: erasures(room))
    assert (command.cause_id, command.participant_id, command.until_ms) == (f"to-{before}", "7", 1_300)


async def test_an_answer_that_was_in_the_making_when_its_words_were_erased_is_erased_too(room: Room) -> None:
    gone = msgspec.structs.replace(erased(room, "somebody", until_ms=1_300), answer_ids=frozenset({"q1"}))
    sentence = {"meeting_id": room.id, "at": 1, "n": 0, "speak": False}
    async with room.attended():
        await room.tell(gone, SentenceComposed(id="q2/0", cause_id="q2", **sentence, text="Fifty."))
        await room.tell(SentenceComposed(id="q1/0", cause_id="q1", **sentence, text="Forty."))
        (command,) = await eventually(lambda: erasures(room))
    assert (command.cause_id, command.until_ms) == ("q1/0", 1_300)


async def test_who_takes_over_weighs_only_what_came_since_and_remembers_the_rest(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three hours of lines, weighed anew, would hold up the leases of all its meetings."""
    weighed, consider = list[str](), Addressing.consider
    monkeypatch.setattr(Addressing, "consider", lambda self, line: weighed.append(line.text) or consider(self, line))
    await room.say("Ann", "Chime, what did we decide?")
    await room.tell(erased(room, "somebody", until_ms=0))
    past = (await room.bus.timeline(room.id))[-1]
    await room.bus.redis.hset(room.keys.state, ATTENDED, f"{past.written_at_ms + AGAIN_MS + 1}-0")
    await asyncio.sleep(0.01)
    await room.say("Ann", "It is Friday.")
    async with room.attended() as session:
        await eventually(lambda: weighed)
        await room.end(session)
    assert weighed == ["It is Friday."]
    assert await room.asked() == []


async def test_how_far_it_attended_is_kept_for_whoever_takes_over(room: Room) -> None:
    async with room.attended() as session:
        await room.say("Ann", "It is Friday.")
        last = (await room.bus.timeline(room.id))[-1].id

        async def is_kept() -> bool:
            room.clock.advance(1_000)
            return (await room.bus.state(room.id)).get(ATTENDED) == last.decode()

        await eventually(is_kept)
        await room.end(session)
