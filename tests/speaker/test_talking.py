from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.events import (
    Asked,
    Event,
    Hushed,
    Line,
    LineHeard,
    MeetingRequested,
    SentenceComposed,
    Settings,
    SpeakingStarted,
    SpeakingStopped,
    SpeechCut,
    SpeechFinished,
    SpeechStarted,
)
from speaker.decisions import Decision, Drop, Hold, Speak, StayQuiet
from speaker.floor import VOICE_ALONE_MS, WORDLESS_MS
from speaker.talking import (
    GO_BACK_MS,
    HELD_MS,
    HUSHED,
    INTERRUPTED,
    MOST_HOLDS,
    PATIENCE_MS,
    PAUSE_MS,
    PERISHED_MS,
    REPLACED,
    TALKED_OVER,
    TOO_LATE,
    Mouth,
)

NOW = 1_000_000
LENGTH_MS = 2000


def sentence(
    n: int, *, answer: str = "q1", at: int = NOW, speak: bool = True, is_last: bool = False
) -> SentenceComposed:
    return SentenceComposed(
        id=f"{answer}/{n}", cause_id=answer, meeting_id="m", at=at, n=n, text="Yes.", speak=speak, is_last=is_last
    )


def started(said: SentenceComposed, *, at: int = NOW, duration_ms: int = LENGTH_MS) -> SpeechStarted:
    return SpeechStarted(
        id=f"{said.id}/started",
        cause_id=said.id,
        meeting_id="m",
        at=at,
        text="",
        duration_ms=duration_ms,
        first_audio_ms=5,
    )


def finished(said: SentenceComposed, *, at: int = NOW + LENGTH_MS) -> SpeechFinished:
    return SpeechFinished(id=f"{said.id}/finished", cause_id=said.id, meeting_id="m", at=at)


def cut(said: SentenceComposed, *, at: int = NOW) -> SpeechCut:
    return SpeechCut(id=f"{said.id}/cut", cause_id=said.id, meeting_id="m", at=at, reason="x")


def hushed(event_id: str = "h1") -> Hushed:
    return Hushed(id=event_id, meeting_id="m", at=NOW, by="Maya")


def mouth_after(*facts: Event) -> Mouth:
    mouth = Mouth()
    for fact in facts:
        mouth.hear(fact)
    return mouth


def decisions(mouth: Mouth, now_ms: int = NOW) -> list[Decision]:
    """All that it decides without another fact, StayQuiet left out."""
    found = []
    while not isinstance(decision := mouth.decide(now_ms), StayQuiet):
        found.append(decision)
    return found


ONE, TWO, THREE = sentence(1), sentence(2), sentence(3, is_last=True)


def test_nothing_composed_is_nothing_said() -> None:
    assert Mouth().decide(NOW) == StayQuiet()


def test_a_sentence_is_spoken_once() -> None:
    assert decisions(mouth_after(ONE)) == [Speak(ONE)]


def test_the_next_sentence_waits_until_the_one_before_is_over() -> None:
    mouth = mouth_after(ONE, TWO)
    assert decisions(mouth) == [Speak(ONE)]
    mouth.hear(started(ONE))
    assert decisions(mouth) == []
    mouth.hear(finished(ONE))
    assert decisions(mouth) == [Speak(TWO)]


def test_sentences_are_spoken_in_the_order_of_the_timeline() -> None:
    mouth, said = mouth_after(ONE, TWO, THREE), []
    while isinstance(decision := mouth.decide(NOW), Speak):
        said.append(decision.sentence)
        mouth.hear(started(decision.sentence))
        mouth.hear(finished(decision.sentence))
    assert said == [ONE, TWO, THREE]


def test_a_sentence_that_could_not_be_said_lets_the_next_one_through() -> None:
    mouth = mouth_after(ONE, TWO)
    decisions(mouth)
    mouth.hear(cut(ONE))
    assert decisions(mouth) == [Speak(TWO)]


def test_a_sentence_that_is_only_shown_is_not_spoken() -> None:
    assert decisions(mouth_after(sentence(1, speak=False))) == []


def test_other_facts_mean_nothing_and_are_not_remembered() -> None:
    mouth = Mouth()
    mouth.hear(Event(id="x", meeting_id="m", at=NOW))
    assert mouth == Mouth()


