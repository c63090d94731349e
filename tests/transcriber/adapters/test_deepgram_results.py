"""From messages to what was heard."""

import random

import pytest

from transcriber.adapters.deepgram_clock import SocketClock
from transcriber.adapters.deepgram_messages import Alternative, Channel, Message, Results, TimedWord, UtteranceEnd
from transcriber.adapters.deepgram_results import Utterances
from transcriber.ports import Heard, Word

FINAL, SPEECH_FINAL = {"is_final": True}, {"is_final": True, "speech_final": True}


def clock_of(ms: int, start_ms: int = 0) -> SocketClock:
    clock = SocketClock(start_ms)
    clock.advance(32 * ms)
    return clock


def utterances(ms: int = 60_000, *, start_ms: int = 0, fresh_from_ms: int = 0) -> Utterances:
    return Utterances(clock_of(ms, start_ms), fresh_from_ms, "socket")


def timed(text: str, start: float, end: float, **more: object) -> TimedWord:
    return TimedWord(word=text.lower().strip(".,?"), punctuated_word=text, start=start, end=end, **more)


def spread(text: str, start: float, each: float = 0.2) -> list[TimedWord]:
    """Words one after the other."""
    return [timed(word, start + n * each, start + (n + 1) * each) for n, word in enumerate(text.split())]


def result(words: list[TimedWord], start: float, end: float, **flags: object) -> Results:
    channel = Channel((Alternative(" ".join(word.word for word in words), tuple(words)),))
    return Results(start=start, duration=end - start, channel=channel, **flags)


def said(text: str, start: float, end: float, **flags: object) -> Results:
    return result(spread(text, start), start, end, **flags)


def told(subject: Utterances, *messages: Message) -> list[tuple[bool, str, int]]:
    return [shown(heard) for message in messages for heard in subject.take(message)]


def shown(heard: Heard) -> tuple[bool, str, int]:
    return heard.is_final, " ".join(word.text for word in heard.words), heard.settled_ms


@pytest.mark.parametrize(
    ("messages", "heard"),
    [
        pytest.param([said("So we", 0, 1)], [(False, "So we", 0)], id="an interim is shown"),
        pytest.param([said("", 0, 1)], [], id="an empty interim says nothing"),
        pytest.param(
            [said("So we", 0, 1), said("So we go.", 0, 1.5, **SPEECH_FINAL)],
            [(False, "So we", 0), (True, "So we go.", 1500)],
            id="a final replaces the interims",
        ),
        pytest.param(
            [said("So we", 0, 1, **FINAL), said("go now", 1, 2), said("go.", 1, 1.4, **SPEECH_FINAL)],
            [(False, "So we", 0), (False, "So we go now", 0), (True, "So we go.", 1400)],
            id="pieces are collected until the utterance ends",
        ),
        pytest.param(
            [said("So we go", 0, 1, **FINAL), UtteranceEnd(0.6)],
            [(False, "So we go", 0), (True, "So we go", 1000)],
            id="UtteranceEnd ends an utterance",
        ),
        pytest.param(
            [said("So we go.", 0, 1, **SPEECH_FINAL), UtteranceEnd(0.6), UtteranceEnd(0.6)],
            [(True, "So we go.", 1000)],
            id="UtteranceEnd after speech_final is ignored",
        ),
        pytest.param(
            [said("One.", 0, 1, **SPEECH_FINAL), said("And two", 1, 2, **FINAL), UtteranceEnd(0.2), UtteranceEnd(-1)],
            [(True, "One.", 1000), (False, "And two", 0)],
            id="UtteranceEnd of earlier words, or of none, ends nothing",
        ),
        pytest.param(
            [said("So we", 0, 1, **FINAL), UtteranceEnd()],
            [(False, "So we", 0), (True, "So we", 1000)],
            id="UtteranceEnd without a time ends what is open",
        ),
        pytest.param(
            [said("So we", 0, 1, is_final=True, from_finalize=True)],
            [(True, "So we", 1000)],
            id="an answer to Finalize ends the utterance",
        ),
        pytest.param(
            [said("", 0, 3, **FINAL), said("", 3, 5, **FINAL)],
            [(True, "", 3000), (True, "", 5000)],
            id="silence is settled",
        ),
        pytest.param(
            [said("So we", 0, 1, **FINAL), said("", 1, 1.5, **FINAL)],
            [(False, "So we", 0), (False, "So we", 0)],
            id="silence is not settled past an open utterance",
        ),
        pytest.param(
            [said("So we", 0, 1, **FINAL), said("", 1, 2.5, **FINAL)],
            [(False, "So we", 0), (True, "So we", 2500)],
            id="long silence ends the utterance",
        ),
        pytest.param(
            [said("We go to the sea this fine day. And then", 0, 2, **FINAL), said("home.", 2, 3, **SPEECH_FINAL)],
            [(True, "We go to the sea this fine day.", 1600), (False, "And then", 0), (True, "And then home.", 3000)],
            id="a sentence that can be read does not wait",
        ),
        pytest.param(
            [said("We go. And then", 0, 1, **FINAL)],
            [(False, "We go. And then", 0)],
            id="a short sentence waits",
        ),
        pytest.param(
            [said("one", 0, 61, **SPEECH_FINAL)], [(True, "one", 60_000)], id="nothing is settled that was not sent"
        ),
        pytest.param([Results()], [], id="a result without any field"),
        pytest.param([Results(is_final=True)], [], id="a final without any field"),
    ],
)
def test_messages_become_what_was_heard(messages: list[Message], heard: list[tuple[bool, str, int]]) -> None:
    assert told(utterances(), *messages) == heard


