import wave
from pathlib import Path

import pytest

from shared.errors import Category, SpeechError
from speaker.adapters.wav_file import HEADER, PAUSE_MS, WavFile
from speaker.sounds import Sound, Way

RATE_HZ = 24_000
ONE, TWO = b"\x01\x00" * 2400, b"\x02\x00" * 1200
PAUSE = bytes(RATE_HZ * PAUSE_MS // 1000 * 2)


def clip(pcm: bytes = ONE, *, meeting_id: str = "m-1", rate_hz: int = RATE_HZ) -> Sound:
    return Sound.of(Way(meeting_id, "b", "s"), rate_hz, pcm)


def sound_of(path: Path) -> bytes:
    with wave.open(str(path)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, RATE_HZ)
        return file.readframes(file.getnframes())


async def test_sentences_follow_each_other_with_a_pause(tmp_path: Path) -> None:
    outlet = WavFile(tmp_path / "not" / "there")
    await outlet.play(clip(ONE))
    await outlet.play(clip(TWO))
    assert sound_of(outlet.path_of("m-1")) == ONE + PAUSE + TWO


async def test_a_successor_appends_to_what_is_there(tmp_path: Path) -> None:
    await WavFile(tmp_path).play(clip(ONE))
    await WavFile(tmp_path).play(clip(TWO))
    assert sound_of(tmp_path / "m-1.wav") == ONE + PAUSE + TWO


async def test_each_meeting_has_a_file_of_its_own(tmp_path: Path) -> None:
    outlet = WavFile(tmp_path)
    await outlet.play(clip(ONE, meeting_id="m-1"))
    await outlet.play(clip(TWO, meeting_id="m-2"))
    assert (sound_of(tmp_path / "m-1.wav"), sound_of(tmp_path / "m-2.wav")) == (ONE, TWO)


async def test_a_clip_that_a_crash_left_half_written_is_not_heard_and_not_kept(tmp_path: Path) -> None:
    outlet, path = WavFile(tmp_path), tmp_path / "m-1.wav"
    await outlet.play(clip(ONE))
    with path.open("ab") as file:
        file.write(b"\x7f\x7f" * 5000)
    assert sound_of(path) == ONE
    await outlet.play(clip(TWO))
    assert sound_of(path) == ONE + PAUSE + TWO


async def test_a_header_that_a_crash_left_half_written_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / "m-1.wav").write_bytes(b"RIFF\x00\x00")
    await WavFile(tmp_path).play(clip(ONE))
    assert sound_of(tmp_path / "m-1.wav") == ONE


async def test_sound_without_its_header_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "m-1.wav").write_bytes(bytes(HEADER.size) + TWO)
    await WavFile(tmp_path).play(clip(ONE))
    assert sound_of(tmp_path / "m-1.wav") == ONE


async def test_another_rate_does_not_spoil_the_file(tmp_path: Path) -> None:
    outlet = WavFile(tmp_path)
    await outlet.play(clip(ONE))
    with pytest.raises(SpeechError, match="move the file away") as raised:
        await outlet.play(clip(TWO, rate_hz=16_000))
    assert raised.value.category is Category.INVALID
    assert sound_of(tmp_path / "m-1.wav") == ONE


async def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(SpeechError, match="taken"):
        await WavFile(tmp_path / "taken").play(clip())


def test_a_meeting_cannot_name_a_file_outside(tmp_path: Path) -> None:
    assert WavFile(tmp_path).path_of("../../etc/passwd") == tmp_path / "passwd.wav"
