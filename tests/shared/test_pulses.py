"""What is stuck, and what only rests."""

from shared.pulses import Pulses


def test_what_goes_on_is_not_stuck() -> None:
    pulses = Pulses()
    for now_ms in range(0, 60_000, 7_000):
        assert not pulses.is_stuck("tail", now_ms)
        pulses.beat("tail", now_ms)


def test_what_does_not_go_on_is_named() -> None:
    pulses = Pulses()
    pulses.beat("tail", 0)
    pulses.beat("question.ask of m-1", 0, within_s=30)
    assert pulses.stuck(8_000) == {}
    assert pulses.stuck(8_001) == {"tail": "has not gone on for 8 s"}
    assert set(pulses.stuck(30_001)) == {"tail", "question.ask of m-1"}


def test_what_rests_may_rest_for_ever() -> None:
    pulses = Pulses()
    pulses.beat("tail", 0)
    pulses.rest("tail")
    pulses.rest("never heard of")
    assert not pulses.is_stuck("tail", 10**9)