def test_speech_without_a_full_stop_is_final_after_twelve_seconds() -> None:
    subject = utterances()
    pieces = [said("and " * 10, start, start + 2, **FINAL) for start in range(0, 16, 2)]
    finals = [heard for heard in told(subject, *pieces) if heard[0]]
    assert [(len(text.split()), settled_ms) for _, text, settled_ms in finals] == [(70, 14_000)]


def test_words_have_all_that_is_known_of_them() -> None:
    word = timed("Grüezi.", 0.5, 0.9, confidence=0.75, speaker=2, language="de-CH")
    (heard,) = utterances(start_ms=7000).take(result([word], 0, 1, **SPEECH_FINAL))
    assert heard.words == (Word("Grüezi.", 7500, 7900, confidence=0.75, voice="socket-2", language="de-CH"),)


def test_words_may_lack_everything_but_their_text() -> None:
    words = [TimedWord(word="so"), TimedWord(word="we", start=0.4), TimedWord(word="go", end=0.9), TimedWord()]
    (heard,) = utterances().take(result(words, 0, 1, **SPEECH_FINAL))
    assert [word.text for word in heard.words] == ["so", "we", "go"]
    assert [(word.start_ms, word.end_ms) for word in heard.words] == [(0, 10), (390, 400), (890, 900)]
    assert all((word.confidence, word.voice, word.language) == (1.0, "", "") for word in heard.words)


def test_a_transcript_without_words_is_not_lost() -> None:
    channel = Channel((Alternative("So we go."),))
    (heard,) = utterances().take(Results(start=1.0, duration=0.6, channel=channel, **SPEECH_FINAL))
    assert [(word.text, word.start_ms, word.end_ms) for word in heard.words] == [
        ("So", 1000, 1200),
        ("we", 1200, 1400),
        ("go.", 1400, 1600),
    ]


def test_words_that_overlap_or_have_no_length_are_put_in_order() -> None:
    words = [timed("a", 0.3, 0.3), timed("b", 0.2, 0.6), timed("c", 0.6, 0.6), timed("d", 0.1, 0.2)]
    (heard,) = utterances().take(result(words, 0, 1, **SPEECH_FINAL))
    times = [at_ms for word in heard.words for at_ms in (word.start_ms, word.end_ms)]
    assert [word.text for word in heard.words] == ["a", "b", "c", "d"]
    assert times == sorted(times)
    assert all(word.end_ms - word.start_ms >= 10 for word in heard.words)


