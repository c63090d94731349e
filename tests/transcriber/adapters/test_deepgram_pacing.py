"""When to send what."""

import pytest

from transcriber.adapters.deepgram_pacing import Duty, Limits, Pacer, Vigil

LIMITS = Limits()


def test_two_chunks_may_come_at_once_and_then_1_25_times_real_time() -> None:
    pacer, now, sent_s = Pacer(LIMITS), 100.0, 0.0
    ahead = []
    for _ in range(300):
        now += pacer.delay_s(0.1, now)
        sent_s += 0.1
        ahead.append(sent_s - 1.25 * (now - 100.0))
    assert max(ahead) <= 0.2 + 1e-6
    assert now - 100.0 == pytest.approx((30 - 0.2) / 1.25)


def test_real_time_never_waits() -> None:
    pacer = Pacer(LIMITS)
    assert [pacer.delay_s(0.1, 50 + n / 10) for n in range(100)] == [0.0] * 100


def test_what_was_slept_too_long_is_made_up_for() -> None:
    pacer, now = Pacer(LIMITS), 0.0
    for _ in range(100):
        delay_s = pacer.delay_s(0.1, now)
        now += delay_s + 0.003 if delay_s else 0.0
    assert now == pytest.approx((10 - 0.2) / 1.25, abs=0.1)


def duties(vigil: Vigil, start_s: int, end_s: int) -> list[tuple[float, Duty]]:
    looks = [n / 2 for n in range(start_s * 2, end_s * 2 + 1)]
    return [(now, duty) for now in looks if (duty := vigil.due(now))]


def test_a_pause_is_finalized_once_and_then_kept_alive() -> None:
    vigil = Vigil(LIMITS, 0.0)
    vigil.sent_audio(0.0)
    assert duties(vigil, 0, 13) == [
        (1.5, Duty.FINALIZE),
        (5.0, Duty.KEEP_ALIVE),
        (8.5, Duty.KEEP_ALIVE),
        (12.0, Duty.KEEP_ALIVE),
    ]


def test_before_any_audio_a_little_silence_comes_first() -> None:
    assert duties(Vigil(LIMITS, 0.0), 0, 8) == [(3.5, Duty.PRIME), (7.0, Duty.KEEP_ALIVE)]


def test_while_audio_flows_and_is_answered_nothing_is_due() -> None:
    vigil = Vigil(LIMITS, 0.0)
    for n in range(600):
        vigil.sent_audio(n / 10)
        if n % 90 == 0:
            vigil.got_answer()
        assert vigil.due(n / 10) is None


def test_ten_seconds_of_audio_without_an_answer_are_enough() -> None:
    vigil = Vigil(LIMITS, 0.0)
    given_up = []
    for n in range(120):
        vigil.sent_audio(n / 10)
        given_up += [n / 10] if vigil.due(n / 10) is Duty.GIVE_UP else []
    assert given_up[0] == pytest.approx(10.1)


def test_silence_after_a_pause_is_nobodys_fault() -> None:
    vigil = Vigil(LIMITS, 0.0)
    vigil.sent_audio(0.0)
    assert Duty.GIVE_UP not in {duty for _, duty in duties(vigil, 0, 100)}
