"""A completion as server-sent events, whole or broken in one of the ways in which streams break."""

import re
from collections.abc import Iterator
from enum import StrEnum

import msgspec

from rehearsal.openai.bodies import Body, Reply, frame

PIECE = re.compile(r"\s?\S{1,5}|\s+")
"""About a token."""


class Fault(StrEnum):
    """What goes wrong with a request."""

    NONE = "none"
    RATE_LIMIT = "rate_limit"
    HTML = "html"
    """200 and a page, as proxies send it."""
    NOT_A_CHUNK = "not_a_chunk"
    SERVER_ERROR = "server_error"
    HANG_BEFORE_HEADERS = "hang_before_headers"
    HANG_MID_STREAM = "hang_mid_stream"
    CUT_MID_STREAM = "cut_mid_stream"
    GARBAGE_CHUNK = "garbage_chunk"
    ERROR_MID_STREAM = "error_mid_stream"


IN_STREAM = {
    Fault.NOT_A_CHUNK: b'data: {"choices": 7}\n\n',
    Fault.HANG_MID_STREAM: b"",
    Fault.CUT_MID_STREAM: b"",
    Fault.GARBAGE_CHUNK: b'data: {"id": "chatcmpl-1", "choi\n\n',
    Fault.ERROR_MID_STREAM: b'data: {"error": {"message": "The server had an error.", "type": "server_error"}}\n\n',
}
"""What comes after half of the text in place of the rest."""


def events_of(body: Body, reply: Reply, usage: Body, fault: Fault) -> Iterator[bytes]:
    """The lines on the wire; a fault that hits the stream ends them early."""
    head = frame(body, "chat.completion.chunk")
    wants_usage = bool((body.get("stream_options") or {}).get("include_usage"))
    extra: Body = {"usage": None} if wants_usage else {}
    deltas = deltas_of(reply)
    for delta in deltas[: len(deltas) // 2 + 1] if fault in IN_STREAM else deltas:
        yield event({**head, "choices": [choice(delta, None)], **extra})
    if fault in IN_STREAM:
        yield IN_STREAM[fault]
        return
    yield event({**head, "choices": [choice({}, reply.finish_reason)], **extra})
    if wants_usage:
        yield event({**head, "choices": [], "usage": usage})
    yield b"data: [DONE]\n\n"


def deltas_of(reply: Reply) -> list[Body]:
    first: Body = {"role": "assistant", "content": "", "refusal": None}
    if reply.refusal:
        return [first, {"refusal": reply.refusal}]
    return [first, *({"content": piece} for piece in PIECE.findall(reply.text))]


def choice(delta: Body, finish_reason: str | None) -> Body:
    return {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}


def event(body: Body) -> bytes:
    return b"data: " + msgspec.json.encode(body) + b"\n\n"
