"""What is left of one person's words, on a real server: their places, wherever the words had got to."""

import asyncio

import pytest
from support import facts_of, new_meeting

from gateway.keeping import Keeper, Kept
from gateway.search.index import Changes
from ingest.config import IngestSettings
from ingest.erasing_words import erase_words
from ingest.resources import Ingest
from shared.audit import AuditLog
from shared.bus import Bus, Write
from shared.clock import SystemClock
from shared.erased import ERASED, SOMEBODY
from shared.errors import MeetingGoneError
from shared.events import (
    CODEC,
    Asked,
    AskQuestion,
    Brief,
    BriefWritten,
    ChatReceived,
    Cite,
    EraseWords,
    Event,
    Line,
    LineHeard,
    ParticipantJoined,
    QuestionAnswered,
    SpeakerCorrected,
    Usage,
    WordsErased,
)
from shared.meetings import write_of
from shared.streams import BRAIN, BRIEF, INDEXED, SETTLED, TENANT, MeetingKeys
from shared.view import MeetingView

WORD, NAME = "pelican", "Zebedee"


class NoPlatform:
    """Nobody is asked anything."""


def ingest(bus: Bus) -> Ingest:
    return Ingest(bus, NoPlatform(), IngestSettings(), SystemClock())


def line(line_id: str, participant_id: str, text: str, start_ms: int = 0) -> Line:
    speaker = NAME if participant_id == "7" else "Ann"
    place = {"start_ms": start_ms, "end_ms": start_ms + 500}
    return Line(id=line_id, track="mixed", speaker=speaker, participant_id=participant_id, text=text, **place)


class Meeting:
    """In which two people spoke, and one of them asked."""

    def __init__(self, bus: Bus, meeting_id: str) -> None:
        self.bus, self.id, self.keys = bus, meeting_id, MeetingKeys(meeting_id)

    def about(self, fact_id: str) -> dict[str, object]:
        return {"id": fact_id, "meeting_id": self.id, "at": 1}

    async def add(self, *facts: Event) -> None:
        for fact in facts:
            await self.bus.write(self.id, write_of(fact))

    async def say(self, said: Line) -> None:
        await self.add(LineHeard(**self.about(f"{self.id}/{said.id}"), line=said))

    async def erase(self, command_id: str = "e", *, until_ms: int = 0) -> WordsErased:
        command = EraseWords(**self.about(command_id), participant_id="7", until_ms=until_ms, by="laptop")
        await erase_words(command, ingest(self.bus))
        return [fact for fact in await facts_of(self.bus, self.id) if isinstance(fact, WordsErased)][-1]

    async def view(self) -> MeetingView:
        view = MeetingView()
        for fact in await facts_of(self.bus, self.id):
            view.apply(fact)
        return view

    async def values(self) -> bytes:
        """All that the server holds."""
        return b"".join([await self.bus.redis.dump(key) async for key in self.bus.redis.scan_iter("*")])


@pytest.fixture
async def meeting(bus: Bus) -> Meeting:
    found = Meeting(bus, await new_meeting(bus))
    await bus.redis.hset(found.keys.state, TENANT, "acme")
    await found.add(ParticipantJoined(**found.about("j7"), participant_id="7", name=NAME))
    await found.add(ParticipantJoined(**found.about("j8"), participant_id="8", name="Ann"))
    await found.say(line("l1", "7", f"I saw a {WORD}."))
    await found.say(line("l2", "8", "I saw a heron.", 600))
    await found.add(ChatReceived(**found.about("c"), participant_id="7", name=NAME, text=f"a {WORD}, Chime?"))
    asked = {"question": f"a {WORD}?", "asked_by": NAME}
    await found.add(Asked(**found.about("q"), **asked, via="chat", question_id="c/question"))
    answered = {**asked, "answer": f"A {WORD}.", "cites": [], "spoken": True}
    await found.add(QuestionAnswered(**found.about("a") | {"cause_id": "c/question"}, **answered))
    return found


