"""One meeting being heard on a real server by the scripted engine: words, positions, holes, failures."""

import asyncio

import pytest
from heard_meetings import SHARD, Meeting
from support import eventually, facts_of

from rehearsal.ledger import check
from shared.bus import entries_of
from shared.errors import FencedError, ForgottenError, root_of
from shared.events import (
    AudioEnded,
    GapFound,
    ParticipantJoined,
    SpeakingStarted,
    SpeakingStopped,
)
from shared.streams import MIXED, PCM, ShardKeys, audio_id
from shared.tail import Follower, Lane
from transcriber.adapters.scripted import ScriptedEngine, ScriptedStream
from transcriber.chunks import chunks_in
from transcriber.ports import Heard, StreamSpec
from transcriber.situation import Situation
from transcriber.track_audio import LAST_CHUNK_S, TrackAudio


async def test_every_word_is_on_the_timeline_once(meeting: Meeting) -> None:
    async with meeting.heard():
        await meeting.play(0, 7_000)
        await meeting.end(7_000)
        await eventually(meeting.verdict)
    assert check(await meeting.lines(), 7_000).is_clean
    assert await meeting.verdict() == "complete"


async def test_audio_is_kept_until_two_seconds_after_it_was_committed(meeting: Meeting) -> None:
    async with meeting.heard():
        await meeting.play(0, 10_000)
        await eventually(lambda: meeting.has_lines(5))
        (first, _), *_ = await meeting.bus.redis.xrange(meeting.keys.audio(MIXED))
    assert first == audio_id(8_000).encode()
    assert (await meeting.bus.state(meeting.id))["committed:mixed"] == "10000"


async def test_a_successor_goes_on_without_losing_or_doubling_a_word(meeting: Meeting) -> None:
    async with meeting.heard(epoch=1):
        await meeting.play(0, 5_000)
        await eventually(lambda: meeting.has_lines(2))
    async with meeting.heard(epoch=2):
        await meeting.play(5_000, 9_000)
        await meeting.end(9_000)
        await eventually(meeting.verdict)
    assert check(await meeting.lines(), 9_000).is_clean


async def test_who_hands_over_commits_what_is_heard_so_far(meeting: Meeting) -> None:
    async with meeting.heard(epoch=1) as session:
        await meeting.play(0, 3_400)
        await eventually(lambda: meeting.has_lines(1))
        meeting.owned.leaving.set()
        await asyncio.wait({session}, timeout=2)
        assert session.done()
        assert session.exception() is None
    assert 2_000 <= int((await meeting.bus.state(meeting.id))["committed:mixed"]) <= 3_400
    assert await meeting.verdict() == ""
    async with meeting.heard(epoch=2):
        await meeting.play(3_400, 6_000)
        await meeting.end(6_000)
        await eventually(meeting.verdict)
    assert check(await meeting.lines(), 6_000).is_clean


class WordyStream(ScriptedStream):
    """Says at its end once more how far it has come, as Deepgram does."""

    async def finish(self) -> None:
        self._conclude(self._end_ms)
        self._put(Heard(words=(), is_final=True, settled_ms=self._end_ms))
        self._put(None)


class WordyEngine(ScriptedEngine):
    async def open(self, spec: StreamSpec) -> WordyStream:
        return WordyStream(spec, self)


@pytest.mark.parametrize("broken_off_ms", range(3_000, 4_000, 100))
async def test_a_word_at_the_edge_of_a_hand_over_is_heard_by_the_successor(
    meeting: Meeting, broken_off_ms: int
) -> None:
    async with meeting.heard(WordyEngine(), epoch=1) as session:
        await meeting.play(0, broken_off_ms)
        await eventually(lambda: meeting.has_lines(1))
        meeting.owned.leaving.set()
        await asyncio.wait({session}, timeout=2)
    async with meeting.heard(WordyEngine(), epoch=2):
        await meeting.play(broken_off_ms, 5_000)
        await meeting.end(5_000)
        await eventually(meeting.verdict)
    assert check(await meeting.lines(), 5_000).is_clean


class SlowStream(ScriptedStream):
    """Takes its time with every chunk."""

    async def send(self, at_ms: int, pcm: bytes) -> None:
        await asyncio.sleep(0.005)
        await super().send(at_ms, pcm)


