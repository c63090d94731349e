"""What the assistant said in each meeting, as a WAV file that is whole at every moment."""

import asyncio
import struct
from pathlib import Path

from shared.errors import Category, SpeechError
from speaker.sounds import Sound

PAUSE_MS = 300
HEADER = struct.Struct("<4sI4s4sIHHIIHH4sI")


class WavFile:
    """An Outlet that writes and does not wait: nobody listens to it as it plays."""

    name = "wav file"

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._writing = asyncio.Lock()

    async def play(self, sound: Sound, from_ms: int = 0) -> None:
        pcm = (await sound.whole())[sound.byte_at(from_ms) :]
        async with self._writing:
            try:
                await asyncio.to_thread(append, self.path_of(sound.way.meeting_id), pcm, sound.rate_hz)
                sound.heard_ms = sound.made_ms
            except OSError as error:
                reason = f"what is said cannot be written below {self._directory}: {error.strerror}"
                raise SpeechError(reason, category=Category.INTERNAL) from error

    def path_of(self, meeting_id: str) -> Path:
        return self._directory / f"{Path(meeting_id).name}.wav"

    async def close(self) -> None:
        """Nothing stays open between clips."""


def append(path: Path, pcm: bytes, rate_hz: int) -> None:
    """The sound first, the header that counts it last: whoever reads, or writes on after a crash, sees whole clips."""
    held = held_bytes(path, rate_hz)
    sound = (silence(PAUSE_MS, rate_hz) if held else b"") + pcm
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("r+b" if path.exists() else "w+b") as file:
        file.seek(HEADER.size + held)
        file.write(sound)
        file.flush()
        file.seek(0)
        file.write(header(rate_hz, held + len(sound)))


def held_bytes(path: Path, rate_hz: int) -> int:
    """How much sound the header counts; 0 where there is no whole header yet."""
    if not path.exists() or path.stat().st_size < HEADER.size:
        return 0
    with path.open("rb") as file:
        fields = HEADER.unpack(file.read(HEADER.size))
    if fields[0] == b"RIFF" and fields[7] != rate_hz:
        reason = f"{path} holds sound of {fields[7]} Hz and the voice makes {rate_hz} Hz: move the file away"
        raise SpeechError(reason, category=Category.INVALID)
    return int(fields[-1])


def header(rate_hz: int, sound_bytes: int) -> bytes:
    """Of a WAV file with S16LE mono."""
    whole = HEADER.size - 8 + sound_bytes
    return HEADER.pack(b"RIFF", whole, b"WAVE", b"fmt ", 16, 1, 1, rate_hz, rate_hz * 2, 2, 16, b"data", sound_bytes)


def silence(ms: int, rate_hz: int) -> bytes:
    return bytes(rate_hz * ms // 1000 * 2)
