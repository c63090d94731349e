"""How results leave: structs as JSON, and what a caller asked for in `Accept` and `Prefer`."""

import re
import unicodedata
from collections.abc import Mapping, Sequence

import msgspec
from aiohttp import web

from gateway.problems import ProblemError

JSON = "application/json"
EVENT_STREAM = "text/event-stream"
MAX_WAIT_S = 120.0
JOINERS = "\u200c\u200d\u200e\u200f"
"""Zero-width joiners, and the marks of direction that keep a name beside a number readable."""
WAIT = re.compile(r"\bwait=([0-9]{1,6})\b")


def respond(body: msgspec.Struct, *, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    return web.Response(status=status, body=msgspec.json.encode(body), content_type=JSON, headers=headers)


def text(body: str, media_type: str) -> web.Response:
    return web.Response(text=body, content_type=media_type, charset="utf-8")


def flat(text: str) -> str:
    """On one line, without control characters; what holds an emoji or a word of Persian together stays."""
    return " ".join("".join(char if char.isprintable() else shown(char) for char in text).split())


def shown(char: str) -> str:
    """Of a character that cannot be seen."""
    if char in JOINERS:
        return char
    return "" if unicodedata.category(char) == "Cf" else " "


def accepted(request: web.Request, offered: Sequence[str]) -> str:
    """What the caller likes best of what is offered; the first where it does not care. Raises ProblemError."""
    header = request.headers.get("Accept", "*/*")
    wishes = [wish_of(part) for part in header.split(",")]
    for _, wanted in sorted((wish for wish in wishes if wish[0] > 0), key=weight_of, reverse=True):
        for media_type in offered:
            if wanted in {media_type, "*/*", f"{media_type.partition('/')[0]}/*"}:
                return media_type
    raise ProblemError(406, "not-acceptable", f"Accept: ask for one of {', '.join(offered)}")


def wish_of(part: str) -> tuple[float, str]:
    """Weight and media type; an unreadable weight is 1."""
    media_type, *parameters = (piece.strip().lower() for piece in part.split(";"))
    for parameter in parameters:
        if found := re.fullmatch(r"q=([01](?:\.[0-9]{0,3})?)", parameter):
            return float(found[1]), media_type
    return 1.0, media_type


def weight_of(wish: tuple[float, str]) -> float:
    return wish[0]


def wait_of(request: web.Request, default_s: float) -> float:
    """`Prefer: wait=N` (RFC 7240), within reason."""
    found = WAIT.search(request.headers.get("Prefer", ""))
    return min(float(found[1]), MAX_WAIT_S) if found else default_s
