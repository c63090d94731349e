import pytest
from meetings_played import recording

from rehearsal.recall.frames import Person
from rehearsal.recall.options import Faults
from rehearsal.recall.people import Cue, Track, cues_of, people_of, spans_of, tracks_of
from rehearsal.recordings import Segment


def test_people_are_numbered_by_hundreds_and_the_first_is_the_host() -> None:
    assert people_of(recording(), Faults()) == [Person(id=100, name="Maya", is_host=True), Person(id=200, name="Tom")]


def test_people_can_have_no_name_or_come_by_phone() -> None:
    maya, tom = people_of(recording(), Faults(nameless=frozenset({200}), phoned_in=frozenset({100, 200})))
    assert (maya.name, maya.platform, tom.name, tom.platform) == ("Maya", "dial-in", None, "dial-in")


def test_without_a_recording_there_is_nobody() -> None:
    assert (people_of(None, Faults()), cues_of(None), tracks_of(None)) == ([], [], {})


def test_cues_are_in_order_of_time() -> None:
    both = recording(600, (Segment("Maya", 0.2, 0.5), Segment("Tom", 0.1, 0.3)))
    assert cues_of(both) == [
        Cue(100, "speech_on", 200),
        Cue(200, "speech_on", 100),
        Cue(300, "speech_off", 200),
        Cue(500, "speech_off", 100),
    ]


@pytest.mark.parametrize(
    ("segments", "maya", "tom"),
    [
        pytest.param([("Maya", 0.1, 0.3)], [(0, 600)], [], id="alone"),
        pytest.param([("Maya", 0.1, 0.2), ("Tom", 0.4, 0.5)], [(0, 300)], [(300, 600)], id="a pause is halved"),
        pytest.param([("Maya", 0.0, 0.3), ("Tom", 0.3, 0.6)], [(0, 300)], [(300, 600)], id="no pause"),
        pytest.param([("Maya", 0.0, 0.4), ("Tom", 0.2, 0.6)], [(0, 400)], [(200, 600)], id="both at once"),
        pytest.param([("Maya", 0.0, 0.6), ("Tom", 0.2, 0.4)], [(0, 600)], [(200, 400)], id="one within the other"),
    ],
)
def test_everybody_has_the_sound_of_their_segments(segments, maya, tom) -> None:
    played = recording(600, tuple(Segment(*segment) for segment in segments))
    spans = {name: [(a // 32, b // 32) for a, b in found] for name, found in spans_of(played).items()}
    assert (spans["Maya"], spans.get("Tom", [])) == (maya, tom)


def test_a_track_is_cut_anywhere_and_is_zeros_between_its_spans_and_behind_the_end() -> None:
    pcm = bytes(range(1, 101))
    track = Track([(10, 20), (15, 30), (90, 120)])
    pieces = [track.cut(pcm, begin, begin + 7) for begin in range(0, 119, 7)]
    assert b"".join(pieces)[:119] == bytes(10) + pcm[10:30] + bytes(60) + pcm[90:] + bytes(19)


def test_a_track_knows_where_it_is_silent() -> None:
    track = Track([(10, 20)])
    assert [track.is_silent(*span) for span in ((0, 10), (9, 11), (19, 30), (20, 30))] == [True, False, False, True]
