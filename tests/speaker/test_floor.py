from shared.events import CaptionChanged, Line, LineHeard, SpeakingStarted, SpeakingStopped
from speaker.floor import OPEN_MS, STALE_MS, UNCONFIRMED_MS, VOICE_ALONE_MS, WORDLESS_MS, Floor

NOW = 1_000_000
PAUSE = 300
SAID = "The release moves to Tuesday."


def began(at: int, who: str = "Ann") -> SpeakingStarted:
    return SpeakingStarted(id=f"b{at}{who}", meeting_id="m", at=at, participant_id=who, name=who, source_ms=0)


def stopped(at: int, who: str = "Ann") -> SpeakingStopped:
    return SpeakingStopped(id=f"e{at}{who}", meeting_id="m", at=at, participant_id=who, name=who, source_ms=0)


def caption(text: str, at: int, lasting_ms: int = 1_000, speaker: str = "Ann") -> CaptionChanged:
    times = {"start_ms": at - NOW + 10_000 - lasting_ms, "end_ms": at - NOW + 10_000}
    return CaptionChanged(id=f"c{at}", meeting_id="m", at=at, track="mixed", speaker=speaker, text=text, **times)


def line(text: str, ended_at: int, lasting_ms: int = 1_000, late_ms: int = 0) -> LineHeard:
    times = {"start_ms": ended_at - NOW + 10_000 - lasting_ms, "end_ms": ended_at - NOW + 10_000}
    heard = Line(id=f"l{ended_at}", track="mixed", speaker="Ann", text=text, **times)
    return LineHeard(id=heard.id, meeting_id="m", at=ended_at + late_ms, line=heard, final_after_ms=late_ms)


def floor_after(*facts) -> Floor:
    floor = Floor()
    for fact in facts:
        floor.hear(fact)
    return floor


def test_where_nobody_has_talked_it_is_free() -> None:
    assert Floor().free_at(NOW, PAUSE) <= NOW


def test_it_is_free_a_pause_after_the_last_voice() -> None:
    assert floor_after(began(NOW - 2_000), stopped(NOW)).free_at(NOW, PAUSE) == NOW + PAUSE


def test_it_is_not_free_while_somebody_talks() -> None:
    assert floor_after(began(NOW)).free_at(NOW + 1_000, PAUSE) > NOW + 1_000


def test_one_who_stops_leaves_it_to_the_other_who_talks() -> None:
    floor = floor_after(began(NOW), began(NOW + 100, "Tom"), stopped(NOW + 500))
    assert floor.free_at(NOW + 600, PAUSE) > NOW + 600


def test_a_voice_of_which_no_word_comes_is_forgotten() -> None:
    floor = floor_after(began(NOW))
    assert floor.free_at(NOW + 1, PAUSE) == NOW + STALE_MS
    assert floor.free_at(NOW + STALE_MS, PAUSE) <= NOW + STALE_MS


def test_the_assistants_own_voice_takes_nothing() -> None:
    floor = floor_after(began(NOW, "Chime"), caption("hello", NOW, speaker="Chime"))
    assert floor.free_at(NOW, PAUSE) <= NOW


def test_a_question_whose_end_is_past_is_not_waited_for() -> None:
    assert floor_after(line("When?", NOW - 900, late_ms=900)).free_at(NOW, PAUSE) <= NOW


def test_without_voices_an_utterance_that_is_not_final_takes_it() -> None:
    floor = floor_after(caption("so I think", NOW))
    assert floor.free_at(NOW + 1, PAUSE) == NOW + OPEN_MS
    floor.hear(line("So I think so.", NOW + 500))
    assert floor.free_at(NOW + 600, PAUSE) == NOW + 500 + PAUSE


def test_where_voices_are_told_words_that_are_not_final_do_not() -> None:
    floor = floor_after(began(NOW - 2_000), caption("so I think", NOW), stopped(NOW))
    assert floor.free_at(NOW, PAUSE) == NOW + PAUSE


# -- while the assistant speaks, from NOW on ---------------------------------------------------------------------------


def speaking(*facts) -> Floor:
    floor = floor_after(line("When is the release?", NOW - 1_000))
    floor.begin(NOW, SAID)
    for fact in facts:
        floor.hear(fact)
    return floor


def test_words_that_mean_it_talk_over_it_at_once() -> None:
    assert speaking(caption("no wait that is wrong", NOW + 1_000)).is_talked_over(NOW + 1_000)


def test_mhm_does_not() -> None:
    assert not speaking(caption("mhm", NOW + 800, 300)).is_talked_over(NOW + 800)


def test_its_own_echo_does_not() -> None:
    assert not speaking(caption("The release moves to Tuesday", NOW + 1_200)).is_talked_over(NOW + 1_200)


def test_what_was_said_before_it_began_does_not() -> None:
    assert not speaking(caption("and I told him so", NOW + 100, 2_000)).is_talked_over(NOW + 100)


def test_a_voice_alone_does_when_it_lasts() -> None:
    floor = speaking(began(NOW + 500))
    assert not floor.is_talked_over(NOW + 500 + VOICE_ALONE_MS - 1)
    assert floor.voice_confirms_at(NOW + 600) == NOW + 500 + VOICE_ALONE_MS
    assert floor.is_talked_over(NOW + 500 + VOICE_ALONE_MS)


def test_a_cough_does_not() -> None:
    floor = speaking(began(NOW + 500), stopped(NOW + 700))
    assert not floor.is_talked_over(NOW + 5_000)


def test_a_final_line_confirms_it() -> None:
    floor = speaking(line("No, that is wrong.", NOW + 1_500))
    assert floor.overlap is not None
    assert floor.overlap.is_confirmed


def test_a_noise_was_nothing_when_no_word_has_come() -> None:
    floor = speaking(began(NOW + 500), stopped(NOW + 1_500))
    assert floor.was_nothing_at(NOW + 1_600) == NOW + 1_500 + WORDLESS_MS


def test_words_that_no_final_line_confirms_were_none() -> None:
    floor = speaking(caption("thank you very much", NOW + 1_000))
    assert floor.was_nothing_at(NOW + 1_100) == NOW + 1_000 + UNCONFIRMED_MS
    floor.hear(line("Mhm.", NOW + 1_000))
    assert floor.was_nothing_at(NOW + 1_200) == NOW + 1_200


def test_while_a_voice_lasts_nobody_can_tell() -> None:
    assert speaking(began(NOW + 500)).was_nothing_at(NOW + 2_000) is None
