"""What events change in the index of a meeting."""

from gateway.search.index import Changes, Index, Said, place_in, told_place
from shared.events import Line, LineHeard, SpeakerCorrected


def heard(line_id: str, text: str, speaker: str = "Speaker 1") -> LineHeard:
    line = Line(id=line_id, track="mixed", speaker=speaker, start_ms=1200, end_ms=2000, text=text)
    return LineHeard(id=f"h-{line_id}", meeting_id="m", at=1, line=line)


def corrected(line_id: str, speaker: str) -> SpeakerCorrected:
    return SpeakerCorrected(id=f"c-{line_id}-{speaker}", meeting_id="m", at=1, line_id=line_id, speaker=speaker)


def changes_of(*events, index: Index | None = None) -> Changes:
    changes, index = Changes(), index or Index()
    for n, event in enumerate(events):
        index.apply(event, f"{n + 1}-0", changes)
    return changes


def test_a_line_is_found_by_its_words_and_by_its_speaker() -> None:
    changes = changes_of(heard("a", "Ship it, Zoë"))
    assert set(changes.added) == {"ship\0a", "it\0a", "zoe\0a", "@speaker\0a", "@1\0a"}
    assert changes.said == {"a": Said("1-0", 1200, "Speaker 1")}


def test_a_corrected_speaker_takes_the_place_of_the_one_before() -> None:
    index = Index()
    changes_of(heard("a", "Ship"), index=index)
    changes = changes_of(corrected("a", "Zoë Moe"), index=index)
    assert set(changes.added) == {"@zoe\0a", "@moe\0a"}
    assert set(changes.removed) == {"@speaker\0a", "@1\0a"}
    assert changes.said["a"].speaker == "Zoë Moe"


def test_both_at_once_leave_only_the_last() -> None:
    changes = changes_of(heard("a", "Ship"), corrected("a", "Ann 1"))
    assert "@1\0a" in changes.added
    assert "@speaker\0a" not in changes.added
    assert not set(changes.added) & set(changes.removed)


def test_the_same_events_again_change_nothing_more() -> None:
    events = (heard("a", "Ship"), corrected("a", "Ann"))
    assert set(changes_of(*events).added) == set(changes_of(*events, *events).added)


def test_correction_of_a_line_nobody_knows_is_passed_over() -> None:
    assert changes_of(corrected("x", "Ann")) == Changes()


def test_an_index_of_another_form_is_made_anew() -> None:
    assert place_in(told_place("17-3")) == "17-3"
    assert place_in("0:17-3") == place_in("") == "0-0"
