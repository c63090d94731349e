import hashlib
import wave
from pathlib import Path

import pytest

from rehearsal.recordings import SAMPLE, RecordingError, load
from speaker.adapters.scripted import tone

SAMPLE_SHA256 = "ea8a95875fb4549397747be5b2fba81d16507d41bca237042135171b6b35740e"


def meeting(folder: Path, script: str = "") -> Path:
    path = folder / "call.wav"
    with wave.open(str(path), "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(16_000)
        writer.writeframes(tone(1000, 16_000))
    if script:
        path.with_suffix(".json").write_text(script)
    return path


def test_the_sample_is_the_meeting_that_was_recorded_to_the_last_bit() -> None:
    recording = load(SAMPLE)
    assert hashlib.sha256(recording.pcm).hexdigest() == SAMPLE_SHA256
    assert recording.duration_ms == 146_277
    assert recording.speakers == ("Maya", "Tom", "Daniel", "Elena")
    assert len(recording.script.reference) == 5


def test_a_recording_without_a_script_has_unknown_speakers(tmp_path: Path) -> None:
    recording = load(meeting(tmp_path))
    assert (recording.duration_ms, recording.speakers) == (1000, ())


def test_who_speaks_without_being_listed_is_a_speaker_too(tmp_path: Path) -> None:
    script = '{"speakers": [{"name": "Ada"}], "segments": [{"speaker": "Lin", "start": 0, "end": 0.5}]}'
    assert load(meeting(tmp_path, script)).speakers == ("Ada", "Lin")


def test_a_missing_file_is_named_with_what_to_give(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match=r"no recording .*gone\.wav: give the path"):
        load(tmp_path / "gone.wav")


def test_a_file_that_is_not_sound_is_named(tmp_path: Path) -> None:
    (tmp_path / "call.wav").write_text("nothing to hear")
    with pytest.raises(RecordingError, match=r"call\.wav is not sound"):
        load(tmp_path / "call.wav")


@pytest.mark.parametrize(
    ("script", "complaint"),
    [
        ("{", "does not describe"),
        ('{"segments": [{"speaker": "Ada", "start": "now", "end": 1}]}', r"segments\[0\]\.start"),
        ('{"segments": [{"start": 0, "end": 1}]}', "speaker"),
        ('{"segments": [{"speaker": "Ada", "start": 2, "end": 1}]}', "segment 0 must end after it starts"),
        ('{"segments": [{"speaker": "Ada", "start": -1, "end": 1}]}', "segment 0 must end after it starts"),
    ],
)
def test_a_bad_script_is_named_with_its_fault(tmp_path: Path, script: str, complaint: str) -> None:
    with pytest.raises(RecordingError, match=rf"call\.json.*{complaint}"):
        load(meeting(tmp_path, script))
