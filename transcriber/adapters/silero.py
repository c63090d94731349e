"""Silero's voice detector, run on live audio frame by frame. The model comes with faster-whisper."""

import importlib.resources
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from transcriber.adapters.recent_audio import BYTES_PER_MS
from transcriber.endpointing import FRAME_MS

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

FRAME_BYTES = FRAME_MS * BYTES_PER_MS
CONTEXT_SAMPLES = 64
"""The model sees the end of the frame before."""
STATE_SHAPE = (1, 1, 128)

Samples = npt.NDArray[np.float32]


def load_silero() -> "InferenceSession":
    """Shared by all tracks: what it remembers of a track is kept in VoiceTrack."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.inter_op_num_threads = options.intra_op_num_threads = 1
    model = importlib.resources.files("faster_whisper.assets") / "silero_vad_v6.onnx"
    return onnxruntime.InferenceSession(model.read_bytes(), options, providers=["CPUExecutionProvider"])


class VoiceTrack:
    """One stretch of audio without gaps."""

    def __init__(self, session: "InferenceSession", at_ms: int) -> None:
        self._session = session
        self._at_ms = at_ms
        self._rest = b""
        self._context = np.zeros(CONTEXT_SAMPLES, np.float32)
        self._state = (np.zeros(STATE_SHAPE, np.float32), np.zeros(STATE_SHAPE, np.float32))

    def feed(self, pcm: bytes) -> list[tuple[int, float]]:
        """The source time of each frame that is complete by now, and how likely it holds a voice. About 0.1 ms each."""
        pcm = self._rest + pcm
        count = len(pcm) // FRAME_BYTES
        pcm, self._rest = pcm[: count * FRAME_BYTES], pcm[count * FRAME_BYTES :]
        if not count:
            return []
        probabilities = self._run(to_samples(pcm).reshape(count, -1))
        first_ms, self._at_ms = self._at_ms, self._at_ms + count * FRAME_MS
        return [(first_ms + index * FRAME_MS, float(value)) for index, value in enumerate(probabilities)]

    def _run(self, frames: Samples) -> Samples:
        endings = frames[:, -CONTEXT_SAMPLES:]
        contexts = np.vstack([self._context, endings[:-1]])
        self._context = endings[-1]
        inputs = {"input": np.hstack([contexts, frames]), "h": self._state[0], "c": self._state[1]}
        probabilities, *state = self._session.run(None, inputs)
        self._state = (state[0], state[1])
        return np.asarray(probabilities, np.float32)


def to_samples(pcm: bytes) -> Samples:
    return np.frombuffer(pcm, np.int16).astype(np.float32) / np.float32(32768)
