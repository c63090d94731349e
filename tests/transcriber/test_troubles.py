"""What makes words late or missing is told and passes; a silent participant costs no engine stream."""

import array
import asyncio

from heard_meetings import Meeting
from support import eventually, facts_of

from rehearsal.ledger import check
from shared.errors import Category, TranscriptionError
from shared.events import (
    AudioEnded,
    Event,
    GapFound,
    HearingRecovered,
    HearingTroubled,
    MeetingStateChanged,
    SpeakerCorrected,
    SpeakingStarted,
    SpeakingStopped,
)
from shared.streams import MIXED, PCM, audio_id
from transcriber.adapters.scripted import ScriptedEngine, ScriptedStream
from transcriber.ports import StreamSpec

NOISE = array.array("h", [900, -900] * 800).tobytes()


class CountingEngine(ScriptedEngine):
    """Notes its streams; refuses the first few."""

    def __init__(self, *refusals: TranscriptionError) -> None:
        super().__init__()
        self.specs: list[StreamSpec] = []
        self._refusals = list(refusals)

    async def open(self, spec: StreamSpec) -> ScriptedStream:
        if self._refusals:
            raise self._refusals.pop(0)
        self.specs.append(spec)
        return await super().open(spec)


async def silence(meeting: Meeting, from_ms: int, to_ms: int, track: str = MIXED, pcm: bytes = bytes(3200)) -> None:
    await meeting.open(track)
    for ms in range(from_ms, to_ms, 100):
        await meeting.bus.redis.xadd(meeting.keys.audio(track), {PCM: pcm}, id=audio_id(ms))


async def of(meeting: Meeting, kind: type[Event]) -> list[Event]:
    return [fact for fact in await facts_of(meeting.bus, meeting.id) if isinstance(fact, kind)]


async def is_committed(meeting: Meeting, track: str, at_ms: int) -> bool:
    return int((await meeting.bus.state(meeting.id)).get(f"committed:{track}", "-1")) >= at_ms


async def test_who_is_silent_costs_no_stream_and_loses_no_first_syllable(meeting: Meeting) -> None:
    engine = CountingEngine()
    async with meeting.heard(engine):
        await silence(meeting, 0, 30_000, "200")
        await eventually(lambda: is_committed(meeting, "200", 20_000))
        assert engine.specs == []
        await meeting.play(30_000, 34_000, "200")
        await meeting.end(34_000)
        await eventually(meeting.verdict)
    assert [spec.start_ms for spec in engine.specs] == [29_600]
    assert check(await meeting.lines(), 34_000, [range(30_000)]).is_clean
    assert await meeting.verdict() == "complete"


async def test_who_falls_silent_gives_the_stream_back_and_gets_another(meeting: Meeting) -> None:
    engine = CountingEngine()
    async with meeting.heard(engine):
        await meeting.play(0, 2_000, "200")
        await silence(meeting, 2_000, 40_000, "200")
        await eventually(lambda: is_committed(meeting, "200", 30_000))
        await meeting.play(40_000, 42_000, "200")
        await meeting.end(42_000)
        await eventually(meeting.verdict)
    assert len(engine.specs) == 2
    assert check(await meeting.lines(), 42_000, [range(2_000, 40_000)]).is_clean


async def test_a_mixed_track_is_told_to_tell_voices_apart_and_ones_own_is_not(meeting: Meeting) -> None:
    engine = CountingEngine()
    async with meeting.heard(engine):
        await meeting.play(0, 500)
        await meeting.play(0, 500, "200")
        await eventually(lambda: len(engine.specs) == 2)
    assert {spec.track: spec.has_many_voices for spec in engine.specs} == {MIXED: True, "200": False}


async def test_waiting_for_a_slot_is_told_and_costs_no_word(meeting: Meeting) -> None:
    full = TranscriptionError("all slots are in use", category=Category.RATE_LIMIT, retry_after_s=0.1)
    async with meeting.heard(CountingEngine(full, full, full)):
        await meeting.play(0, 4_000)
        await meeting.end(4_000)
        await eventually(meeting.verdict)
    assert [fact.trouble for fact in await of(meeting, HearingTroubled)] == ["waiting_for_transcription_slot"]
    assert [fact.trouble for fact in await of(meeting, HearingRecovered)] == ["waiting_for_transcription_slot"]
    assert check(await meeting.lines(), 4_000).is_clean


async def test_a_wrong_key_is_told_at_once_and_right_away_when_it_is_right(meeting: Meeting) -> None:
    wrong = TranscriptionError("check DEEPGRAM_API_KEY", category=Category.AUTHENTICATION)
    async with meeting.heard(CountingEngine(wrong)):
        await meeting.play(0, 2_000)
        await eventually(lambda: of(meeting, HearingRecovered))
    (told,) = await of(meeting, HearingTroubled)
    assert "DEEPGRAM_API_KEY" in told.explanation


