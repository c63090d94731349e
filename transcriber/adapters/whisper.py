"""Whisper tiny.en on CTranslate2: an utterance's audio becomes words with times.

It calls the steps of faster-whisper one by one, because its `transcribe` decodes twice to give times to words.
"""

import re
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from transcriber.adapters.silero import to_samples
from transcriber.ports import Word

if TYPE_CHECKING:
    from ctranslate2 import StorageView
    from ctranslate2.models import WhisperGenerationResult

WINDOW_FRAMES = 3000
"""The encoder always sees 30 s; shorter audio is padded."""
PROMPT_NAMES = 40
FRAMES_PER_S = 100
TOKENS_PER_S = 12
"""More than anybody speaks: stops a decoder that repeats itself."""
LEAST_TOKENS = 16
NO_SPEECH = 0.6
UNSURE = -1.0
"""Mean log probability of the tokens."""
REPETITIVE = 2.4
"""Compression ratio of text that goes round in circles."""
LOOP = re.compile(r"\b(\w+(?:\W+\w+){0,5}?)(?:\W+\1\b){5,}", re.IGNORECASE)


class Whisper:
    """Not safe for two threads at once."""

    def __init__(self, model_folder: Path, assistant_name: str) -> None:
        from faster_whisper import WhisperModel
        from faster_whisper.tokenizer import Tokenizer
        from faster_whisper.transcribe import get_suppressed_tokens

        self._assistant_name = assistant_name
        self._model = WhisperModel(str(model_folder), device="cpu", compute_type="int8", cpu_threads=1)
        self._tokenizer = Tokenizer(self._model.hf_tokenizer, multilingual=False)
        self._suppressed = get_suppressed_tokens(self._tokenizer, [-1])

    def hear(self, pcm: bytes, vocabulary: tuple[str, ...]) -> tuple[Word, ...]:
        """Words with times from the first sample on; none for what is not speech."""
        features = self._model.feature_extractor(to_samples(pcm))[:, :WINDOW_FRAMES]
        frames = features.shape[-1]
        encoded = self._model.encode(np.pad(features, ((0, 0), (0, WINDOW_FRAMES - frames))))
        most_tokens = LEAST_TOKENS + frames * TOKENS_PER_S // FRAMES_PER_S
        generated = self._generate(encoded, prompt_for(self._assistant_name, vocabulary), most_tokens)
        tokens = generated.sequences_ids[0]
        if not is_plausible(self._tokenizer.decode(tokens), generated.no_speech_prob, generated.scores[0]):
            return ()
        pieces = self._model.find_alignment(self._tokenizer, [tokens], encoded, frames)[0]
        return join([Word(p["word"], round(p["start"] * 1000), round(p["end"] * 1000)) for p in pieces])

    def _generate(self, encoded: "StorageView", prompt: str, most_tokens: int) -> "WhisperGenerationResult":
        start = self._model.get_prompt(self._tokenizer, self._tokenizer.encode(" " + prompt), without_timestamps=True)
        return self._model.model.generate(
            encoded,
            [start],
            beam_size=1,
            max_length=len(start) + most_tokens,
            return_scores=True,
            return_no_speech_prob=True,
            suppress_tokens=self._suppressed,
        )[0]


def is_plausible(text: str, no_speech_probability: float, mean_log_probability: float) -> bool:
    """Whether somebody may have said that: Whisper invents text for noise, and repeats itself when it is lost."""
    if not any(character.isalpha() or character.isdigit() for character in text):
        return False
    if no_speech_probability > NO_SPEECH and mean_log_probability < UNSURE:
        return False
    encoded = text.encode()
    return len(encoded) / len(zlib.compress(encoded)) < REPETITIVE and not LOOP.search(text)


def join(pieces: list[Word]) -> tuple[Word, ...]:
    """Words as printed, from pieces of which only the first of a word begins with a space."""
    words: list[Word] = []
    for piece in pieces:
        text = piece.text.strip()
        if not words or piece.text.startswith(" "):
            words.append(Word(text, piece.start_ms, piece.end_ms))
        elif text:
            end_ms = piece.end_ms if any(character.isalnum() for character in text) else words[-1].end_ms
            words[-1] = Word(words[-1].text + text, words[-1].start_ms, end_ms)
    return tuple(word for word in words if word.text)


def prompt_for(assistant_name: str, names: tuple[str, ...]) -> str:
    """What the model is told was said before. Names that it has seen are heard better."""
    listed = f"{', '.join(names[:PROMPT_NAMES])}. " if names else ""
    return f"{listed}{assistant_name} is our meeting assistant. Hey {assistant_name}, what did we decide?"
