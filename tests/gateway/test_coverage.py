"""The ledger adds up, and the sentence says what it says."""

import pytest

from gateway.coverage import coverage_of, duration, lag_s_of, sentence_of, tracks_of
from shared.events import GapFound, ParticipantJoined, TranscriptCompleted
from shared.view import MeetingView

ABOUT = {"meeting_id": "m", "at": 1}


def view(*gaps: tuple[str, int, int], verdict: str = "") -> MeetingView:
    made = MeetingView()
    made.apply(ParticipantJoined(id="ada", participant_id="100", name="Ada", **ABOUT))
    for track, from_ms, to_ms in gaps:
        told = {"track": track, "from_ms": from_ms, "to_ms": to_ms, "cause": "lost"}
        made.apply(GapFound(id=f"{track}{from_ms}{to_ms}", **told, **ABOUT))
    if verdict:
        made.apply(TranscriptCompleted(id="done", verdict=verdict, heard_ms=1, missing_ms=0, lines=1, **ABOUT))
    return made


class TestTracks:
    def test_what_is_missing_was_not_received_and_not_committed(self):
        state = {"received:mixed": "10000", "sent:mixed": "7000", "returned:mixed": "6500", "committed:mixed": "9000"}
        (track,) = tracks_of(state, view(("mixed", 2000, 4000)))
        assert (track.received_s, track.sent_s, track.returned_s, track.committed_s) == (8.0, 7.0, 6.5, 7.0)
        assert (track.missing_s, track.gaps[0].from_s, track.gaps[0].to_s) == (2.0, 2.0, 4.0)

    def test_participant_is_named_and_the_mixed_track_is_nobodys(self):
        tracks = tracks_of({"received:100": "1000", "received:mixed": "1000"}, view())
        assert {track.track: track.participant for track in tracks} == {"100": "Ada", "mixed": None}

    def test_track_nothing_is_committed_of_has_zero(self):
        (track,) = tracks_of({"committed:mixed": "-1"}, view())
        assert (track.received_s, track.committed_s) == (0.0, 0.0)

    def test_audio_that_came_since_it_was_last_told_counts_as_received(self):
        by_commit = tracks_of({"received:mixed": "9000", "committed:mixed": "9700"}, view())
        by_sending = tracks_of({"received:mixed": "9000", "sent:mixed": "9800"}, view())
        assert [track.received_s for track in (*by_commit, *by_sending)] == [9.7, 9.8]

    def test_gap_that_is_told_twice_in_part_is_missing_once(self):
        (track,) = tracks_of({"received:mixed": "10000"}, view(("mixed", 1000, 3000), ("mixed", 2000, 4000)))
        assert (track.missing_s, track.received_s) == (3.0, 7.0)

    def test_end_that_never_came_takes_nothing_from_what_did(self):
        (track,) = tracks_of({"received:mixed": "10000"}, view(("mixed", 10_000, 15_000)))
        assert (track.received_s, track.missing_s) == (10.0, 5.0)

    def test_slowest_track_makes_the_lag(self):
        state = {"received:a": "5000", "received:b": "9000", "committed:a": "1000", "committed:b": "8500"}
        assert lag_s_of(tracks_of(state, view())) == 4.0

    def test_gap_not_yet_committed_past_is_no_lag(self):
        state = {"received:a": "9000", "committed:a": "3000"}
        assert lag_s_of(tracks_of(state, view(("a", 4000, 6000)))) == 4.0

    def test_meeting_without_audio_has_no_tracks_and_no_lag(self):
        assert tracks_of({}, view()) == []
        assert lag_s_of([]) == 0.0


class TestWhole:
    def whole(self, state, *gaps: tuple[str, int, int], verdict: str = ""):
        seen = view(*gaps, verdict=verdict)
        return coverage_of(tracks_of(state, seen), seen)

    def test_longest_track_is_what_was_heard_and_all_gaps_are_missing(self):
        state = {"received:100": "5000", "received:200": "9000"}
        whole = self.whole(state, ("100", 0, 1000), ("200", 0, 500), verdict="partial")
        assert (whole.heard_s, whole.missing_s, whole.gaps, whole.verdict) == (8.5, 1.5, 2, "partial")
        assert whole.summary == "Partial: 8.5 s heard, 1.5 s are missing (marked in the transcript)."

    def test_meeting_under_way_has_no_verdict(self):
        whole = self.whole({"received:mixed": "3000"})
        assert (whole.verdict, whole.summary) == (None, "So far: 3 s heard, nothing missing.")


@pytest.mark.parametrize(
    ("figures", "verdict", "is_over", "sentence"),
    [
        ((200.0, 0.0), "complete", True, "Complete: 3 min 20 s heard, nothing missing."),
        (
            (200.0, 4.2),
            "partial",
            True,
            "Partial: 3 min 20 s heard, 4.2 s are missing (marked in the transcript).",
        ),
        ((200.0, 0.0), "silent", True, "Silent: 3 min 20 s heard, nobody spoke, nothing missing."),
        ((0.0, 0.0), "lost", True, "Lost: no sound of this meeting ever came."),
        ((0.0, 0.0), None, True, "Lost: no sound of this meeting ever came."),
        ((0.0, 0.0), None, False, "So far: nothing heard yet."),
        ((5.0, 0.0), None, True, "So far: 5 s heard, nothing missing."),
    ],
)
def test_sentence_says_how_complete_it_is(figures, verdict, is_over, sentence):
    assert sentence_of(*figures, verdict, is_over=is_over) == sentence


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.04, "0 s"), (4.25, "4.2 s"), (59.0, "59 s"), (60, "1 min 0 s"), (3599.6, "1 h 0 min"), (3900, "1 h 5 min")],
)
def test_duration_is_said_as_people_do(seconds, said):
    assert duration(seconds) == said