async def test_sound_without_words_is_told(meeting: Meeting) -> None:
    async with meeting.heard():
        await silence(meeting, 0, 45_000, pcm=NOISE)
        await meeting.bus.redis.hset(meeting.keys.state, "received:mixed", 45_000)
        await eventually(lambda: of(meeting, HearingTroubled))
    (told,) = await of(meeting, HearingTroubled)
    assert told.trouble == "sound_without_words"


async def test_words_that_come_late_are_told(meeting: Meeting) -> None:
    async with meeting.heard(ScriptedEngine(latency_s=60)):
        await meeting.play(0, 15_000)
        await meeting.bus.redis.hset(meeting.keys.state, "received:mixed", 15_000)
        await eventually(lambda: of(meeting, HearingTroubled))
        assert meeting.owned.backlog.age_s() >= 15
    assert {told.trouble for told in await of(meeting, HearingTroubled)} == {"transcription_late"}
    assert meeting.owned.backlog.age_s() == 0


async def test_a_successor_does_not_take_what_it_has_not_heard_for_late(meeting: Meeting) -> None:
    async with meeting.heard(epoch=1):
        await meeting.play(0, 16_000)
        await meeting.bus.redis.hset(meeting.keys.state, "received:mixed", 16_000)
        await eventually(lambda: is_committed(meeting, MIXED, 16_000))
    async with meeting.heard(ScriptedEngine(latency_s=60), epoch=2):
        await asyncio.sleep(2.5)
    assert await of(meeting, HearingTroubled) == []


async def test_the_ledger_counts_what_was_sent_and_what_came_back(meeting: Meeting) -> None:
    async with meeting.heard():
        await meeting.play(0, 2_000)
        await meeting.play(3_500, 6_000)
        await eventually(lambda: is_committed(meeting, MIXED, 6_000))
        await asyncio.sleep(2.5)
    state = await meeting.bus.state(meeting.id)
    assert (state["sent:mixed"], state["returned:mixed"]) == ("4500", "4500")


async def test_an_end_that_never_came_is_a_gap(meeting: Meeting) -> None:
    async with meeting.heard():
        await meeting.play(0, 2_000)
        ended = AudioEnded(id="end", meeting_id=meeting.id, at=1, heard_ms=2_000, expected_ms=62_000)
        await meeting.tell(ended)
        await eventually(meeting.verdict)
    (gap,) = await of(meeting, GapFound)
    assert (gap.from_ms, gap.to_ms) == (2_000, 62_000)
    assert await meeting.verdict() == "partial"


async def test_a_pause_of_the_recording_is_told_as_one(meeting: Meeting) -> None:
    await meeting.bus.redis.hset(meeting.keys.state, "origin", 1_000_000)
    changes = [("in_call", 1_002_000), ("listening", 1_005_000)]
    for n, (status, at_ms) in enumerate(changes):
        await meeting.tell(
            MeetingStateChanged(id=f"s{n}", meeting_id=meeting.id, at=1, status=status, reported_at_ms=at_ms)
        )
    async with meeting.heard():
        await meeting.play(0, 2_000)
        await meeting.play(5_000, 6_000)
        await eventually(lambda: of(meeting, GapFound))
    (gap,) = await of(meeting, GapFound)
    assert gap.cause == "the recording was paused"


async def test_a_hole_in_what_somebody_said_on_a_track_of_their_own_is_told(meeting: Meeting) -> None:
    person = {"meeting_id": meeting.id, "at": 1, "participant_id": "200", "name": "Tom"}
    await meeting.tell(
        SpeakingStarted(id="1", source_ms=0, **person), SpeakingStopped(id="2", source_ms=6_000, **person)
    )
    async with meeting.heard():
        await meeting.play(0, 2_000, "200")
        await meeting.play(4_000, 6_000, "200")
        await meeting.play(9_000, 11_000, "200")
        await meeting.end(11_000)
        await eventually(meeting.verdict)
    assert [(gap.from_ms, gap.to_ms) for gap in await of(meeting, GapFound)] == [(2_000, 4_000)]


async def test_who_spoke_is_corrected_when_the_platform_tells_late(meeting: Meeting) -> None:
    person = {"meeting_id": meeting.id, "at": 1, "participant_id": "100", "name": "Maya"}
    async with meeting.heard():
        await meeting.play(0, 2_000)
        await eventually(lambda: meeting.has_lines(1))
        await meeting.tell(
            SpeakingStarted(id="1", source_ms=0, **person), SpeakingStopped(id="2", source_ms=2_000, **person)
        )
        await meeting.play(2_000, 6_000)
        await meeting.end(6_000)
        await eventually(meeting.verdict)
    first, *_ = await meeting.lines()
    corrected = {fact.line_id: fact.speaker for fact in await of(meeting, SpeakerCorrected)}
    assert first.speaker == "Speaker 1"
    assert corrected[first.id] == "Maya"
