"""Sound in any form to plain PCM, by PyAV."""

import importlib
from pathlib import Path
from typing import IO

from shared.errors import ChimeinError


class SoundError(ChimeinError):
    """Something cannot be read as sound; the text says what, and what to do."""


def decode(source: Path | IO[bytes], rate_hz: int) -> bytes:
    """The first audio track as S16LE mono. Slow: call it off the loop."""
    try:
        av = importlib.import_module("av")
    except ImportError as error:
        raise SoundError("reading sound needs PyAV, which is not installed: pip install 'chimein[local]'") from error
    resampler = av.AudioResampler(format="s16", layout="mono", rate=rate_hz)
    name = source.name if isinstance(source, Path) else "the clip"
    try:
        with av.open(str(source) if isinstance(source, Path) else source) as container:
            frames = [made for frame in container.decode(audio=0) for made in resampler.resample(frame)]
            frames.extend(resampler.resample(None))
    except (av.FFmpegError, IndexError) as error:
        raise SoundError(f"{name} is not sound that can be read: use WAV, FLAC, MP3, M4A, Opus or a video") from error
    return b"".join(bytes(frame.planes[0])[: frame.samples * 2] for frame in frames)
