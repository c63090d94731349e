"""`POST /v1/speak` of the Deepgram stand-in: Aura over HTTP, with what it refuses."""

from typing import Any

import msgspec
from aiohttp import web

from rehearsal.deepgram.doors import refusal, refused_by_key
from rehearsal.deepgram.options import DeepgramOptions
from rehearsal.speech import Faults, SpeechFault, speak, tone

LONGEST_TEXT = 2000
"""Characters: https://developers.deepgram.com/docs/tts-rest"""
KNOWN = {"model", "encoding", "sample_rate", "container", "bit_rate", "callback", "callback_method", "mip_opt_out", "tag", "speed"}  # fmt: skip  # noqa: E501
RATES = {"8000", "16000", "24000", "32000", "48000"}


class Speaking:
    """`asked` keeps what was accepted. Each fault hits one request, in order."""

    def __init__(self, options: DeepgramOptions) -> None:
        self.asked: list[tuple[dict[str, str], str]] = []
        """Query and text."""
        self.faults: Faults = Faults()
        self._options = options

    async def answer(self, request: web.Request) -> web.StreamResponse:
        fault = self.faults.popleft() if self.faults else SpeechFault.NONE
        if isinstance(fault, int):
            return refusal(fault)
        text = text_of(await request.read())
        problem = problem_of(dict(request.query), text)
        if refused := refused_by_key(request, self._options) or (refusal(400, problem) if problem else None):
            return refused
        self.asked.append((dict(request.query), text))
        rate_hz = int(request.query["sample_rate"])
        return await speak(request, tone(text, rate_hz), rate_hz, fault)


def text_of(body: bytes) -> str:
    """Empty where there is none."""
    try:
        told: Any = msgspec.json.decode(body)
    except msgspec.DecodeError:
        return ""
    return str(told.get("text", "")) if isinstance(told, dict) else ""


def problem_of(query: dict[str, str], text: str) -> str:
    """Why it is refused; empty where it is not."""
    if unknown := query.keys() - KNOWN:
        return f"Unexpected query parameter: {', '.join(sorted(unknown))}."
    if not text.strip():
        return "No text was provided."
    if len(text) > LONGEST_TEXT:
        return f"Input text exceeds the limit of {LONGEST_TEXT} characters."
    if not query.get("model", "aura-asteria-en").startswith("aura-"):
        return f"No such model: {query['model']}."
    if query.get("encoding") != "linear16" or query.get("sample_rate") not in RATES:
        return "Unsupported audio format: this stand-in makes linear16 of 8 to 48 kHz."
    return "" if query.get("container") == "none" else "Unsupported container."
