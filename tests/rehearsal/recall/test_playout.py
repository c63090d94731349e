import asyncio
import time

from meetings_played import recording

from rehearsal.recall.frames import Person
from rehearsal.recall.incidents import Chats, Incident, Leaves, Renames
from rehearsal.recall.options import Faults, Options
from rehearsal.recall.playout import Playout
from rehearsal.recordings import Recording, Segment
from shared.numbered_pcm import encode


class Notes:
    """A Listener that writes everything down."""

    def __init__(self) -> None:
        self.frames: list[tuple[float, bytes]] = []
        self.events: list[tuple[str, str | None, float]] = []
        self.cuts_at: list[int] = []
        self.own: dict[str | None, bytes] = {}

    def on_audio(self, pcm: bytes, source_ms: float) -> None:
        self.frames.append((source_ms, pcm))

    def on_own_audio(self, person: Person, pcm: bytes, source_ms: float) -> None:
        self.own[person.name] = self.own.get(person.name, b"")[: round(source_ms * 32)] + pcm

    def on_person(self, kind: str, person: Person, source_ms: float, detail: dict[str, str] | None = None) -> None:
        self.events.append((kind, person.name, source_ms))

    def on_incident(self, incident: Incident) -> None:
        self.cuts_at.append(len(self.frames))

    @property
    def pcm(self) -> bytes:
        return b"".join(pcm for _, pcm in self.frames)


async def played(
    meeting: Recording | None, speed: float = 50.0, faults: Faults | None = None, **options: object
) -> tuple[Notes, Playout]:
    notes = Notes()
    playout = Playout(meeting, speed, Options(**{"tail_s": 0.0, **options}), faults or Faults())
    await playout.run(notes)
    return notes, playout


async def test_every_sample_of_the_recording_is_sent_in_frames_of_20_ms() -> None:
    notes, playout = await played(recording(600))
    assert notes.pcm == recording(600).pcm
    assert [source_ms for source_ms, _ in notes.frames] == [20 * n for n in range(30)]
    assert playout.finished.is_set()


async def test_frames_have_the_length_that_is_asked_for() -> None:
    notes, _ = await played(recording(600), frame_ms=100)
    assert [len(pcm) for _, pcm in notes.frames] == [3200] * 6


async def test_the_last_frame_is_filled_with_silence() -> None:
    notes, _ = await played(recording(620), frame_ms=100)
    assert len(notes.frames) == 7
    assert notes.pcm == recording(620).pcm + bytes(80 * 32)


async def test_people_join_first_and_speak_at_their_times() -> None:
    notes, _ = await played(recording(600))
    assert notes.events == [
        ("join", "Maya", 0),
        ("join", "Tom", 0),
        ("speech_on", "Maya", 100),
        ("speech_off", "Maya", 300),
        ("speech_on", "Tom", 350),
        ("speech_off", "Tom", 500),
    ]


async def test_the_first_person_is_the_host_and_people_are_numbered_by_hundreds() -> None:
    playout = Playout(recording(), 1, Options(), Faults())
    assert [(person.id, person.is_host) for person in playout.people] == [(100, True), (200, False)]


async def test_a_recording_plays_in_real_time_or_as_many_times_faster() -> None:
    started = time.monotonic()
    await played(recording(1200), speed=6)
    assert 0.19 < time.monotonic() - started < 1.1


async def test_after_the_recording_comes_silence_in_real_time() -> None:
    started = time.monotonic()
    notes, _ = await played(recording(600), speed=100, tail_s=0.2)
    assert notes.pcm == recording(600).pcm + bytes(200 * 32)
    assert time.monotonic() - started > 0.15


async def test_without_a_recording_the_meeting_is_silent() -> None:
    notes, _ = await played(None, tail_s=0.1)
    assert notes.pcm == bytes(100 * 32)


async def test_it_tells_when_each_moment_was_sent() -> None:
    before = time.time() * 1000
    _, playout = await played(recording(600), speed=5)
    assert playout.sent_at(600) is None
    first, last = playout.sent_at(0), playout.sent_at(599)
    assert first is not None
    assert last is not None
    assert before <= first < last <= time.time() * 1000
    assert playout.sent_at(19) == first
    assert playout.sent_at(20) != first
    assert last - first >= 100


