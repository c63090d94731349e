"""The voice detector on live audio."""

import math
import struct

import pytest

from transcriber.adapters.recent_audio import BYTES_PER_MS
from transcriber.adapters.silero import VoiceTrack, load_silero

pytestmark = pytest.mark.engine


def hum(duration_ms: int) -> bytes:
    """Something that comes and goes, so that the frames differ."""
    samples = range(duration_ms * 16)
    return struct.pack(
        f"<{len(samples)}h", *(int(9000 * math.sin(n / 20) * math.sin(n / 700) * math.sin(n / 5000)) for n in samples)
    )


@pytest.mark.parametrize("size", [3200, 1022, 70])
def test_the_size_of_chunks_does_not_matter(size: int) -> None:
    session, pcm = load_silero(), hum(1500)
    whole = VoiceTrack(session, 1000).feed(pcm)
    track = VoiceTrack(session, 1000)
    pieces = [frame for at in range(0, len(pcm), size) for frame in track.feed(pcm[at : at + size])]
    assert [at_ms for at_ms, _ in pieces] == [1000 + 32 * n for n in range(46)]
    assert [p for _, p in pieces] == pytest.approx([p for _, p in whole], abs=1e-4)


def test_silence_holds_no_voice() -> None:
    frames = VoiceTrack(load_silero(), 0).feed(bytes(2000 * BYTES_PER_MS))
    assert max(probability for _, probability in frames) < 0.2
