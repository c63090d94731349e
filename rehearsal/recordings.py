"""Recordings of meetings, and the JSON beside them that says who speaks when."""

from functools import cached_property
from pathlib import Path

import msgspec

from rehearsal.audio import SoundError, decode
from shared.errors import ChimeinError
from shared.streams import SAMPLE_RATE_HZ

SAMPLE = Path(__file__).parent / "samples" / "standup.flac"
"""The meeting that ships with chimein."""


class RecordingError(ChimeinError):
    """A recording cannot be used; the text says why, and what to do."""


class Speaker(msgspec.Struct, frozen=True):
    """A participant."""

    name: str


class Segment(msgspec.Struct, frozen=True):
    """Somebody speaks, from start to end in seconds. The text serves scoring only."""

    speaker: str
    start: float
    end: float
    text: str = ""


class Script(msgspec.Struct, frozen=True):
    """The JSON beside a recording. `reference` serves scoring only."""

    title: str = ""
    speakers: list[Speaker] = []
    segments: list[Segment] = []
    reference: dict[str, object] = {}


class Recording(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """A meeting to be played: S16LE, 16 kHz, mono."""

    path: Path
    pcm: bytes
    script: Script = Script()

    @property
    def duration_ms(self) -> int:
        return len(self.pcm) * 1000 // (2 * SAMPLE_RATE_HZ)

    @cached_property
    def speakers(self) -> tuple[str, ...]:
        """Everybody who is named or speaks, once, in order of appearance."""
        named = [speaker.name for speaker in self.script.speakers]
        return tuple(dict.fromkeys(named + [segment.speaker for segment in self.script.segments]))


def load(path: Path) -> Recording:
    """Raises RecordingError. Slow: call it off the loop."""
    if not path.is_file():
        raise RecordingError(f"there is no recording {path}: give the path of an audio file, or none for the sample")
    try:
        pcm = decode(path, SAMPLE_RATE_HZ)
    except SoundError as error:
        raise RecordingError(str(error)) from error
    if not pcm:
        raise RecordingError(f"{path} holds no sound: give another recording")
    return Recording(path=path, pcm=pcm, script=load_script(path.with_suffix(".json")))


def load_script(path: Path) -> Script:
    """An empty one where there is no such file: then nobody knows who speaks."""
    if not path.is_file():
        return Script()
    try:
        script = msgspec.json.decode(path.read_bytes(), type=Script)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise RecordingError(f"{path} does not describe a recording: {error}; correct it, or move it away") from error
    for number, segment in enumerate(script.segments):
        if not 0 <= segment.start < segment.end:
            raise RecordingError(f"{path}: segment {number} must end after it starts, and not start before 0")
    return script