async def test_a_segment_after_the_end_is_told_in_the_silence() -> None:
    notes, _ = await played(recording(100, (Segment("Maya", 0.05, 0.2),)), tail_s=0.2)
    assert ("speech_off", "Maya", 200) in notes.events


async def test_duplicate_frames_can_be_switched_on() -> None:
    notes, _ = await played(recording(600), faults=Faults(duplicate_every=10))
    times = [source_ms for source_ms, _ in notes.frames]
    assert len(times) == 33
    assert times.count(180) == times.count(380) == times.count(580) == 2


async def test_odd_sizes_can_be_switched_on_and_lose_nothing() -> None:
    notes, _ = await played(recording(600), faults=Faults(odd_sizes=True))
    assert {len(pcm) for _, pcm in notes.frames} == {641, 639}
    assert notes.pcm == recording(600).pcm


async def test_sockets_are_cut_at_the_given_time() -> None:
    notes, _ = await played(recording(600), faults=Faults(cut_at_ms=[100, 300]))
    assert notes.cuts_at == [5, 15]


async def test_jitter_delays_frames_but_not_the_meeting() -> None:
    started = time.monotonic()
    notes, _ = await played(recording(2000), speed=4, faults=Faults(jitter_ms=40, seed=7))
    assert notes.pcm == encode(1, 0, 100)
    assert time.monotonic() - started < 1.5  # 0.5 s, and 2 s more if delays added up


async def test_a_playout_can_be_stopped_at_any_time() -> None:
    playing = asyncio.create_task(Playout(None, 1, Options(), Faults()).run(Notes()))
    await asyncio.sleep(0)
    playing.cancel()
    assert isinstance((await asyncio.gather(playing, return_exceptions=True))[0], asyncio.CancelledError)


async def test_everybody_has_a_track_of_what_they_say() -> None:
    segments = [Segment("Ada", 0.1, 0.2), Segment("Ben", 0.3, 0.4), Segment("Ada", 0.4, 0.5)]
    notes, _ = await played(recording(600, segments), speed=200.0)
    pcm = recording(600).pcm
    cut, back = 250 * 32, 400 * 32
    assert notes.own["Ada"] == pcm[:cut] + bytes(back - cut) + pcm[back:]
    assert notes.own["Ben"] == bytes(cut) + pcm[cut:back] + bytes(len(pcm) - back)


async def test_frames_can_be_of_uneven_length_and_lose_nothing() -> None:
    notes, playout = await played(recording(600), frame_ms=10, faults=Faults(uneven_ms=190, seed=3))
    lengths = {len(pcm) // 32 for _, pcm in notes.frames}
    assert len(lengths) > 2
    assert 10 <= min(lengths) <= max(lengths) <= 200
    assert notes.pcm[: len(recording(600).pcm)] == recording(600).pcm
    assert [source_ms for source_ms, _ in notes.frames][1:] == [
        sum(len(pcm) // 32 for _, pcm in notes.frames[: n + 1]) for n in range(len(notes.frames) - 1)
    ]
    assert playout.sent_at(599) is not None


async def test_somebody_who_leaves_says_no_more() -> None:
    notes, playout = await played(recording(600), faults=Faults(incidents=[Leaves(at_ms=310, participant_id=200)]))
    assert [event[:2] for event in notes.events][2:] == [
        ("speech_on", "Maya"),
        ("speech_off", "Maya"),
        ("leave", "Tom"),
    ]
    assert [person.name for person in playout.people] == ["Maya"]
    assert len(notes.own["Tom"]) == 300 * 32


async def test_every_bot_meets_with_the_same_incidents() -> None:
    faults = Faults(incidents=[Renames(at_ms=100, participant_id=100, name=None)])
    for _ in range(2):
        notes, _ = await played(recording(600), faults=faults)
        assert notes.events.count(("update", None, 100)) == 1


async def test_an_incident_about_nobody_is_none() -> None:
    nobody = [Renames(at_ms=0, participant_id=7, name="x"), Chats(at_ms=0, participant_id=7, text="x")]
    notes, _ = await played(recording(600), faults=Faults(incidents=[*nobody, Leaves(at_ms=0, participant_id=7)]))
    assert not {event[0] for event in notes.events} & {"update", "chat_message", "leave"}
