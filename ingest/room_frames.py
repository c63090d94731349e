"""What a microphone in a room says over its socket, and what it is told. Pure.

Sound is binary: eight bytes of time, a little-endian float in ms since the microphone went on, then S16LE of 16 kHz.
Everything else is JSON.
"""

import math
import struct
from typing import Annotated, NamedTuple

import msgspec
from msgspec import Meta

from shared.errors import DecodeError

TIME = struct.Struct("<d")
LONGEST_MS = 24 * 3600 * 1000


class Hello(msgspec.Struct, frozen=True, kw_only=True, tag="hello"):
    """The first message of a socket."""

    name: Annotated[str, Meta(min_length=1, max_length=60)]
    started_at: int = 0
    """What `Welcome` said when this microphone went on; 0 when it has just gone on."""
    is_table: bool = False
    """Several people share this microphone."""


class Voice(msgspec.Struct, frozen=True, kw_only=True, tag="voice"):
    """Somebody began or stopped to talk into it."""

    at_ms: float
    is_on: bool


class Welcome(msgspec.Struct, frozen=True, kw_only=True, tag="welcome"):
    """Unix ms at which the microphone went on, on the clock of this side: to be said in the next Hello."""

    started_at: int


class Landed(msgspec.Struct, frozen=True, kw_only=True, tag="landed"):
    """Everything before this time of the microphone is safe: it need not be sent again."""

    until_ms: int


class Heard(NamedTuple):
    """Some sound. `at_ms` is the time of its first sample since the microphone went on."""

    at_ms: float
    pcm: bytes


DECODER: msgspec.json.Decoder[Hello | Voice] = msgspec.json.Decoder(Hello | Voice)


def decode(message: str | bytes) -> Hello | Voice | Heard:
    """Raises DecodeError."""
    if isinstance(message, bytes):
        return sound_in(message)
    try:
        said = DECODER.decode(message)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise DecodeError("room message", str(error)) from error
    if isinstance(said, Hello):
        return msgspec.structs.replace(said, name=printable(said.name))
    return said if is_time(said.at_ms) else reject("its time is none")


def sound_in(message: bytes) -> Heard:
    if len(message) < TIME.size or len(message) % 2:
        reject("it is cut off")
    at_ms: float = TIME.unpack_from(message)[0]
    return Heard(at_ms, message[TIME.size :]) if is_time(at_ms) else reject("its time is none")


def is_time(at_ms: float) -> bool:
    return math.isfinite(at_ms) and 0 <= at_ms < LONGEST_MS


def printable(name: str) -> str:
    """On one line, without what cannot be seen."""
    return " ".join("".join(char if char.isprintable() else " " for char in name).split()) or "Somebody"


def reject(why: str) -> Heard:
    raise DecodeError("room message", why)
