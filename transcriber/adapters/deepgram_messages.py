"""What is said on a `/v1/listen` socket of Deepgram.

Fields that nobody needs are not read and fields that are missing have defaults: the server may say more, or less.
"""

from collections.abc import Iterable

import msgspec

KEEP_ALIVE = '{"type":"KeepAlive"}'
FINALIZE = '{"type":"Finalize"}'
CLOSE_STREAM = '{"type":"CloseStream"}'


class TimedWord(msgspec.Struct, frozen=True):
    """Times are seconds of audio since the socket was opened."""

    word: str = ""
    punctuated_word: str | None = None
    start: float | None = None
    end: float | None = None
    confidence: float | None = None
    speaker: int | None = None
    """With diarization."""
    language: str | None = None
    """With `multi`, and not always."""


class Alternative(msgspec.Struct, frozen=True):
    transcript: str = ""
    words: tuple[TimedWord, ...] = ()


class Channel(msgspec.Struct, frozen=True):
    alternatives: tuple[Alternative, ...] = ()


class Results(msgspec.Struct, frozen=True, kw_only=True, tag=True, tag_field="type"):
    """What was heard since the last final one; until the next final one they replace each other."""

    start: float | None = None
    duration: float | None = None
    is_final: bool | None = None
    speech_final: bool | None = None
    """The utterance is over."""
    from_finalize: bool | None = None
    """An answer to Finalize."""
    channel: Channel = Channel()


class UtteranceEnd(msgspec.Struct, frozen=True, tag=True, tag_field="type"):
    """Nobody has spoken for a while. May come after `speech_final` for the same words, and twice."""

    last_word_end: float | None = None
    """Negative: of no words in particular."""


class Metadata(msgspec.Struct, frozen=True, tag=True, tag_field="type"):
    """The last message after CloseStream."""


class SpeechStarted(msgspec.Struct, frozen=True, tag=True, tag_field="type"):
    """Somebody begins to speak."""


class ConfigureSuccess(msgspec.Struct, frozen=True, tag=True, tag_field="type"):
    """The new terms are in force."""


class ConfigureFailure(msgspec.Struct, frozen=True, tag=True, tag_field="type"):
    """The old terms stay in force."""

    code: str = ""


class Error(msgspec.Struct, frozen=True, tag=True, tag_field="type"):
    """A text frame was not understood. Its text, which the message repeats, may hold names: it is not read."""

    variant: str = ""


Message = Results | UtteranceEnd | Metadata | SpeechStarted | ConfigureSuccess | ConfigureFailure | Error

DECODER: msgspec.json.Decoder[Message] = msgspec.json.Decoder(Message)


class Configure(msgspec.Struct, frozen=True, tag=True, tag_field="type"):
    keyterms: tuple[str, ...]
    """In place of all known before."""


def message_of(frame: str | bytes) -> Message | None:
    """None for what cannot be read: of a type unheard of, or broken."""
    try:
        return DECODER.decode(frame)
    except msgspec.DecodeError:
        return None


def configure(keyterms: Iterable[str]) -> str:
    return msgspec.json.encode(Configure(tuple(keyterms))).decode()


def words_of(results: Results) -> tuple[TimedWord, ...]:
    """Of the likeliest alternative. A transcript that comes without its words is taken apart, its times are guessed."""
    alternative = results.channel.alternatives[0] if results.channel.alternatives else Alternative()
    if alternative.words or not alternative.transcript:
        return alternative.words
    texts = alternative.transcript.split()
    start_s, each_s = results.start or 0.0, (results.duration or 0.0) / max(len(texts), 1)
    return tuple(
        TimedWord(word=text, start=start_s + n * each_s, end=start_s + (n + 1) * each_s) for n, text in enumerate(texts)
    )
