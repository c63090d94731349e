"""The audio of one track that may still be needed."""

from transcriber.adapters.recent_audio import BYTES_PER_MS, RecentAudio


def pcm_of(start_ms: int, end_ms: int) -> bytes:
    """Audio in which each ms is told by its bytes."""
    return b"".join(bytes([at_ms % 251]) * BYTES_PER_MS for at_ms in range(start_ms, end_ms))


def audio_of(start_ms: int, end_ms: int) -> RecentAudio:
    audio = RecentAudio(start_ms)
    audio.append(pcm_of(start_ms, end_ms))
    return audio


def test_a_stretch_is_found_by_its_source_time() -> None:
    assert audio_of(1000, 2000).between(1200, 1300) == pcm_of(1200, 1300)


def test_only_what_is_there_is_given() -> None:
    audio = audio_of(1000, 2000)
    assert audio.between(900, 1100) == pcm_of(1000, 1100)
    assert audio.between(1900, 2500) == pcm_of(1900, 2000)
    assert audio.between(100, 200) == b""


def test_what_is_dropped_does_not_move_the_rest() -> None:
    audio = audio_of(1000, 2000)
    audio.drop_before(1500)
    assert (audio.start_ms, audio.end_ms) == (1500, 2000)
    assert audio.between(0, 1600) == pcm_of(1500, 1600)


def test_no_more_is_dropped_than_there_is() -> None:
    audio = audio_of(1000, 2000)
    audio.drop_before(500)
    assert audio.start_ms == 1000
    audio.drop_before(9000)
    assert (audio.start_ms, audio.end_ms) == (2000, 2000)


def test_a_restart_keeps_nothing() -> None:
    audio = audio_of(1000, 2000)
    audio.restart(5000)
    audio.append(pcm_of(5000, 5100))
    assert (audio.end_ms, audio.between(0, 9000)) == (5100, pcm_of(5000, 5100))
