"""Which voice speaks, and who speaks for it when it fails."""

import importlib.util
from collections.abc import AsyncGenerator
from contextlib import aclosing

import structlog

from shared.clock import Clock
from shared.errors import SpeechError
from shared.metrics import vendor_calls
from speaker.adapters.embedded_voice import EmbeddedVoice
from speaker.adapters.scripted import ScriptedVoice
from speaker.config import SpeakerSettings
from speaker.ports import Voice

REST_MS = 10_000
"""A voice that failed is not asked for so long, unless there is no other."""

log = structlog.get_logger()


def build_voice(settings: SpeakerSettings, clock: Clock) -> Voice:
    kind = chosen(settings)
    if kind == "scripted":
        return ScriptedVoice()
    if kind == "embedded":
        return EmbeddedVoice()
    voice = CountedVoice(vendor_voice(kind, settings))
    return SpareVoice(voice, EmbeddedVoice(), clock) if importlib.util.find_spec("hibari") else voice


def chosen(settings: SpeakerSettings) -> str:
    if settings.speaker_voice != "auto":
        return settings.speaker_voice
    if settings.deepgram_api_key:
        return "deepgram"
    return "openai" if settings.openai_api_key and not settings.openai_base_url else "embedded"


def vendor_voice(kind: str, settings: SpeakerSettings) -> Voice:
    # Imported only where they are used: each SDK costs most of a second at every start.
    if kind == "deepgram":
        from speaker.adapters.deepgram_voice import DeepgramVoice

        return DeepgramVoice(settings.deepgram_api_key, settings.deepgram_base_url, settings.deepgram_voice)
    from speaker.adapters.openai_voice import OpenAIVoice

    return OpenAIVoice(
        settings.openai_api_key,
        settings.openai_base_url,
        model=settings.openai_speech_model,
        voice=settings.openai_voice,
    )


class CountedVoice:
    """A vendor's Voice; each sentence that it was asked for is counted by how that ended."""

    def __init__(self, voice: Voice) -> None:
        self.name, self.rate_hz = voice.name, voice.rate_hz
        self._voice = voice

    async def synthesize(self, text: str) -> AsyncGenerator[bytes, None]:
        """Raises SpeechError."""
        try:
            async with aclosing(self._voice.synthesize(text)) as sound:
                async for piece in sound:
                    yield piece
        except SpeechError as error:
            vendor_calls.labels(self.name, "speech", error.category).inc()
            raise
        vendor_calls.labels(self.name, "speech", "complete").inc()

    async def close(self) -> None:
        await self._voice.close()


class SpareVoice:
    """A Voice with another one for the sentences of which it makes no sound. Both have the same rate."""

    def __init__(self, first: Voice, spare: Voice, clock: Clock) -> None:
        assert first.rate_hz == spare.rate_hz
        self.name, self.rate_hz = first.name, first.rate_hz
        self._first, self._spare, self._clock = first, spare, clock
        self._rests_until_ms = 0

    async def synthesize(self, text: str) -> AsyncGenerator[bytes, None]:
        """Raises SpeechError where it broke off in the middle, or the spare one fails too."""
        if self._clock.now_ms() >= self._rests_until_ms:
            is_begun = False
            try:
                async with aclosing(self._first.synthesize(text)) as sound:
                    async for piece in sound:
                        is_begun = True
                        yield piece
                return
            except SpeechError as error:
                self._rests_until_ms = self._clock.now_ms() + REST_MS
                log.warning("voice.replaced", voice=self.name, spare=self._spare.name, category=error.category)
                if is_begun:
                    raise
        async with aclosing(self._spare.synthesize(text)) as sound:
            async for piece in sound:
                yield piece

    async def close(self) -> None:
        await self._first.close()
        await self._spare.close()
