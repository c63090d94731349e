import io
import wave
from pathlib import Path

import pytest

from rehearsal.audio import SoundError, decode
from speaker.adapters.mp3 import encode_mp3
from speaker.adapters.scripted import tone


def wav(pcm: bytes, rate_hz: int, channels: int = 1) -> io.BytesIO:
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(channels)
        writer.setsampwidth(2)
        writer.setframerate(rate_hz)
        writer.writeframes(pcm)
    file.seek(0)
    return file


def test_sound_of_the_same_rate_is_not_changed() -> None:
    pcm = tone(500, 16_000)
    assert decode(wav(pcm, 16_000), 16_000) == pcm


def test_another_rate_keeps_its_length() -> None:
    assert len(decode(wav(tone(500, 44_100), 44_100), 16_000)) == pytest.approx(16_000, abs=4)


def test_stereo_becomes_mono() -> None:
    samples = tone(500, 16_000)
    stereo = b"".join(samples[n : n + 2] * 2 for n in range(0, len(samples), 2))
    assert len(decode(wav(stereo, 16_000, channels=2), 16_000)) == len(samples)


def test_an_mp3_is_read() -> None:
    pcm = decode(io.BytesIO(encode_mp3(tone(1000, 24_000), 24_000)), 24_000)
    assert 48_000 <= len(pcm) <= 48_000 * 1.1


@pytest.mark.parametrize("content", [b"", b"not sound at all, however long it is " * 50])
def test_what_is_not_sound_is_refused_with_what_would_be(content: bytes) -> None:
    with pytest.raises(SoundError, match="use WAV, FLAC, MP3"):
        decode(io.BytesIO(content), 16_000)


def test_a_file_that_is_not_sound_is_named(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("nothing to hear")
    with pytest.raises(SoundError, match=r"notes\.txt"):
        decode(tmp_path / "notes.txt", 16_000)
