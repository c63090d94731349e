import base64
import io

import av

from ingest.adapters.silence import SILENT_MP3


def test_the_silent_clip_is_an_mp3_and_silent() -> None:
    with av.open(io.BytesIO(base64.b64decode(SILENT_MP3))) as container:
        frames = [frame.to_ndarray() for frame in container.decode(audio=0)]
        assert container.streams.audio[0].codec.name == "mp3float"
    assert frames
    assert all(abs(frame).max() < 1e-4 for frame in frames)
