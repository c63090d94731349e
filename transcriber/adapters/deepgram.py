"""The speech engine of Deepgram, over its live socket. No vendor SDK: docs/decisions/0004."""

import logging

from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

from shared.config import Secret
from transcriber.adapters.deepgram_errors import error_of
from transcriber.adapters.deepgram_pacing import Limits
from transcriber.adapters.deepgram_query import keyterms_of, query_of
from transcriber.adapters.deepgram_stream import DeepgramStream
from transcriber.ports import StreamSpec

BASE_URL = "https://api.deepgram.com"
MODEL = "nova-3"
LARGEST_MESSAGE_BYTES = 1 << 20
MOST_UNREAD = 64
CLOSE_S = 1.0

# The library's own log shows headers and frames, which hold the key and what was said.
QUIET = logging.getLogger("transcriber.deepgram.socket")
QUIET.setLevel(logging.WARNING)


class DeepgramEngine:
    """One socket for each stream."""

    name = "deepgram"

    def __init__(self, key: Secret, base_url: str, model: str, *, opts_out: bool, limits: Limits) -> None:
        self._key, self._model, self._opts_out, self._limits = key, model, opts_out, limits
        self._address = f"{base_url.rstrip('/')}/v1/listen".replace("http", "ws", 1)
        self._streams: list[DeepgramStream] = []

    async def open(self, spec: StreamSpec) -> DeepgramStream:
        query = query_of(spec, self._model, opts_out=self._opts_out)
        try:
            socket = await connect(
                f"{self._address}?{query}",
                additional_headers={"Authorization": f"Token {self._key.reveal()}"},
                user_agent_header="chimein",
                logger=QUIET,
                proxy=None,
                compression=None,
                open_timeout=self._limits.open_s,
                close_timeout=CLOSE_S,
                max_size=LARGEST_MESSAGE_BYTES,
                max_queue=MOST_UNREAD,
            )
        except (OSError, WebSocketException) as failed:
            terms = keyterms_of(spec.vocabulary, self._model)
            raise error_of(failed, private=(self._key.reveal(), *terms)) from failed
        stream = DeepgramStream(socket, spec, self._model, self._limits)
        self._streams = [*(known for known in self._streams if not known.is_closed), stream]
        return stream

    async def close(self) -> None:
        for stream in self._streams:
            await stream.close()


def build_deepgram_engine(
    key: Secret,
    base_url: str = BASE_URL,
    model: str = MODEL,
    *,
    opts_out: bool = False,
    limits: Limits | None = None,
) -> DeepgramEngine:
    """`opts_out`: audio is not used to improve Deepgram's models, which costs more."""
    return DeepgramEngine(key, base_url, model, opts_out=opts_out, limits=limits or Limits())
