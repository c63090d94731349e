"""What a client may say in text on a Deepgram socket."""

from typing import Literal

import msgspec


class Command(msgspec.Struct, frozen=True):
    """Any of them; fields that are not known are ignored."""

    type: Literal["KeepAlive", "Finalize", "CloseStream", "Configure"]
    channel: int | None = None
    """Of Finalize: which one; there is only one here."""
    keyterms: tuple[str, ...] | None = None
    """Of Configure: in place of those known before; None leaves them."""
    features: dict[str, bool] | None = None
    """Of Configure."""


def command_of(text: str) -> Command | None:
    """None if it is not one."""
    try:
        return msgspec.json.decode(text, type=Command)
    except msgspec.DecodeError:
        return None
