"""What Deepgram says on a socket: words become Results, with SpeechStarted and UtteranceEnd around them."""

import re
from collections import Counter
from collections.abc import Iterator
from statistics import fmean
from typing import Any

from rehearsal.deepgram.ears import HeardWords, TimedWord
from rehearsal.deepgram.options import DeepgramFaults
from rehearsal.deepgram.query import Wanted

Message = dict[str, Any]

EDGES = re.compile(r"^\W+|\W+$")
MODEL_UUID = "40bd3654-e622-47c4-a111-63a61b23bfe8"
DIARIZER_UUID = "9dbb3e42-7f04-4b36-8d2f-6f8a1d3f1c5e"
NOT_CONFIGURED = {
    "KEYTERMS_NOT_SUPPORTED": "Keyterms are only supported by Nova-3.",
    "KEYTERM_LIMIT_EXCEEDED": "There are too many tokens across all keyterms.",
}


class Narrator:
    """Tells one socket what was heard on it. Times are seconds since the socket was opened."""

    def __init__(self, wanted: Wanted, request_id: str, faults: DeepgramFaults, *, renumbers_speakers: bool) -> None:
        self._wanted, self._faults = wanted, faults
        self._metadata = metadata_of(wanted, request_id)
        self._speakers: dict[int, int] | None = {} if renumbers_speakers else None
        self._settled_ms = 0
        self._is_speaking = False
        self._last_word_end_ms: int | None = None  # of the utterance whose end has not been told yet

    def tell(self, heard: HeardWords) -> Iterator[Message]:
        """The messages that a result is worth, in order."""
        if heard.words and not self._is_speaking:
            self._is_speaking = True
            if self._wanted.has_vad_events:
                yield {"type": "SpeechStarted", "channel": [0], "timestamp": heard.words[0].start_ms / 1000}
        if heard.is_final or self._wanted.has_interims:
            yield self._result(heard)
        if heard.is_final:
            self._settle(heard)
        if heard.speech_final and heard.words and self._faults.repeats_utterance_end:
            yield from [utterance_end(heard.words[-1].end_ms)] * 2
        if (end_ms := self._last_word_end_ms) is not None and 0 < self._wanted.gap_ms <= quiet_until(heard) - end_ms:
            yield utterance_end(end_ms)
            self._last_word_end_ms, self._is_speaking = None, False

    def _settle(self, heard: HeardWords) -> None:
        self._settled_ms = heard.until_ms
        if heard.words:
            self._last_word_end_ms = heard.words[-1].end_ms
        if heard.speech_final:
            self._is_speaking = False

    def _result(self, heard: HeardWords) -> Message:
        return {
            "type": "Results",
            "channel_index": [0, 1],
            "start": self._settled_ms / 1000,
            "duration": (heard.until_ms - self._settled_ms) / 1000,
            "is_final": heard.is_final,
            "speech_final": heard.speech_final,
            "from_finalize": heard.is_flushed and not self._faults.ignores_finalize,
            "channel": {"alternatives": [self._alternative(heard.words)]},
            "metadata": self._metadata,
        }

    def _alternative(self, words: tuple[TimedWord, ...]) -> Message:
        told = [self._word(word) for word in words]
        shown = "punctuated_word" if self._wanted.is_formatted else "word"
        alternative: Message = {
            "transcript": " ".join(word[shown] for word in told),
            "confidence": fmean(word.confidence for word in words) if words else 0.0,
            "words": told,
        }
        if self._wanted.language == "multi":
            spoken = Counter(word.language for word in words if word.language)
            alternative["languages"] = [language for language, _ in spoken.most_common()]
        return alternative

    def _word(self, word: TimedWord) -> Message:
        told: Message = {
            "word": EDGES.sub("", word.text).lower(),
            "start": word.start_ms / 1000,
            "end": word.end_ms / 1000,
            "confidence": word.confidence,
        }
        if self._wanted.is_formatted:
            told["punctuated_word"] = word.text
        if self._wanted.is_diarized:
            told["speaker"] = self._number(word.speaker or 0)
        if self._wanted.language == "multi" and word.language:
            told["language"] = word.language
        return told

    def _number(self, speaker: int) -> int:
        return speaker if self._speakers is None else self._speakers.setdefault(speaker, len(self._speakers))


def quiet_until(heard: HeardWords) -> int:
    """To where nothing was heard since the last final word, in ms."""
    return heard.until_ms if heard.is_final or not heard.words else heard.words[0].start_ms


def metadata_of(wanted: Wanted, request_id: str) -> Message:
    info = {"name": f"general-{wanted.model}", "version": "2025-01-01.0", "arch": wanted.model}
    metadata: Message = {"request_id": request_id, "model_info": info, "model_uuid": MODEL_UUID}
    if wanted.is_diarized:
        metadata["diarize_info"] = {"model_uuid": DIARIZER_UUID, "arch": "v1"}
    return metadata


def utterance_end(last_word_end_ms: int) -> Message:
    return {"type": "UtteranceEnd", "channel": [0, 1], "last_word_end": last_word_end_ms / 1000}


def summary(request_id: str, created: str, sha256: str, duration_s: float) -> Message:
    """The last message of a socket."""
    return {
        "type": "Metadata",
        "transaction_key": "deprecated",
        "request_id": request_id,
        "sha256": sha256,
        "created": created,
        "duration": duration_s,
        "channels": 1,
    }


def configured(request_id: str, keyterms: tuple[str, ...]) -> Message:
    return {"type": "ConfigureSuccess", "request_id": request_id, "keyterms": list(keyterms)}


def not_configured(request_id: str, problem: str) -> Message:
    code = f"CONFIGURE_{problem}"
    return {"type": "ConfigureFailure", "request_id": request_id, "code": code, "description": NOT_CONFIGURED[problem]}


def not_understood(text: str) -> Message:
    return {
        "type": "Error",
        "variant": "SchemaError",
        "description": "Could not deserialize last text message.",
        "message": text,
    }
