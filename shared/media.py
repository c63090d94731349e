"""What speaker and the page in the bot tell each other, over two short streams: sound there, progress back."""

import msgspec

from shared.bus import Entry

BODY = b"body"
KEPT_ENTRIES, KEPT_S = 400, 120
"""Of sound and of progress: what was heard is not kept."""


class SoundPiece(msgspec.Struct, frozen=True, kw_only=True, tag="piece", omit_defaults=True):
    """speaker → page. Some sound of a sentence, in order."""

    sentence: str
    at_ms: int
    """Where in the sentence it begins."""
    rate_hz: int
    pcm: bytes
    """S16LE, mono."""
    is_last: bool = False


class SoundStopped(msgspec.Struct, frozen=True, kw_only=True, tag="stop"):
    """speaker → page: silence at once."""

    sentence: str


class Played(msgspec.Struct, frozen=True, kw_only=True, tag="played", omit_defaults=True):
    """page → speaker: so much of the sentence has come out, counted from its beginning."""

    sentence: str
    played_ms: int
    is_over: bool = False


Media = SoundPiece | SoundStopped | Played
_DECODER: msgspec.msgpack.Decoder[Media] = msgspec.msgpack.Decoder(Media)


def fields_of(media: Media) -> dict[bytes, bytes]:
    return {BODY: msgspec.msgpack.encode(media)}


def media_in(entry: Entry) -> Media | None:
    """None for what cannot be read."""
    try:
        return _DECODER.decode(entry.fields.get(BODY, b""))
    except msgspec.DecodeError:
        return None