async def test_nothing_of_it_is_left_anywhere(meeting: Meeting) -> None:
    brief = Brief(
        title=WORD, summary=NAME, key_points=[], decisions=[], action_items=[], open_questions=[], made_by="m"
    )
    await meeting.add(BriefWritten(**meeting.about("b"), brief=brief))
    await meeting.bus.command(BRAIN, AskQuestion(**meeting.about("c/question"), question=f"a {WORD}?", asked_by=NAME))
    await meeting.bus.redis.hset(meeting.keys.said, "l1", NAME)
    await meeting.bus.redis.zadd(meeting.keys.words, {f"{WORD}\0l1": 0})
    await meeting.bus.redis.hset(meeting.keys.state, mapping={INDEXED: "1:5-0", SETTLED: "1"})
    assert WORD.encode() in await meeting.values()
    await meeting.erase()
    left = await meeting.values()
    assert (WORD.encode() in left, NAME.encode() in left) == (False, False)
    kept = await meeting.bus.redis.hmget(meeting.keys.state, [BRIEF, INDEXED, SETTLED])
    assert kept == [None, None, None]
    assert b"heron" in left


async def test_every_entry_keeps_its_place(meeting: Meeting) -> None:
    before = [entry.id for entry in await meeting.bus.timeline(meeting.id)]
    await meeting.erase()
    assert [entry.id for entry in await meeting.bus.timeline(meeting.id)][:-1] == before


async def test_the_receipt_counts_what_was_erased(meeting: Meeting) -> None:
    erased = await meeting.erase()
    assert erased.stores == {"traces": 1, "lines": 1, "chat messages": 1, "questions": 1, "answers": 1}
    assert (erased.line_ids, erased.until_ms) == ({"l1"}, 1100)
    (record,) = await AuditLog(meeting.bus, SystemClock()).newest("acme", 5)
    assert (record.deed, record.by, record.meeting_id) == ("words_erased", "laptop", meeting.id)


async def test_memory_and_timeline_say_the_same_afterwards(meeting: Meeting) -> None:
    view = await meeting.view()
    view.apply(await meeting.erase())
    anew = await meeting.view()
    assert view.lines == anew.lines
    assert [(one.speaker, one.text) for one in view.lines] == [(SOMEBODY, ERASED), ("Ann", "I saw a heron.")]
    assert view.participants == anew.participants == {"7": SOMEBODY, "8": "Ann"}
    assert view.exchanges == anew.exchanges


async def test_a_line_that_was_corrected_to_them_is_theirs_and_one_corrected_away_is_not(meeting: Meeting) -> None:
    await meeting.say(line("l3", "8", "A swan.", 1200))
    await meeting.add(SpeakerCorrected(**meeting.about("s3"), line_id="l3", speaker=NAME, participant_id="7"))
    await meeting.say(line("l4", "7", "A gull.", 1800))
    await meeting.add(SpeakerCorrected(**meeting.about("s4"), line_id="l4", speaker="Ann", participant_id="8"))
    assert (await meeting.erase()).line_ids == {"l1", "l3"}


async def test_answers_from_their_words_go_and_others_stay(meeting: Meeting) -> None:
    cited = {
        "theirs": [Cite(line_id="l1", speaker=NAME, at_ms=0)],
        "hers": [Cite(line_id="l2", speaker="Ann", at_ms=600)],
        "nobodys": [],
    }
    for name, cites in cited.items():
        answer = {"question": "?", "asked_by": "Ann", "answer": name, "cites": cites, "usage": Usage(model="gpt")}
        about = meeting.about(name) | {"cause_id": f"q-{name}"}
        await meeting.add(QuestionAnswered(**about, **answer, spoken=False))
    await meeting.erase()
    answers = {one.id: one.answered.answer for one in (await meeting.view()).exchanges.values() if one.answered}
    assert answers == {"c/question": ERASED, "q-theirs": ERASED, "q-hers": "hers", "q-nobodys": ERASED}


async def test_what_they_say_afterwards_is_kept_also_when_the_command_comes_again(meeting: Meeting) -> None:
    await meeting.erase()
    await meeting.say(line("l9", "7", "Good night.", 5000))
    await meeting.erase()
    assert (await meeting.view()).lines[-1].text == "Good night."
    assert [type(fact) for fact in await facts_of(meeting.bus, meeting.id)].count(WordsErased) == 1


async def test_words_that_come_meanwhile_are_not_overlooked(meeting: Meeting) -> None:
    """A timeline that grows while it is looked at is looked at again."""
    script, late = meeting.bus.erase_words_script, [line("l5", "7", f"Another {WORD}.", 2000)]

    async def slow(keys: list[str], args: list[str | bytes | int]) -> object:
        if late:
            await meeting.say(late.pop())
        return await script(keys, args)

    meeting.bus.erase_words_script = slow
    assert (await meeting.erase()).line_ids == {"l1", "l5"}
    assert WORD.encode() not in await meeting.values()