def test_a_repeated_sentence_is_ignored_even_after_it_was_said() -> None:
    mouth = mouth_after(ONE, ONE)
    assert decisions(mouth) == [Speak(ONE)]
    mouth.hear(started(ONE))
    mouth.hear(finished(ONE))
    mouth.hear(ONE)
    assert decisions(mouth) == []


def test_a_successor_does_not_repeat_what_was_said() -> None:
    assert decisions(mouth_after(ONE, started(ONE), finished(ONE), TWO)) == [Speak(TWO)]


def test_a_successor_reports_what_was_begun_as_cut_and_goes_on_with_the_next() -> None:
    assert decisions(mouth_after(ONE, TWO, started(ONE))) == [Drop(ONE, INTERRUPTED), Speak(TWO)]


def test_a_second_successor_finds_the_cut_already_reported() -> None:
    assert decisions(mouth_after(ONE, TWO, started(ONE), cut(ONE))) == [Speak(TWO)]


def test_two_interrupted_sentences_are_both_reported() -> None:
    facts = (ONE, TWO, THREE, started(ONE), started(TWO))
    assert decisions(mouth_after(*facts)) == [Drop(ONE, INTERRUPTED), Drop(TWO, INTERRUPTED), Speak(THREE)]


def test_hush_cuts_what_is_being_said_and_drops_what_waits() -> None:
    mouth = mouth_after(ONE, TWO)
    decisions(mouth)
    mouth.hear(started(ONE))
    mouth.hear(hushed())
    assert decisions(mouth) == [Drop(ONE, HUSHED), Drop(TWO, HUSHED)]


def test_hush_before_the_speech_is_on_the_timeline_cuts_it_too() -> None:
    mouth = mouth_after(ONE)
    decisions(mouth)
    mouth.hear(hushed())
    assert decisions(mouth) == [Drop(ONE, HUSHED)]
    mouth.hear(started(ONE))
    mouth.hear(cut(ONE))
    assert decisions(mouth) == []


def test_hush_silences_the_rest_of_an_answer_that_is_still_being_composed() -> None:
    mouth = mouth_after(ONE, hushed(), TWO, THREE)
    assert decisions(mouth) == [Drop(ONE, HUSHED), Drop(TWO, HUSHED), Drop(THREE, HUSHED)]


def test_hush_between_two_sentences_silences_the_second_one() -> None:
    mouth = mouth_after(ONE, started(ONE), finished(ONE), hushed(), TWO)
    assert decisions(mouth) == [Drop(TWO, HUSHED)]


def test_an_answer_after_a_hush_is_spoken() -> None:
    later = sentence(1, answer="q2")
    assert decisions(mouth_after(THREE, hushed(), later)) == [Drop(THREE, HUSHED), Speak(later)]


def test_a_repeated_hush_does_not_drop_what_came_after_it() -> None:
    later = sentence(1, answer="q2", is_last=True)
    assert decisions(mouth_after(hushed(), later, hushed())) == [Speak(later)]


def test_a_second_hush_does_not_cut_the_same_sentence_again() -> None:
    mouth = mouth_after(ONE, hushed("h1"))
    assert decisions(mouth) == [Drop(ONE, HUSHED)]
    mouth.hear(hushed("h2"))
    assert decisions(mouth) == []


def test_a_successor_finds_the_hushed_sentences_that_were_reported() -> None:
    assert decisions(mouth_after(ONE, TWO, hushed(), cut(ONE))) == [Drop(TWO, HUSHED)]


def test_a_sentence_that_was_over_when_the_hush_came_is_not_cut() -> None:
    assert decisions(mouth_after(THREE, started(THREE), finished(THREE), hushed())) == []


@pytest.mark.parametrize(("age_ms", "decision"), [(30_000, Speak(ONE)), (30_001, Drop(ONE, TOO_LATE))])
def test_a_sentence_perishes_after_thirty_seconds(age_ms: int, decision: Decision) -> None:
    assert mouth_after(ONE).decide(NOW + age_ms) == decision


def test_what_follows_a_perished_sentence_has_its_own_age() -> None:
    fresh = sentence(2, at=NOW + 20_000)
    assert decisions(mouth_after(ONE, fresh), NOW + 31_000) == [Drop(ONE, TOO_LATE), Speak(fresh)]


