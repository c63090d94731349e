"""A meeting that goes off the record: what was said then is nowhere, and the transcript says where it is missing."""

from heard_meetings import Meeting
from support import eventually, facts_of

from shared.events import ConsentAnnounced, GapFound, LineHeard, RecordPaused, RecordResumed
from shared.meetings import OFF_THE_RECORD, write_of
from shared.streams import MIXED, OFF_FROM


async def pause(meeting: Meeting, from_ms: int = 0) -> None:
    paused = RecordPaused(id=f"p{from_ms}", meeting_id=meeting.id, at=1, by="Maya", via="voice", from_ms=from_ms)
    await meeting.bus.write(meeting.id, write_of(paused))


async def resume(meeting: Meeting) -> None:
    await meeting.bus.write(
        meeting.id, write_of(RecordResumed(id="r", meeting_id=meeting.id, at=2, by="Maya", via="chat"))
    )


async def gaps(meeting: Meeting) -> list[tuple[int, int, str]]:
    found = [fact for fact in await facts_of(meeting.bus, meeting.id) if isinstance(fact, GapFound)]
    return [(gap.from_ms, gap.to_ms, gap.cause) for gap in found]


async def is_sitting_out(meeting: Meeting) -> bool:
    return bool(await meeting.bus.redis.hget(meeting.keys.state, OFF_FROM + MIXED))


async def heard_in(meeting: Meeting, from_ms: int, to_ms: int) -> list[str]:
    return [line.text for line in await meeting.lines() if line.end_ms > from_ms and line.start_ms < to_ms]


async def test_what_is_said_off_the_record_is_not_heard_and_the_gap_is_told(meeting: Meeting) -> None:
    async with meeting.heard():
        await meeting.play(0, 4_000)
        await eventually(lambda: meeting.has_lines(2))
        await pause(meeting)
        await eventually(lambda: is_sitting_out(meeting))
        await meeting.play(4_000, 7_000)
        await eventually(lambda: is_dropped(meeting, 7_000))
        await resume(meeting)
        await meeting.play(9_000, 13_000)
        await meeting.end(13_000)
        await eventually(meeting.verdict)
    ((from_ms, to_ms, cause),) = await gaps(meeting)
    assert (from_ms, cause) == (4_000, OFF_THE_RECORD)
    assert 9_000 <= to_ms <= 10_000  # what came before the transcriber knew that it may listen is dropped too
    assert await heard_in(meeting, 4_000, 9_000) == []
    assert len(await heard_in(meeting, 9_000, 13_000)) >= 2
    assert await meeting.verdict() == "complete"


async def is_dropped(meeting: Meeting, until_ms: int) -> bool:
    """Not even the two seconds are kept that whoever continues would hear again."""
    state = await meeting.bus.state(meeting.id)
    return state["committed:mixed"] == str(until_ms) and not await meeting.bus.redis.xlen(meeting.keys.audio(MIXED))


async def test_words_after_the_wish_are_dropped_though_they_were_heard(meeting: Meeting) -> None:
    async with meeting.heard():
        await meeting.play(0, 6_000)
        await eventually(lambda: meeting.has_lines(2))
        await pause(meeting, from_ms=5_000)
        await eventually(lambda: is_sitting_out(meeting))
        await resume(meeting)
        await meeting.play(8_000, 10_000)
        await meeting.end(10_000)
        await eventually(meeting.verdict)
    ((from_ms, to_ms, _),) = await gaps(meeting)
    assert from_ms <= 5_000 or from_ms == 6_000
    assert 8_000 <= to_ms < 8_500  # sound that came before it noticed is dropped too


async def test_a_successor_stays_off_the_record_and_tells_the_whole_gap(meeting: Meeting) -> None:
    async with meeting.heard(epoch=1):
        await meeting.play(0, 4_000)
        await eventually(lambda: meeting.has_lines(2))
        await pause(meeting)
        await eventually(lambda: is_sitting_out(meeting))
    await meeting.play(4_000, 6_000)
    async with meeting.heard(epoch=2):
        await eventually(lambda: is_dropped(meeting, 6_000))
        await resume(meeting)
        await meeting.play(8_000, 10_000)
        await meeting.end(10_000)
        await eventually(meeting.verdict)
    ((from_ms, to_ms, cause),) = await gaps(meeting)
    assert (from_ms, cause) == (4_000, OFF_THE_RECORD)
    assert 8_000 <= to_ms <= 9_000  # what came before the transcriber knew that it may listen is dropped too
    assert await heard_in(meeting, 4_000, 8_000) == []


async def test_a_meeting_may_end_off_the_record(meeting: Meeting) -> None:
    async with meeting.heard():
        await meeting.play(0, 4_000)
        await eventually(lambda: meeting.has_lines(2))
        await pause(meeting)
        await eventually(lambda: is_sitting_out(meeting))
        await meeting.end(4_000)
        await eventually(meeting.verdict)
    assert await meeting.verdict() == "complete"


async def test_no_line_comes_before_the_announcement(meeting: Meeting) -> None:
    await meeting.bus.redis.hset(meeting.keys.state, "settings", '{"announce":"chat"}')
    async with meeting.heard():
        await meeting.play(0, 4_000)
        assert not await meeting.has_lines(1)
        told = ConsentAnnounced(id="c", meeting_id=meeting.id, at=1, via="chat", text="Hello.")
        await meeting.tell(told)
        await eventually(lambda: meeting.has_lines(2))
    kinds = [type(fact) for fact in await facts_of(meeting.bus, meeting.id)]
    assert kinds.index(ConsentAnnounced) < kinds.index(LineHeard)


async def test_where_nobody_could_be_told_that_is_on_record_first(meeting: Meeting) -> None:
    await meeting.bus.redis.hset(meeting.keys.state, "settings", '{"announce":"chat"}')
    async with meeting.heard():
        await meeting.play(0, 4_000)
        await meeting.end(4_000)
        await eventually(meeting.verdict)
    facts = await facts_of(meeting.bus, meeting.id)
    (told,) = [fact for fact in facts if isinstance(fact, ConsentAnnounced)]
    assert (told.via, told.problem) == ("none", "no speaker was there to say it")
    assert facts.index(told) < next(n for n, fact in enumerate(facts) if isinstance(fact, LineHeard))