async def test_who_looks_for_its_recent_writes_does_not_write_them_again(meeting: Meeting) -> None:
    await meeting.erase()
    assert await meeting.bus.restore() == 0
    assert WORD.encode() not in await meeting.values()


async def test_an_erasure_that_redis_forgets_is_done_again(meeting: Meeting) -> None:
    """The server comes back with the timeline as it was before."""
    before = await meeting.bus.redis.dump(meeting.keys.timeline)
    await meeting.erase()
    await meeting.bus.redis.restore(meeting.keys.timeline, 0, before, replace=True)
    await meeting.bus.restore()
    assert WORD.encode() not in await meeting.values()


async def test_the_time_until_everything_goes_stays(meeting: Meeting) -> None:
    await meeting.bus.redis.pexpire(meeting.keys.timeline, 60_000)
    await meeting.erase()
    assert 50_000 < await meeting.bus.redis.pttl(meeting.keys.timeline) <= 60_000


async def test_who_waits_for_the_timeline_is_woken_by_the_fact_alone(meeting: Meeting) -> None:
    last = (await meeting.bus.timeline(meeting.id))[-1].id
    waiting = asyncio.create_task(meeting.bus.redis.xread({meeting.keys.timeline: last}, block=5000))
    await asyncio.sleep(0.05)
    await meeting.erase()
    (entries,) = (await waiting).values()
    assert [type(CODEC.decode(fields)) for _, fields in entries] == [WordsErased]


async def test_a_clerk_that_was_at_work_begins_its_index_anew(meeting: Meeting) -> None:
    """What it writes as the one that knew the words is refused."""
    keeper = Keeper(meeting.bus, meeting.id)
    await keeper.write(Kept(state={INDEXED: "1:5-0"}, changes=Changes()))
    await meeting.erase()
    with pytest.raises(Exception, match=meeting.id):
        await keeper.write(Kept(after="1:5-0", changes=Changes(added={f"{WORD}\0l1": None})))


async def test_a_meeting_that_is_gone_has_nothing_to_erase(meeting: Meeting) -> None:
    await meeting.bus.redis.unlink(meeting.keys.state, meeting.keys.timeline)
    with pytest.raises(MeetingGoneError):
        await meeting.erase()


async def test_the_recording_of_the_platform_is_told_of(meeting: Meeting) -> None:
    await meeting.bus.write(meeting.id, Write(state={"bot_id": "bot-1", "engine": "deepgram"}))
    assert (await meeting.erase()).vendors == {"recall": "whole", "deepgram": "no_call"}


async def test_what_turns_out_to_be_theirs_later_goes_and_what_they_said_since_stays(meeting: Meeting) -> None:
    await meeting.say(line("l3", "8", "A swan.", 400))
    first = await meeting.erase()
    await meeting.add(SpeakerCorrected(**meeting.about("s3"), line_id="l3", speaker=NAME, participant_id="7"))
    await meeting.say(line("l9", "7", "A gull.", 5_000))
    await meeting.add(ChatReceived(**meeting.about("c9"), participant_id="7", name=NAME, text="a puffin"))
    late = await meeting.erase("late", until_ms=first.until_ms)
    assert (late.line_ids, late.until_ms) == ({"l1", "l3"}, first.until_ms)
    left = await meeting.values()
    assert [word in left for word in (b"swan", b"gull", b"puffin")] == [False, True, True]


async def test_an_answer_that_was_in_the_making_goes_when_it_has_come(meeting: Meeting) -> None:
    first = await meeting.erase()
    about = meeting.about("late-answer") | {"cause_id": "c/question"}
    answered = {"question": f"a {WORD}?", "asked_by": NAME, "answer": f"A {WORD}.", "cites": [], "spoken": False}
    await meeting.add(QuestionAnswered(**about, **answered))
    await meeting.erase("late", until_ms=first.until_ms)
    assert WORD.encode() not in await meeting.values()


async def test_who_died_after_an_erasure_has_it_told_by_the_next(meeting: Meeting) -> None:
    """What stands in the audit log twice was asked for once: its id says so."""
    await meeting.erase()
    await meeting.bus.redis.delete(meeting.keys.shard.roster)
    await meeting.erase()
    assert await meeting.bus.redis.xlen(meeting.keys.shard.roster) == 1
    records = await AuditLog(meeting.bus, SystemClock()).newest("acme", 5)
    assert {record.request_id for record in records} == {"e"}
