"""Whether a chunk holds any sound. Pure."""

STEP = 8
"""Every so many samples are looked at: a voice lasts longer than half a millisecond."""
QUIET = 160
"""Mean magnitude of the samples, −46 dB of full scale: louder than a quiet room, softer than a whisper close by."""


def is_sound(pcm: bytes) -> bool:
    """`pcm` is S16LE."""
    samples = memoryview(pcm).cast("h")[::STEP]
    return sum(map(abs, samples)) > QUIET * len(samples)
