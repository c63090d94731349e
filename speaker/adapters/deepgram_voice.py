"""The voice of Deepgram Aura, by the official SDK. Over HTTP and not the socket: docs/decisions/0005."""

from collections.abc import AsyncGenerator

import httpx
from deepgram import AsyncDeepgramClient
from deepgram.core.api_error import ApiError
from deepgram.core.request_options import RequestOptions
from deepgram.environment import DeepgramClientEnvironment

from shared.config import Secret
from shared.errors import Category, SpeechError
from speaker.adapters.voice_errors import of_connection, of_status
from speaker.adapters.whole_samples import whole_samples

BASE_URL = "https://api.deepgram.com"
VOICE = "aura-2-thalia-en"
RATE_HZ = 24_000
SILENCE_S = 4.0
"""Without a byte for so long, the try has failed."""
KEY_SETTING = "DEEPGRAM_API_KEY"


class DeepgramVoice:
    """A Voice. Its pool keeps connections open from sentence to sentence."""

    name = "deepgram"
    rate_hz = RATE_HZ

    def __init__(
        self, key: Secret, base_url: str = BASE_URL, voice: str = VOICE, *, silence_s: float = SILENCE_S
    ) -> None:
        address = base_url.rstrip("/")
        sockets = address.replace("http", "ws", 1)
        places = DeepgramClientEnvironment(base=address, production=sockets, agent=sockets, agent_rest=address)
        self._http = httpx.AsyncClient(timeout=silence_s, follow_redirects=False, trust_env=False)
        self._client = AsyncDeepgramClient(api_key=key.reveal(), environment=places, httpx_client=self._http)
        self._voice = voice
        self._options = RequestOptions(timeout=silence_s, max_retries=0)

    def synthesize(self, text: str) -> AsyncGenerator[bytes, None]:
        return whole_samples(lambda: self._stream(text), self._explained)

    async def _stream(self, text: str) -> AsyncGenerator[bytes, None]:
        if not text.strip():
            return
        sound = self._client.speak.v1.audio.generate(
            text=text,
            model=self._voice,
            encoding="linear16",
            sample_rate=self.rate_hz,
            container="none",
            request_options=self._options,
        )
        async for piece in sound:
            yield piece

    def _explained(self, error: Exception) -> SpeechError | None:
        match error:
            case ApiError():
                headers = {name.lower(): value for name, value in (error.headers or {}).items()}
                return of_status("Deepgram", KEY_SETTING, error.status_code or 0, headers.get("retry-after", ""))
            case httpx.TimeoutException():
                return SpeechError("Deepgram's voice is silent for too long", category=Category.TIMEOUT)
            case httpx.HTTPError():
                return of_connection("Deepgram's voice", "DEEPGRAM_BASE_URL")
        return None

    async def close(self) -> None:
        await self._http.aclose()