def test_waiting_for_an_earlier_sentence_is_not_lateness() -> None:
    mouth = mouth_after(ONE, TWO, started(ONE, duration_ms=60_000), finished(ONE, at=NOW + 60_000))
    assert decisions(mouth, NOW + 60_000) == [Speak(TWO)]
    mouth = mouth_after(ONE, TWO, started(ONE, duration_ms=60_000), finished(ONE, at=NOW + 60_000))
    assert decisions(mouth, NOW + 91_000) == [Drop(TWO, TOO_LATE)]


def test_only_the_rest_of_an_earlier_sentence_counts_as_waiting_for_it() -> None:
    late = sentence(2, at=NOW + 50_000)
    mouth = mouth_after(ONE, started(ONE, duration_ms=60_000), late, finished(ONE, at=NOW + 60_000))
    assert decisions(mouth, NOW + 90_001) == [Drop(late, TOO_LATE)]


def test_a_speaker_that_died_over_a_sentence_does_not_keep_the_next_one_fresh() -> None:
    mouth = mouth_after(ONE, TWO, started(ONE))
    assert decisions(mouth, NOW + 600_000) == [Drop(ONE, INTERRUPTED), Drop(TWO, TOO_LATE)]


class History:
    """A timeline as speakers write it, with deaths, hushes and repeats in between."""

    def __init__(self) -> None:
        self.timeline: list[Event] = []
        self.mouth = Mouth()
        self.saying: SentenceComposed | None = None

    def write(self, fact: Event) -> None:
        self.timeline.append(fact)
        self.mouth.hear(fact)

    def compose(self) -> None:
        number = len(self.timeline)
        self.write(sentence(number, answer=f"q{number % 3}", is_last=number % 2 == 0))

    def hush(self) -> None:
        self.write(hushed(f"h{len(self.timeline)}"))

    def repeat(self) -> None:
        for fact in self.timeline[-3:]:
            self.mouth.hear(fact)

    def die(self) -> None:
        self.mouth, self.saying = mouth_after(*self.timeline), None

    def finish(self) -> None:
        if self.saying:
            said, self.saying = self.saying, None
            self.write(finished(said, at=NOW))

    def decide(self) -> None:
        match self.mouth.decide(NOW):
            case Speak(said):
                self.saying = said
                self.write(started(said))
            case Drop(unsaid, _):
                self.saying = None if self.saying == unsaid else self.saying
                self.write(cut(unsaid))

    def of(self, *kinds: type[Event]) -> list[str]:
        return [fact.cause_id for fact in self.timeline if isinstance(fact, kinds)]


STEPS = (History.compose, History.hush, History.repeat, History.die, History.finish, History.decide)


@given(st.lists(st.sampled_from(STEPS), max_size=40))
def test_whatever_happens_no_sentence_is_begun_twice_and_each_gets_one_outcome(
    steps: list[Callable[[History], None]],
) -> None:
    history = History()
    for step in [*steps, History.die, *[History.decide, History.finish] * 41]:
        step(history)
    composed = [fact.id for fact in history.timeline if isinstance(fact, SentenceComposed)]
    begun = history.of(SpeechStarted)
    assert len(begun) == len(set(begun))
    assert sorted(history.of(SpeechFinished, SpeechCut)) == sorted(composed)


# -- taking turns ----------------------------------------------------------------------------------------------------


def began(at: int, who: str = "Ann") -> SpeakingStarted:
    return SpeakingStarted(id=f"b{at}", meeting_id="m", at=at, participant_id=who, name=who, source_ms=0)


def stopped(at: int, who: str = "Ann") -> SpeakingStopped:
    return SpeakingStopped(id=f"e{at}", meeting_id="m", at=at, participant_id=who, name=who, source_ms=0)


def heard(text: str, ended_at: int) -> LineHeard:
    line = Line(id=f"l{ended_at}", track="mixed", speaker="Ann", start_ms=0, end_ms=1_000, text=text)
    return LineHeard(id=line.id, meeting_id="m", at=ended_at, line=line)


def joined(*, barge_in: bool) -> MeetingRequested:
    return MeetingRequested(id="r", meeting_id="m", at=1, platform="meet", settings=Settings(barge_in=barge_in))


def speaking(*before: Event) -> Mouth:
    """Since NOW it says ONE; TWO of the same answer and OTHER of another wait."""
    mouth = mouth_after(*before, ONE, TWO, OTHER)
    assert decisions(mouth) == [Speak(ONE)]
    mouth.hear(started(ONE))
    return mouth


