"""Where utterances begin and end."""

from collections.abc import Iterable

from hypothesis import given, settings
from hypothesis import strategies as st

from transcriber.endpointing import FRAME_MS, SETTLE_LAG_MS, Closed, Decision, Endpointer, Grown, Settled, Utterance

VOICE, SILENCE = 0.95, 0.02
Part = tuple[float, int]


def talk(*parts: Part) -> list[float]:
    """The probability of each frame: `(VOICE, 10)` is ten frames of voice."""
    return [probability for probability, count in parts for _ in range(count)]


def hear(endpointer: Endpointer, probabilities: Iterable[float], start_ms: int = 0) -> list[Decision]:
    return [
        decision
        for index, probability in enumerate(probabilities)
        for decision in endpointer.hear(start_ms + index * FRAME_MS, probability)
    ]


def closed(decisions: Iterable[Decision]) -> list[Utterance]:
    return [decision.utterance for decision in decisions if isinstance(decision, Closed)]


def voices(decisions: Iterable[Decision]) -> list[tuple[int, int]]:
    return [(utterance.voice_start_ms, utterance.voice_end_ms) for utterance in closed(decisions)]


def test_silence_of_300_ms_ends_an_utterance() -> None:
    decisions = hear(Endpointer(0), talk((SILENCE, 10), (VOICE, 20), (SILENCE, 10)))
    assert closed(decisions) == [Utterance(start_ms=120, end_ms=1160, voice_start_ms=320, voice_end_ms=960)]


def test_a_shorter_silence_does_not_end_it() -> None:
    decisions = hear(Endpointer(0), talk((VOICE, 20), (SILENCE, 9), (VOICE, 20), (SILENCE, 10)))
    assert voices(decisions) == [(0, 49 * FRAME_MS)]


def test_a_doubtful_frame_goes_on_as_what_was_before_it() -> None:
    decisions = hear(Endpointer(0), talk((0.4, 10), (VOICE, 10), (0.4, 10), (SILENCE, 10)))
    assert voices(decisions) == [(320, 960)]


def test_the_first_syllable_is_within_the_utterance() -> None:
    decisions = hear(Endpointer(0), talk((SILENCE, 50), (VOICE, 10), (SILENCE, 10)))
    assert closed(decisions)[0].start_ms == 1600 - 200


def test_preroll_does_not_reach_into_the_utterance_before() -> None:
    first, second = closed(hear(Endpointer(0), talk((VOICE, 20), (SILENCE, 10), (VOICE, 20), (SILENCE, 10))))
    assert first.end_ms == second.start_ms == 840


def test_a_click_is_no_utterance_but_is_settled() -> None:
    decisions = hear(Endpointer(0), talk((SILENCE, 5), (VOICE, 2), (SILENCE, 10)))
    assert decisions == [Settled(160 + 64 + 200)]


