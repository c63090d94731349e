"""MP3, the only form in which Recall takes a clip."""

import importlib

from shared.errors import Category, SpeechError

BITRATE_KBIT_S = 48


def encode_mp3(pcm: bytes, rate_hz: int, package: str = "lameenc") -> bytes:
    """From S16LE mono. Takes about 2 ms of CPU per second of speech: call it off the loop."""
    try:
        encoder = importlib.import_module(package).Encoder()
    except ImportError as error:
        reason = "the MP3 encoder is not installed: pip install 'chimein[local]'"
        raise SpeechError(reason, category=Category.MISSING_ENGINE) from error
    encoder.silence()
    encoder.set_channels(1)
    encoder.set_in_sample_rate(rate_hz)
    encoder.set_out_sample_rate(rate_hz)
    encoder.set_bit_rate(BITRATE_KBIT_S)
    return bytes(encoder.encode(pcm) + encoder.flush())
