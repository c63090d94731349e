"""A recording as the microphone of a browser."""

import wave
from pathlib import Path

from rehearsal.audio import decode
from rehearsal.recordings import SAMPLE
from shared.streams import SAMPLE_RATE_HZ


def fake_microphone(folder: Path, *, from_s: float = 0, to_s: float = 30) -> tuple[str, ...]:
    """Chromium's options: the sample meeting, that part of it, again and again."""
    pcm = decode(SAMPLE, SAMPLE_RATE_HZ)[round(from_s * SAMPLE_RATE_HZ) * 2 : round(to_s * SAMPLE_RATE_HZ) * 2]
    path = folder / "microphone.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE_HZ)
        file.writeframes(pcm)
    return (
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-audio-capture={path}",
    )