def test_silence_is_settled_about_once_a_second() -> None:
    decisions = hear(Endpointer(0), talk((SILENCE, 3000 // FRAME_MS)))
    assert all(isinstance(decision, Settled) for decision in decisions)
    assert len(decisions) == 2


def test_silence_is_settled_short_of_where_the_next_preroll_may_reach() -> None:
    decisions = hear(Endpointer(0), talk((SILENCE, 60), (VOICE, 20), (SILENCE, 10)))
    settled = next(decision.before_ms for decision in decisions if isinstance(decision, Settled))
    assert settled <= closed(decisions)[0].start_ms


def test_an_utterance_that_grows_is_worth_captions() -> None:
    decisions = hear(Endpointer(0), talk((VOICE, 125)))
    assert [d.utterance.end_ms for d in decisions if isinstance(d, Grown)] == [704, 2208, 3712]


def test_captions_are_not_repeated_while_nothing_new_is_said() -> None:
    decisions = hear(Endpointer(0), talk((VOICE, 22), (SILENCE, 8)))
    assert len([decision for decision in decisions if isinstance(decision, Grown)]) == 1


def test_nobody_talks_for_longer_than_14_s_in_one_utterance() -> None:
    decisions = hear(Endpointer(0), talk((VOICE, 30_000 // FRAME_MS)))
    assert [u.end_ms - u.start_ms <= 14_000 for u in closed(decisions)] == [True, True]


def test_a_forced_cut_is_where_the_voice_is_least_certain() -> None:
    decisions = hear(Endpointer(0), talk((VOICE, 380), (0.6, 3), (VOICE, 60)))
    assert closed(decisions)[0].end_ms == 381 * FRAME_MS


def test_nothing_is_lost_at_a_forced_cut() -> None:
    endpointer = Endpointer(0)
    decisions = hear(endpointer, talk((VOICE, 500))) + endpointer.finish(16_000)
    first, second = closed(decisions)
    assert (first.end_ms, first.voice_end_ms) == (second.start_ms, second.voice_start_ms)
    assert second.voice_end_ms == 16_000


def test_a_long_utterance_ends_in_the_first_short_silence() -> None:
    decisions = hear(Endpointer(0), talk((VOICE, 320), (SILENCE, 3)))
    assert voices(decisions) == [(0, 320 * FRAME_MS)]


def test_a_change_of_speaker_cuts_in_a_short_silence() -> None:
    endpointer = Endpointer(0)
    endpointer.mark_change(700)
    decisions = hear(endpointer, talk((VOICE, 20), (SILENCE, 4), (VOICE, 20), (SILENCE, 10)))
    assert voices(decisions) == [(0, 640), (768, 1408)]


def test_a_change_that_is_told_late_cuts_where_it_was() -> None:
    endpointer = Endpointer(0)
    hear(endpointer, talk((VOICE, 20), (SILENCE, 4), (VOICE, 30)))
    decisions = endpointer.mark_change(900)
    assert voices(decisions) == [(0, 640)]
    assert closed(decisions)[0].end_ms == 704


def test_the_second_speaker_goes_on_after_a_late_cut() -> None:
    endpointer = Endpointer(0)
    hear(endpointer, talk((VOICE, 20), (SILENCE, 4), (VOICE, 30)))
    endpointer.mark_change(900)
    decisions = hear(endpointer, talk((SILENCE, 10)), 54 * FRAME_MS)
    assert closed(decisions) == [Utterance(704, 54 * FRAME_MS + 200, 768, 54 * FRAME_MS)]


def test_a_change_without_a_silence_near_it_cuts_nothing() -> None:
    endpointer = Endpointer(0)
    endpointer.mark_change(1700)
    decisions = hear(endpointer, talk((VOICE, 20), (SILENCE, 4), (VOICE, 80), (SILENCE, 10)))
    assert voices(decisions) == [(0, 104 * FRAME_MS)]


def test_a_silence_of_a_consonant_is_too_short_to_cut_in() -> None:
    endpointer = Endpointer(0)
    endpointer.mark_change(700)
    decisions = hear(endpointer, talk((VOICE, 20), (SILENCE, 2), (VOICE, 20), (SILENCE, 10)))
    assert voices(decisions) == [(0, 42 * FRAME_MS)]


def test_each_of_two_changes_cuts_once() -> None:
    endpointer = Endpointer(0)
    endpointer.mark_change(700)
    endpointer.mark_change(1150)
    turn = [(VOICE, 20), (SILENCE, 4), (VOICE, 8), (SILENCE, 4), (VOICE, 20), (SILENCE, 10)]
    assert voices(hear(endpointer, talk(*turn))) == [(0, 640), (768, 1024), (1152, 1792)]


def test_a_jump_closes_what_is_open_and_settles_what_came() -> None:
    endpointer = Endpointer(0)
    hear(endpointer, talk((VOICE, 20)))
    decisions = endpointer.hear(5000, SILENCE)
    assert decisions == [Closed(Utterance(0, 640, 0, 640)), Settled(5032 - SETTLE_LAG_MS)]


def test_after_a_jump_voice_must_begin_anew() -> None:
    endpointer = Endpointer(0)
    hear(endpointer, talk((VOICE, 20)))
    decisions = hear(endpointer, talk((0.4, 10), (VOICE, 10), (SILENCE, 10)), 5000)
    assert voices(decisions)[1:] == [(5320, 5640)]


def test_finish_closes_what_is_open_at_the_end_of_the_audio() -> None:
    endpointer = Endpointer(0)
    hear(endpointer, talk((VOICE, 20)))
    assert endpointer.finish(650) == [Closed(Utterance(0, 650, 0, 640))]


def test_finish_settles_silence_to_the_end_of_the_audio() -> None:
    endpointer = Endpointer(0)
    hear(endpointer, talk((VOICE, 20), (SILENCE, 20)))
    assert endpointer.finish(1290) == [Settled(1290)]


def test_finish_before_any_audio_decides_nothing() -> None:
    assert Endpointer(500).finish(0) == []


def test_audio_before_the_fresh_part_is_context_only() -> None:
    decisions = hear(Endpointer(2000), talk((VOICE, 30), (SILENCE, 32), (VOICE, 20), (SILENCE, 10)))
    assert closed(decisions) == [Utterance(2000, 2624 + 200, 1984, 2624)]


def test_an_utterance_that_was_cut_where_the_fresh_part_begins_goes_on_there() -> None:
    decisions = hear(Endpointer(1000), talk((VOICE, 60), (SILENCE, 10)))
    assert closed(decisions)[0].start_ms == 1000


SPEECH = st.lists(st.tuples(st.integers(224, 6000), st.integers(0, 1500)), min_size=1, max_size=8)
"""Words and the pauses after them, in ms."""
MARKS = st.lists(st.integers(0, 20_000), max_size=4)


def probabilities_of(speech: list[tuple[int, int]], start_ms: int) -> list[float]:
    """As a detector would see it on any grid of frames."""
    truth = [is_voice for voice_ms, pause_ms in speech for is_voice in [1] * voice_ms + [0] * pause_ms] + [0] * 500
    return [sum(truth[at : at + FRAME_MS]) / FRAME_MS for at in range(start_ms, len(truth) - FRAME_MS + 1, FRAME_MS)]


def middles_of(speech: list[tuple[int, int]]) -> list[int]:
    middles, at = [], 0
    for voice_ms, pause_ms in speech:
        middles.append(at + voice_ms // 2)
        at += voice_ms + pause_ms
    return middles


def times_covered(at_ms: int, utterances: list[Utterance]) -> int:
    return sum(utterance.start_ms <= at_ms < utterance.end_ms for utterance in utterances)


def settled_by(decision: Closed | Settled) -> int:
    return decision.before_ms if isinstance(decision, Settled) else decision.utterance.end_ms


def hear_told_late(endpointer: Endpointer, probabilities: list[float], marks: list[int]) -> list[Decision]:
    """Each change is told half a second after it was."""
    decisions: list[Decision] = []
    for index, probability in enumerate(probabilities):
        at_ms = index * FRAME_MS
        decisions += endpointer.hear(at_ms, probability)
        for mark in marks:
            if at_ms <= mark + 500 < at_ms + FRAME_MS:
                decisions += endpointer.mark_change(mark)
    return decisions


@settings(max_examples=60, deadline=None)
@given(SPEECH, MARKS, st.data())
def test_a_successor_loses_and_repeats_nothing(
    speech: list[tuple[int, int]], marks: list[int], data: st.DataObject
) -> None:
    decisions = hear_told_late(Endpointer(0), probabilities_of(speech, 0), marks)
    committed = data.draw(st.sampled_from([0, *(settled_by(d) for d in decisions if not isinstance(d, Grown))]))
    start_ms = max(0, committed - 2000) // 100 * 100
    successor = Endpointer(committed)
    continued = hear(successor, probabilities_of(speech, start_ms), start_ms) + successor.finish(60_000)
    utterances = [u for u in closed(decisions) if u.end_ms <= committed] + closed(continued)
    assert [times_covered(middle, utterances) for middle in middles_of(speech)] == [1] * len(speech)


@settings(max_examples=60, deadline=None)
@given(SPEECH, MARKS)
def test_what_is_settled_stays_settled(speech: list[tuple[int, int]], marks: list[int]) -> None:
    endpointer = Endpointer(0)
    settled_ms = 0
    for decision in hear_told_late(endpointer, probabilities_of(speech, 0), marks) + endpointer.finish(60_000):
        start_ms = decision.before_ms if isinstance(decision, Settled) else decision.utterance.start_ms
        assert start_ms >= settled_ms
        settled_ms = settled_ms if isinstance(decision, Grown) else settled_by(decision)
    assert settled_ms == 60_000