class SlowEngine(ScriptedEngine):
    async def open(self, spec: StreamSpec) -> SlowStream:
        return SlowStream(spec, self)


async def test_who_hands_over_after_the_end_leaves_the_rest_to_the_successor(meeting: Meeting) -> None:
    """It had not caught up: what it was not given yet is not settled with the rest."""
    await meeting.play(0, 30_000)
    await meeting.end(30_000)
    async with meeting.heard(SlowEngine(), epoch=1) as session:
        await eventually(lambda: meeting.has_lines(2))
        meeting.owned.leaving.set()
        await asyncio.wait({session}, timeout=2)
        assert session.done()
        assert session.exception() is None
    assert int((await meeting.bus.state(meeting.id))["committed:mixed"]) < 20_000
    assert await meeting.verdict() == ""
    async with meeting.heard(epoch=2):
        await eventually(meeting.verdict)
    assert check(await meeting.lines(), 30_000).is_clean


async def test_a_last_commit_that_redis_forgot_is_made_again_before_the_end(meeting: Meeting) -> None:
    """No later commit would show it."""
    async with meeting.heard() as session:
        await meeting.play(0, 6_000)
        await eventually(lambda: meeting.has_lines(3))
        ((last, _),) = await meeting.bus.redis.xrevrange(meeting.keys.timeline, count=1)
        await meeting.bus.redis.xdel(meeting.keys.timeline, last)
        await meeting.bus.redis.hset(meeting.keys.state, "committed:mixed", 4_000)
        await meeting.end(6_000)
        await asyncio.wait({session}, timeout=5)
        assert isinstance(root_of(session.exception()), ForgottenError)
    async with meeting.heard():
        await eventually(meeting.verdict)
    assert check(await meeting.lines(), 6_000).is_clean


async def test_sound_after_a_long_silence_is_heard_also_when_all_of_it_is_heard_late(meeting: Meeting) -> None:
    """A quiet track gives its stream back, which is not the end of it."""
    await meeting.play(0, 2_000, track="200")
    for ms in range(2_000, 20_000, 100):
        await meeting.bus.redis.xadd(meeting.keys.audio("200"), {PCM: bytes(3200)}, id=audio_id(ms))
    await meeting.play(20_000, 22_000, track="200")
    await meeting.end(22_000)
    async with meeting.heard():
        await eventually(meeting.verdict)
    assert check(await meeting.lines(), 22_000, [range(2_000, 20_000)]).is_clean


async def test_chunks_that_reach_it_long_after_the_end_are_waited_for(meeting: Meeting) -> None:
    await meeting.play(0, 300)
    async with meeting.heard():
        owned = meeting.owned
    situation = Situation({})
    situation.note(AudioEnded(id="end", meeting_id=meeting.id, at=1, heard_ms=300))
    audio = TrackAudio(owned, situation, MIXED)
    nothing_yet = Follower(Lane(meeting.bus.redis), meeting.keys.audio(MIXED), b"0", asyncio.Event())
    waiting = asyncio.create_task(audio.comes_more(nothing_yet))
    await asyncio.wait({waiting}, timeout=2 * LAST_CHUNK_S + 0.5)
    assert not waiting.done()
    nothing_yet.offer(entries_of(await meeting.bus.redis.xrange(meeting.keys.audio(MIXED))))
    assert await waiting
    assert not audio.is_over
    for ms, _ in chunks_in(nothing_yet.batch()):
        audio.coverage.take(ms)
    assert not await audio.comes_more(nothing_yet)
    assert audio.is_over


async def test_who_hands_over_a_silent_track_of_ones_own_goes_at_once(meeting: Meeting) -> None:
    async with meeting.heard() as session:
        await meeting.bus.open_track(meeting.id, "200")
        await meeting.bus.redis.xadd(meeting.keys.audio("200"), {PCM: bytes(3200)}, id=audio_id(0))
        await asyncio.sleep(0.3)
        meeting.owned.leaving.set()
        await asyncio.wait({session}, timeout=2)
        assert session.done()


async def test_an_engine_that_breaks_again_and_again_costs_no_word(meeting: Meeting) -> None:
    async with meeting.heard(ScriptedEngine(fail_after_ms=4_500)):
        await meeting.play(0, 12_000)
        await meeting.end(12_000)
        await eventually(meeting.verdict, within_s=30)
    assert check(await meeting.lines(), 12_000).is_clean


