"""Socket time and source time."""

import random

from transcriber.adapters.deepgram_clock import BYTES_PER_MS, SocketClock


def sent(clock: SocketClock, ms: int) -> SocketClock:
    clock.advance(ms * BYTES_PER_MS)
    return clock


def test_the_socket_begins_where_its_audio_begins() -> None:
    clock = sent(SocketClock(12_000), 3000)
    assert (clock.source_of(0.0), clock.source_of(1.234), clock.end_ms) == (12_000, 13_234, 15_000)


def test_no_time_lies_outside_of_what_was_sent() -> None:
    clock = sent(SocketClock(12_000), 3000)
    assert (clock.source_of(-1.0), clock.source_of(3.02), clock.source_of(99.0)) == (12_000, 15_000, 15_000)


def test_after_a_jump_the_filler_has_no_place_in_source_time() -> None:
    clock = sent(SocketClock(0), 2000)
    clock.jump(60_000, filler_ms=1000)
    sent(clock, 500)
    at = [clock.source_of(seconds) for seconds in (1.9, 2.0, 2.6, 2.999, 3.0, 3.4)]
    assert at == [1900, 2000, 2000, 2000, 60_000, 60_400]


def test_a_word_across_a_jump_lies_on_the_side_of_its_middle() -> None:
    clock = sent(SocketClock(0), 2000)
    clock.jump(60_000, filler_ms=200)
    sent(clock, 2000)
    assert clock.place(1.8, 2.3) == (1800, 2000)
    assert clock.place(1.9, 2.7) == (60_000, 60_500)


def test_silence_before_the_first_sample_moves_nothing() -> None:
    clock = SocketClock(5000)
    clock.jump(5000, filler_ms=100)
    sent(clock, 1000)
    assert (clock.source_of(0.0), clock.source_of(0.1), clock.source_of(0.6)) == (5000, 5000, 5500)


def test_jumps_are_told_from_a_time_on() -> None:
    clock = sent(SocketClock(0), 1000)
    clock.jump(5000, filler_ms=1000)
    sent(clock, 1000)
    clock.jump(9000, filler_ms=1000)
    assert list(clock.jumps_after(0)) == [5000, 9000]
    assert list(clock.jumps_after(5000)) == [9000]


def test_times_stay_within_20_ms_over_any_number_of_sockets_and_jumps() -> None:
    dice = random.Random(7)
    for _ in range(200):
        clock, socket_ms = SocketClock(dice.randrange(0, 10**8, 20)), 0
        truth: list[tuple[int, int]] = []
        for _ in range(dice.randrange(1, 12)):
            length_ms, filler_ms = dice.randrange(100, 5000, 20), dice.randrange(0, 1000, 20)
            truth += [(socket_ms + ms, clock.end_ms + ms) for ms in range(0, length_ms, 220)]
            sent(clock, length_ms)
            clock.jump(clock.end_ms + dice.randrange(1000, 10**6, 20), filler_ms)
            socket_ms += length_ms + filler_ms
        for at_ms, source_ms in truth:
            assert abs(clock.source_of(at_ms / 1000) - source_ms) <= 20
