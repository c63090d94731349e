"""Speech by OpenAI's `/v1/audio/speech`, or by any server that speaks it, by the official SDK.

OpenAI itself stops the models behind it on 6 January 2027 (https://platform.openai.com/docs/deprecations).
"""

from collections.abc import AsyncGenerator

import httpx2
import openai

from shared.config import Secret
from shared.errors import Category, SpeechError
from speaker.adapters.voice_errors import of_connection, of_status
from speaker.adapters.whole_samples import whole_samples

MODEL, VOICE = "gpt-4o-mini-tts", "alloy"
RATE_HZ = 24_000
"""Of its `pcm`: S16LE, mono, without a header."""
SILENCE_S = 4.0
KEY_SETTING = "OPENAI_API_KEY"
PIECE_BYTES = 4096


class OpenAIVoice:
    """A Voice."""

    name = "openai"
    rate_hz = RATE_HZ

    def __init__(
        self, key: Secret, base_url: str = "", *, model: str = MODEL, voice: str = VOICE, silence_s: float = SILENCE_S
    ) -> None:
        self._model, self._voice = model, voice
        self._client = openai.AsyncOpenAI(
            api_key=key.reveal() or "none",
            base_url=base_url or None,
            timeout=httpx2.Timeout(silence_s),
            max_retries=0,
        )

    def synthesize(self, text: str) -> AsyncGenerator[bytes, None]:
        return whole_samples(lambda: self._stream(text), self._explained)

    async def _stream(self, text: str) -> AsyncGenerator[bytes, None]:
        if not text.strip():
            return
        asked = self._client.audio.speech.with_streaming_response.create(
            model=self._model, voice=self._voice, input=text, response_format="pcm"
        )
        async with asked as sound:
            async for piece in sound.iter_bytes(PIECE_BYTES):
                yield piece

    def _explained(self, error: Exception) -> SpeechError | None:
        match error:
            case openai.APIStatusError():
                retry_after = error.response.headers.get("retry-after", "")
                return of_status("OpenAI", KEY_SETTING, error.status_code, retry_after)
            case openai.APITimeoutError() | httpx2.TimeoutException():
                return SpeechError("OpenAI's voice is silent for too long", category=Category.TIMEOUT)
            case openai.APIConnectionError() | httpx2.HTTPError():
                return of_connection("OpenAI's voice", "OPENAI_BASE_URL")
        return None

    async def close(self) -> None:
        await self._client.close()