OTHER = sentence(0, answer="q2")


def test_it_waits_until_people_pause() -> None:
    mouth = mouth_after(began(NOW - 500), ONE)
    assert decisions(mouth) == []
    mouth.hear(stopped(NOW + 100))
    assert mouth.decide(NOW + 100) == StayQuiet(NOW + 100 + PAUSE_MS)
    assert decisions(mouth, NOW + 100 + PAUSE_MS) == [Speak(ONE)]


def test_after_long_waiting_the_first_moment_in_which_nobody_talks_will_do() -> None:
    mouth = mouth_after(ONE, began(NOW), stopped(NOW + PATIENCE_MS + 1))
    assert decisions(mouth, NOW + PATIENCE_MS + 1) == [Speak(ONE)]


def test_what_finds_no_pause_perishes() -> None:
    mouth = mouth_after(ONE)
    for ms in range(0, PERISHED_MS + 2_000, 1_000):
        mouth.hear(began(NOW + ms))
        assert not any(isinstance(decision, Speak) for decision in decisions(mouth, NOW + ms))
    assert ONE.id not in mouth.waiting


def test_the_next_sentence_of_an_answer_needs_no_pause() -> None:
    mouth = speaking()
    mouth.hear(began(NOW + 1_700))
    mouth.hear(stopped(NOW + 1_990))
    mouth.hear(finished(ONE))
    assert decisions(mouth, NOW + LENGTH_MS) == [Speak(TWO)]


def test_somebody_who_talks_over_it_stops_it_at_once() -> None:
    mouth = speaking()
    mouth.hear(heard("No, that is wrong.", NOW + 1_500))
    assert decisions(mouth, NOW + 1_500) == [Hold(ONE)]


def test_a_real_interruption_ends_that_answer_and_no_other() -> None:
    mouth = speaking()
    mouth.hear(heard("No, that is wrong.", NOW + 1_500))
    decisions(mouth, NOW + 1_500)
    mouth.held_at(ONE.id, 1_500)
    dropped = [Drop(ONE, TALKED_OVER), Drop(TWO, TALKED_OVER)]
    assert decisions(mouth, NOW + 1_500) == dropped
    assert decisions(mouth, NOW + 5_000) == [Speak(OTHER)]


def test_what_is_still_composed_of_an_answer_that_was_talked_over_is_not_wanted() -> None:
    mouth = speaking()
    mouth.hear(heard("No, that is wrong.", NOW + 1_500))
    decisions(mouth, NOW + 1_500)
    mouth.held_at(ONE.id, 1_500)
    decisions(mouth, NOW + 1_500)
    mouth.hear(THREE)
    assert Drop(THREE, TALKED_OVER) in decisions(mouth, NOW + 1_600)


def test_after_a_false_alarm_it_goes_on_a_little_before_where_it_was_stopped() -> None:
    mouth = speaking()
    mouth.hear(began(NOW + 300))
    assert mouth.decide(NOW + 400) == StayQuiet(NOW + 300 + VOICE_ALONE_MS)
    assert decisions(mouth, NOW + 300 + VOICE_ALONE_MS) == [Hold(ONE)]
    mouth.held_at(ONE.id, 900)
    mouth.hear(stopped(NOW + 1_200))
    assert decisions(mouth, NOW + 1_300) == []
    assert decisions(mouth, NOW + 1_200 + WORDLESS_MS) == [Speak(ONE, 900 - GO_BACK_MS)]


def test_mhm_is_a_false_alarm() -> None:
    mouth = speaking()
    mouth.hear(began(NOW + 300))
    decisions(mouth, NOW + 1_100)
    mouth.held_at(ONE.id, 900)
    mouth.hear(stopped(NOW + 1_200))
    mouth.hear(heard("Mhm.", NOW + 1_200))
    assert decisions(mouth, NOW + 1_300) == [Speak(ONE, 600)]


def test_nothing_else_is_said_while_a_sentence_is_held() -> None:
    mouth = speaking()
    mouth.hear(began(NOW + 300))
    decisions(mouth, NOW + 1_100)
    assert decisions(mouth, NOW + 1_200) == []
    mouth.held_at(ONE.id, 900)
    assert decisions(mouth, NOW + 1_200) == []


