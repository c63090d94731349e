"""What OpenAI's chat completions take and give, as bodies."""

import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aiohttp import web

Body = dict[str, Any]
CACHED_FROM, CACHED_STEP = 1024, 128
"""Tokens: shorter prompts are not cached, and longer ones in such steps."""


@dataclass(frozen=True)
class Reply:
    """What the model says, and how it ends."""

    text: str
    finish_reason: str = "stop"
    refusal: str = ""


Responder = Callable[[Sequence[Mapping[str, Any]], Mapping[str, Any] | None], str | Reply]
"""From the messages and the response format to what the model says."""


class Usages:
    """Counts tokens as four characters each, and those of the longest beginning seen before as cached."""

    def __init__(self) -> None:
        self._prompts: list[str] = []

    def of(self, body: Body, reply: Reply) -> Body:
        prompt = "\n".join(f"{message['role']}: {message['content']}" for message in body["messages"])
        shared = max((common_length(prompt, known) for known in self._prompts), default=0) // 4
        self._prompts.append(prompt)
        total, completion = len(prompt) // 4 + 1, len(reply.text) // 4 + 1
        return {
            "prompt_tokens": total,
            "completion_tokens": completion,
            "total_tokens": total + completion,
            "prompt_tokens_details": {
                "cached_tokens": shared // CACHED_STEP * CACHED_STEP if shared >= CACHED_FROM else 0,
                "audio_tokens": 0,
            },
            "completion_tokens_details": {"reasoning_tokens": 0},
        }


def common_length(first: str, second: str) -> int:
    pairs = enumerate(zip(first, second, strict=False))
    return next((n for n, (one, other) in pairs if one != other), min(len(first), len(second)))


def reply_of(said: str | Reply, body: Body) -> Reply:
    """Cut where the caller's limit of tokens is."""
    reply = Reply(said) if isinstance(said, str) else said
    most = body.get("max_completion_tokens") or body.get("max_tokens")
    if most and len(reply.text) > 4 * most:
        return Reply(reply.text[: 4 * most], "length")
    return reply


def problem_of(body: Body, models: Sequence[str]) -> web.Response | None:
    """What OpenAI would refuse in a request."""
    if body.get("model") not in models:
        message = f"The model `{body.get('model')}` does not exist or you do not have access to it."
        return error_body(404, message, code="model_not_found")
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages or not all(is_message(message) for message in messages):
        return error_body(400, "'messages' must be an array of messages with role and content.", param="messages")
    if complaint := schema_complaint(body.get("response_format")):
        return error_body(400, complaint, param="response_format")
    return None


def is_message(message: object) -> bool:
    return isinstance(message, dict) and all(isinstance(message.get(key), str) for key in ("role", "content"))


def schema_complaint(wanted: Mapping[str, Any] | None) -> str:
    """Strict schemas have an object at the root, require every property and allow no other."""
    if not wanted or wanted.get("type") != "json_schema":
        return ""
    described = wanted.get("json_schema", {})
    schema = described.get("schema", {})
    if schema.get("type") != "object":
        return "Invalid schema: schema must be a JSON Schema of 'type: \"object\"'."
    if not described.get("strict"):
        return ""
    for part in [schema, *schema.get("$defs", {}).values()]:
        if part.get("additionalProperties") is not False or set(part.get("required", [])) != set(part["properties"]):
            return "Invalid schema: every property must be in 'required', and 'additionalProperties' must be false."
    return ""


def error_body(
    status: int,
    message: str,
    *,
    code: str | None = None,
    param: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> web.Response:
    kind = "server_error" if status >= 500 else "invalid_request_error"
    body = {"error": {"message": message, "type": kind, "param": param, "code": code}}
    named = {"x-request-id": f"req_{secrets.token_hex(8)}", **(headers or {})}
    return web.json_response(body, status=status, headers=named)


def frame(body: Body, kind: str) -> Body:
    return {
        "id": f"chatcmpl-{secrets.token_hex(12)}",
        "object": kind,
        "created": int(time.time()),
        "model": body["model"],
        "service_tier": "default",
        "system_fingerprint": None,
    }


def complete(body: Body, reply: Reply, usage: Body) -> Body:
    """The whole completion at once."""
    message: Body = {
        "role": "assistant",
        "content": reply.text or None,
        "refusal": reply.refusal or None,
        "annotations": [],
    }
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": reply.finish_reason}
    return {**frame(body, "chat.completion"), "choices": [choice], "usage": usage}