def test_words_that_were_heard_before_are_left_out_by_their_middle() -> None:
    subject = utterances(start_ms=3000, fresh_from_ms=5000)
    words = [timed("old", 1.5, 1.9), timed("older", 1.8, 2.2), timed("new", 1.9, 2.3), timed("newer", 2.3, 2.5)]
    (heard,) = subject.take(result(words, 0, 3, **SPEECH_FINAL))
    assert [(word.text, word.start_ms) for word in heard.words] == [("new", 5000), ("newer", 5300)]


def test_only_context_settles_nothing_new() -> None:
    subject = utterances(start_ms=3000, fresh_from_ms=5000)
    assert told(subject, said("old words", 0, 1.5, **SPEECH_FINAL), said("", 1.5, 2.5, **FINAL)) == [(True, "", 5500)]


def test_words_on_both_sides_of_a_jump_are_two_results() -> None:
    clock = clock_of(1000)
    clock.jump(60_000, filler_ms=100)
    clock.advance(32 * 1000)
    subject = Utterances(clock, 0, "socket")
    heard = told(subject, said("one two three four five six seven eight", 0.3, 2.0, **SPEECH_FINAL))
    assert heard == [(True, "one two three four", 60_000), (True, "five six seven eight", 60_900)]


def test_the_end_of_everything_settles_everything() -> None:
    subject = utterances(4000)
    list(subject.take(said("So we", 0, 1, **FINAL)))
    assert [shown(heard) for heard in subject.finish()] == [(True, "So we", 4000)]
    assert list(subject.finish()) == []


def test_a_broken_end_settles_what_was_told() -> None:
    subject = utterances(4000)
    list(subject.take(said("So we", 0, 1, **FINAL)))
    assert [shown(heard) for heard in subject.conclude()] == [(True, "So we", 1000)]


def test_any_messages_keep_the_promises_of_the_port() -> None:
    """No word before what is settled, no step back, no word lost, nothing beyond what was sent."""
    for seed in range(150):
        dice, clock = random.Random(seed), SocketClock(seed * 1000)
        subject, socket_s, count, finals = Utterances(clock, seed * 1000, "socket"), 0.0, 0, []
        for _ in range(dice.randrange(1, 30)):
            length_s, start_s = dice.randrange(1, 40) / 10, socket_s
            clock.advance(round(32_000 * length_s))
            if dice.random() < 0.2:
                clock.jump(clock.end_ms + dice.randrange(1000, 9000), 500)
                socket_s += 0.5
            socket_s += length_s
            text = " ".join(f"w{count + n}{dice.choice(['', '', ',', '.'])}" for n in range(dice.randrange(8)))
            words = spread(text, start_s + dice.uniform(-0.2, 0.2), dice.uniform(0.0, 0.4))
            finals += subject.take(result(words, start_s, socket_s, is_final=False))
            finals += subject.take(result(words, start_s, socket_s, is_final=True, speech_final=dice.random() < 0.3))
            finals += subject.take(UtteranceEnd(start_s)) if dice.random() < 0.3 else []
            count += len(words)
        finals += subject.finish()
        check(finals, seed * 1000, clock.end_ms, count)


def check(results: list[Heard], settled_ms: int, end_ms: int, count: int) -> None:
    told_words = []
    for heard in results:
        assert all(word.start_ms >= settled_ms for word in heard.words)
        assert all(word.end_ms - word.start_ms >= 10 for word in heard.words)
        if heard.is_final:
            assert settled_ms <= heard.settled_ms
            settled_ms = heard.settled_ms
            told_words += [word.text.strip(".,") for word in heard.words]
    assert told_words == [f"w{n}" for n in range(count)]
    assert settled_ms >= end_ms