def test_a_sentence_that_is_held_too_long_is_dropped() -> None:
    mouth = speaking()
    mouth.hear(began(NOW + 300))
    decisions(mouth, NOW + 1_100)
    mouth.held_at(ONE.id, 900)
    for ms in range(1_100, 1_100 + HELD_MS, 500):
        mouth.hear(began(NOW + ms))
    assert decisions(mouth, NOW + 1_101 + HELD_MS)[0] == Drop(ONE, TALKED_OVER)


def test_it_is_not_held_for_ever_anew() -> None:
    mouth, at = speaking(), NOW
    for _ in range(MOST_HOLDS):
        mouth.hear(began(at + 100))
        assert decisions(mouth, at + 900) == [Hold(ONE)]
        mouth.held_at(ONE.id, 900)
        mouth.hear(stopped(at + 1_000))
        at += 1_000 + WORDLESS_MS
        assert decisions(mouth, at) == [Speak(ONE, 600)]
    mouth.hear(began(at + 100))
    assert decisions(mouth, at + 900)[0] == Drop(ONE, TALKED_OVER)


def test_hush_ends_what_is_held() -> None:
    mouth = speaking()
    mouth.hear(began(NOW + 300))
    decisions(mouth, NOW + 1_100)
    mouth.hear(hushed())
    assert decisions(mouth, NOW + 1_200) == [Drop(ONE, HUSHED), Drop(TWO, HUSHED), Drop(OTHER, HUSHED)]


def test_where_people_may_not_talk_it_down_it_goes_on() -> None:
    mouth = speaking(joined(barge_in=False))
    mouth.hear(heard("No, that is wrong.", NOW + 1_500))
    assert decisions(mouth, NOW + 1_500) == []


def test_an_answer_whose_question_was_asked_anew_is_dropped() -> None:
    mouth = speaking()
    again = {"question": "When?", "asked_by": "Ann", "via": "voice", "question_id": "q3", "replaces": "q1"}
    mouth.hear(Asked(id="a", meeting_id="m", at=NOW, **again))
    assert decisions(mouth) == [Drop(ONE, REPLACED), Drop(TWO, REPLACED), Speak(OTHER)]


class Play:
    """People and a mouth, and a check that what it decides can be carried out."""

    def __init__(self) -> None:
        self.mouth, self.now = Mouth(), NOW
        self.begun: list[str] = []
        self.sounding: SentenceComposed | None = None

    def happens(self, step: str) -> None:
        self.now += 400
        facts = {
            "begin": began(self.now),
            "stop": stopped(self.now),
            "words": heard("No, I mean it.", self.now),
            "mhm": heard("Mhm.", self.now),
            "hush": hushed(f"h{self.now}"),
            "compose": sentence(0, answer=f"a{self.now}", at=self.now),
        }
        if step == "end" and self.sounding:
            facts["end"], self.sounding = finished(self.sounding, at=self.now), None
        if step in facts:
            self.mouth.hear(facts[step])
        while not isinstance(decision := self.mouth.decide(self.now), StayQuiet):
            self.carry_out(decision)

    def carry_out(self, decision: Decision) -> None:
        said = decision.sentence
        match decision:
            case Speak(_, from_ms):
                assert self.sounding is None
                assert from_ms or said.id not in self.begun
                self.sounding = said
                self.begun.append(said.id)
                self.mouth.hear(started(said, at=self.now))
            case Hold():
                assert self.sounding == said
                self.sounding = None
                self.mouth.held_at(said.id, 1_000)
            case Drop():
                self.sounding = None if self.sounding == said else self.sounding
                self.mouth.hear(cut(said, at=self.now))


STEPS = ("begin", "stop", "words", "mhm", "hush", "compose", "end", "wait")


@given(st.lists(st.sampled_from(STEPS), max_size=40))
def test_whatever_people_do_no_two_sentences_sound_at_once_and_none_begins_twice(script: list[str]) -> None:
    play = Play()
    for step in script:
        play.happens(step)


@given(st.lists(st.sampled_from(STEPS), max_size=40))
def test_whatever_people_do_every_sentence_has_its_end(script: list[str]) -> None:
    play = Play()
    for step in [*script, "stop", *["wait", "end"] * 60]:
        play.happens(step)
    assert (play.mouth.waiting, play.mouth.held, play.sounding) == ({}, None, None)
