"""`POST /v1/audio/speech` of the OpenAI stand-in."""

from collections.abc import Callable
from typing import Any

import msgspec
from aiohttp import web

from rehearsal.openai.bodies import error_body
from rehearsal.speech import Faults, SpeechFault, speak, tone

RATE_HZ = 24_000
LONGEST_TEXT = 4096
VOICES = {"alloy", "ash", "ballad", "coral", "echo", "fable", "onyx", "nova", "sage", "shimmer", "verse"}
MODELS = {"tts-1", "tts-1-hd", "gpt-4o-mini-tts"}


def fair_weather() -> SpeechFault:
    return SpeechFault.NONE


class Speaking:
    """`asked` keeps what was accepted. Each fault hits one request, in order."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.faults: Faults = Faults()
        self.weather: Callable[[], SpeechFault | int] = fair_weather
        """Chooses the fault of each request where `faults` is empty."""
        self.requests = self.failed = 0

    async def answer(self, request: web.Request) -> web.StreamResponse:
        fault = self.faults.popleft() if self.faults else self.weather()
        self.requests += 1
        self.failed += fault is not SpeechFault.NONE
        if isinstance(fault, int):
            return error_body(fault, "The stand-in was told to refuse this.")
        try:
            body = msgspec.json.decode(await request.read(), type=dict[str, Any])
        except msgspec.DecodeError:
            return error_body(400, "We could not parse the JSON body of your request.")
        if problem := problem_of(body):
            return error_body(404 if "model" in problem else 400, problem)
        self.asked.append(body)
        return await speak(request, tone(str(body["input"]), RATE_HZ), RATE_HZ, fault)


def problem_of(body: dict[str, Any]) -> str:
    """Why it is refused; empty where it is not."""
    if body.get("model") not in MODELS:
        return f"The model `{body.get('model')}` does not exist or you do not have access to it."
    if body.get("voice") not in VOICES:
        return f"Invalid value for `voice`: {body.get('voice')!r}."
    if not str(body.get("input", "")).strip() or len(str(body["input"])) > LONGEST_TEXT:
        return f"`input` must be a string of 1 to {LONGEST_TEXT} characters."
    return "" if body.get("response_format") == "pcm" else "This stand-in makes `pcm` only."
