import pytest

from rehearsal.deepgram.intake import Intake


def test_audio_at_the_allowed_rate_is_heard_when_it_comes() -> None:
    intake = Intake(1.25, 0.5)
    for n in range(100):
        assert intake.take(0.1, n * 0.08) == n * 0.08
    assert intake.received_s == pytest.approx(10)
    assert intake.most_ahead_s == pytest.approx(0.1)


def test_what_goes_beyond_the_burst_waits_its_turn() -> None:
    intake = Intake(1.25, 1.0)
    assert intake.take(1.0, 0.0) == 0.0
    assert intake.take(1.0, 0.0) == pytest.approx(0.8)
    assert intake.take(1.0, 0.0) == pytest.approx(1.6)
    assert intake.most_ahead_s == pytest.approx(3.0)


def test_a_pause_empties_the_bucket_and_saves_nothing_up() -> None:
    intake = Intake(1.25, 1.0)
    intake.take(1.0, 0.0)
    assert intake.take(1.0, 100.0) == 100.0
    assert intake.take(1.0, 100.0) == pytest.approx(100.8)