async def test_a_hole_in_the_audio_is_told(meeting: Meeting) -> None:
    async with meeting.heard():
        await meeting.play(0, 2_000)
        await meeting.play(3_500, 6_000)
        await meeting.end(6_000)
        await eventually(meeting.verdict)
    (gap,) = [fact for fact in await facts_of(meeting.bus, meeting.id) if isinstance(fact, GapFound)]
    assert (gap.from_ms, gap.to_ms) == (2_000, 3_500)
    assert await meeting.verdict() == "partial"
    assert check(await meeting.lines(), 6_000, [range(2_000, 3_500)]).is_clean


async def test_a_meeting_without_audio_is_lost(meeting: Meeting) -> None:
    async with meeting.heard():
        await meeting.end(0)
        await eventually(meeting.verdict)
    assert await meeting.verdict() == "lost"


async def test_a_meeting_with_sound_but_no_words_is_silent(meeting: Meeting) -> None:
    async with meeting.heard():
        await meeting.bus.open_track(meeting.id, MIXED)
        for ms in range(0, 3_000, 100):
            await meeting.bus.redis.xadd(meeting.keys.audio(MIXED), {PCM: bytes(3200)}, id=audio_id(ms))
        await meeting.end(3_000)
        await eventually(meeting.verdict)
    assert await meeting.verdict() == "silent"


async def test_a_line_has_the_name_of_who_spoke(meeting: Meeting) -> None:
    person = {"meeting_id": meeting.id, "at": 1, "participant_id": "100", "name": "Maya"}
    await meeting.tell(
        ParticipantJoined(id="1", **person),
        SpeakingStarted(id="2", source_ms=0, **person),
        SpeakingStopped(id="3", source_ms=4_000, **person),
    )
    async with meeting.heard():
        await meeting.play(0, 2_000)
        await eventually(lambda: meeting.has_lines(1))
    (line,) = await meeting.lines()
    assert (line.speaker, line.participant_id) == ("Maya", "100")


async def test_a_track_of_ones_own_has_ones_name_for_certain(meeting: Meeting) -> None:
    await meeting.tell(ParticipantJoined(id="1", meeting_id=meeting.id, at=1, participant_id="200", name="Tom"))
    async with meeting.heard():
        await meeting.play(0, 2_000, track="200")
        await eventually(lambda: meeting.has_lines(1))
    (line,) = await meeting.lines()
    assert (line.speaker, line.id) == ("Tom", "200-0")


async def test_two_tracks_are_heard_side_by_side_and_a_shorter_one_does_not_hold_up_the_end(meeting: Meeting) -> None:
    async with meeting.heard():
        await meeting.play(0, 2_000, track="200")
        await meeting.play(0, 4_000, track="300")
        await meeting.end(4_000)
        await eventually(meeting.verdict)
    assert sorted(line.track for line in await meeting.lines()) == ["200", "300", "300"]


async def test_an_owner_that_was_replaced_stops_and_commits_nothing(meeting: Meeting) -> None:
    async with meeting.heard(epoch=1) as session:
        await meeting.bus.redis.hset(ShardKeys(SHARD).own("transcriber"), "epoch", 2)
        await meeting.play(0, 3_000)
        await asyncio.wait({session}, timeout=5)
        assert isinstance(root_of(session.exception()), FencedError)
    assert await meeting.lines() == []


async def test_captions_go_to_the_live_stream_only(meeting: Meeting) -> None:
    async with meeting.heard():
        await meeting.play(0, 1_000)
        await eventually(lambda: meeting.bus.redis.exists(meeting.keys.live))
    assert await meeting.lines() == []


async def test_a_completed_meeting_is_not_heard_again(meeting: Meeting) -> None:
    async with meeting.heard(epoch=1):
        await meeting.play(0, 2_000)
        await meeting.end(2_000)
        await eventually(meeting.verdict)
    before = await facts_of(meeting.bus, meeting.id)
    async with meeting.heard(epoch=2) as session:
        await asyncio.wait({session}, timeout=5)
        assert session.done()
    assert await facts_of(meeting.bus, meeting.id) == before
