import io

import av
import pytest

from shared.errors import Category, SpeechError
from speaker.adapters.mp3 import encode_mp3
from speaker.adapters.scripted import tone


def test_a_clip_is_mono_mp3_of_the_voices_rate_and_the_bitrate_that_recall_needs() -> None:
    mp3 = encode_mp3(tone(1000, 24_000), 24_000)
    with av.open(io.BytesIO(mp3)) as container:
        stream = container.streams.audio[0]
        samples = sum(frame.samples for frame in container.decode(audio=0))
        assert (stream.codec.name, stream.rate, stream.channels) == ("mp3float", 24_000, 1)
    assert 24_000 <= samples <= 24_000 * 1.1
    assert 5_500 <= len(mp3) <= 6_600


def test_a_missing_encoder_names_the_remedy() -> None:
    with pytest.raises(SpeechError, match=r"pip install 'chimein\[local\]'") as raised:
        encode_mp3(b"", 24_000, package="no_such_encoder")
    assert raised.value.category is Category.MISSING_ENGINE
