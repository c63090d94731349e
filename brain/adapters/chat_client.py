"""Chat completions of any OpenAI-compatible server, streamed; the vendor's types and errors stop here."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import httpx2
import openai
import structlog
from openai.types.chat import ChatCompletionChunk

from brain import metrics
from brain.ports import Done, Text
from brain.prompting import Message
from brain.retrying import OutageError
from shared.breaker import Breaker
from shared.clock import SystemClock
from shared.errors import AnswerError, Category
from shared.events import Usage
from shared.metrics import vendor_calls

OPENAI_URL = "https://api.openai.com/v1"
CONNECT_S = 3.0
DOWN = frozenset({Category.CONNECTIVITY, Category.TIMEOUT, Category.UNAVAILABLE})
"""What says that the server is down, not that it dislikes a request."""

log = structlog.get_logger()


@dataclass(frozen=True)
class Call:
    """One request to the model."""

    meeting_id: str
    messages: Sequence[Message]
    most_tokens: int
    schema: Mapping[str, object] | None = None
    """Of the JSON to be written; text without it."""


@dataclass
class Progress:
    """What a stream has told so far."""

    finish_reason: str = ""
    usage: Usage = field(default_factory=Usage)
    has_text: bool = False


@dataclass(frozen=True)
class Patience:
    """How long a model may be silent, in seconds."""

    first_s: float = 4.5
    """Until its first piece of text."""
    stall_s: float = 4.0
    """Between two pieces."""


class ChatClient:
    """One pool of connections and one breaker. One try per call: whoever calls knows whether another one helps."""

    def __init__(self, api_key: str, *, model: str, base_url: str = "", patience: Patience | None = None) -> None:
        self.model = model
        self._patience = patience or Patience()
        self._base_url = base_url or OPENAI_URL
        self._breaker = Breaker(SystemClock())
        self._client = openai.AsyncOpenAI(
            api_key=api_key or "none",  # servers of one's own want no key, the library does
            base_url=self._base_url,
            timeout=httpx2.Timeout(self._patience.first_s, connect=min(CONNECT_S, self._patience.first_s)),
            max_retries=0,
        )

    async def stream(self, call: Call) -> AsyncGenerator[Text | Done, None]:
        """Raises AnswerError; OutageError where the server is left alone because it is down."""
        if rest_s := self._breaker.admit():
            reason = "The language model is down; it is tried again every 10 s."
            raise OutageError(reason, category=Category.UNAVAILABLE, retry_after_s=rest_s)
        try:
            async with aclosing(self._try(call)) as parts:
                async for part in parts:
                    yield part
        except AnswerError as error:
            metrics.model_tries.labels(error.category).inc()
            vendor_calls.labels(self.vendor, "chat", error.category).inc()
            if error.category in DOWN:
                self._breaker.failed()
            raise
        else:
            metrics.model_tries.labels("complete").inc()
            vendor_calls.labels(self.vendor, "chat", "complete").inc()
            self._breaker.succeeded()
        finally:
            metrics.model_is_out.set(self._breaker.is_open)

    async def _try(self, call: Call) -> AsyncGenerator[Text | Done, None]:
        progress = Progress(usage=Usage(model=self.model))
        try:
            async with aclosing(self._chunks(call, progress)) as chunks:
                async for chunk in chunks:
                    if text := self._read(chunk, progress):
                        yield Text(text)
        except (openai.OpenAIError, httpx2.HTTPError, TimeoutError, ValueError) as error:
            raise self._explained(error) from error
        check_end(progress, call)
        yield Done(progress.usage)

    async def _chunks(self, call: Call, progress: Progress) -> AsyncGenerator[ChatCompletionChunk, None]:
        """Raises TimeoutError: a server that keeps the line open without a word is silent too."""
        loop = asyncio.get_running_loop()
        until = loop.time() + self._patience.first_s
        async with asyncio.timeout_at(until):
            stream = await self._client.chat.completions.create(**self.arguments(call))  # type: ignore[call-overload]  # plain dicts
        async with stream:
            chunks = aiter(stream)
            while True:
                chunk = await next_within(chunks, loop.time() + self._patience.stall_s if progress.has_text else until)
                if chunk is None:
                    return
                yield chunk

    async def warm_up(self) -> None:
        """Opens a connection, so that the question that comes need not wait for one."""
        with suppress(openai.OpenAIError, httpx2.HTTPError):
            await self._client.with_options(max_retries=0).models.list()

    async def close(self) -> None:
        await self._client.close()

    @property
    def is_openai(self) -> bool:
        """Only it is sent fields that other servers may refuse."""
        return f".{urlsplit(self._base_url).hostname}".endswith(".openai.com")

    @property
    def vendor(self) -> str:
        """As it is counted."""
        return "openai" if self.is_openai else "openai-compatible"

    def arguments(self, call: Call) -> dict[str, object]:
        arguments: dict[str, object] = {
            "model": self.model,
            "messages": list(call.messages),
            "stream": True,
            "stream_options": {"include_usage": True},
        }
        if self.is_openai:
            arguments |= {"prompt_cache_key": call.meeting_id, "max_completion_tokens": call.most_tokens}
        else:
            arguments["max_tokens"] = call.most_tokens
        if call.schema:
            json_schema = {"name": "briefing", "strict": True, "schema": call.schema}
            arguments["response_format"] = {"type": "json_schema", "json_schema": json_schema}
        return arguments

    def _read(self, chunk: ChatCompletionChunk, progress: Progress) -> str:
        """The text of a chunk; the last one has usage and no choices. Raises ValueError for what is none."""
        try:
            return self._text_of(chunk, progress)
        except (AttributeError, TypeError, KeyError, IndexError) as error:
            # The SDK builds its objects without looking, whatever came.
            raise ValueError("not a chunk of a chat completion") from error

    def _text_of(self, chunk: ChatCompletionChunk, progress: Progress) -> str:
        if chunk.usage:
            details = chunk.usage.prompt_tokens_details
            progress.usage = Usage(
                model=chunk.model or self.model,
                prompt_tokens=chunk.usage.prompt_tokens,
                cached_tokens=(details.cached_tokens or 0) if details else 0,
                completion_tokens=chunk.usage.completion_tokens,
            )
        if not chunk.choices:
            return ""
        choice = chunk.choices[0]
        progress.finish_reason = choice.finish_reason or progress.finish_reason
        if choice.delta and choice.delta.refusal:
            raise AnswerError("The model refused to answer this.", category=Category.INVALID)
        text = (choice.delta.content if choice.delta else None) or ""
        progress.has_text = progress.has_text or bool(text)
        return text

    def _explained(self, error: Exception) -> AnswerError:
        match error:
            case openai.APITimeoutError() | httpx2.TimeoutException() | TimeoutError():
                return AnswerError("The model was silent for too long; ask again.", category=Category.TIMEOUT)
            case openai.APIConnectionError() | httpx2.HTTPError():
                reason = f"The connection to the model at {self._base_url} failed; is the server running?"
                return AnswerError(reason, category=Category.CONNECTIVITY)
            case openai.APIStatusError():
                return of_status(error, self.model)
        return AnswerError("The model's server broke off with an error; ask again.", category=Category.UNAVAILABLE)


async def next_within(chunks: AsyncIterator[ChatCompletionChunk], until: float) -> ChatCompletionChunk | None:
    """None after the last one. `until` is on the loop's clock. Raises TimeoutError."""
    async with asyncio.timeout_at(until):
        return await anext(chunks, None)


def check_end(progress: Progress, call: Call) -> None:
    """Raises AnswerError where a stream ended that was not complete."""
    if progress.finish_reason == "content_filter":
        raise AnswerError("The model's content filter stopped the answer.", category=Category.INVALID)
    if not progress.finish_reason:
        raise AnswerError("The model's answer broke off; ask again.", category=Category.CONNECTIVITY)
    if progress.finish_reason == "length":
        if call.schema or not progress.has_text:
            reason = f"The model used up its {call.most_tokens} tokens before the answer was complete."
            raise AnswerError(reason, category=Category.INVALID)
        log.warning("answer.cut", most_tokens=call.most_tokens)


STATUSES = {
    400: (Category.INVALID, "The model's server did not accept the request"),
    401: (Category.AUTHENTICATION, "The model's server refused the key; check OPENAI_API_KEY"),
    403: (Category.AUTHENTICATION, "The key may not use this model; check OPENAI_API_KEY and the model's name"),
    404: (Category.NOT_FOUND, "The model's server does not know this model"),
    408: (Category.TIMEOUT, "The model's server took too long"),
    413: (Category.INVALID, "The meeting is too long for this model"),
    422: (Category.INVALID, "The model's server did not accept the request"),
    429: (Category.RATE_LIMIT, "The model's server has too many requests or the quota is used up"),
}
UNAVAILABLE = (Category.UNAVAILABLE, "The model's server is not available")
CODES = {
    "context_length_exceeded": (Category.INVALID, "The meeting is too long for this model"),
    "insufficient_quota": (Category.AUTHENTICATION, "The account of the model's server has no credit left"),
}


def of_status(error: openai.APIStatusError, model: str) -> AnswerError:
    default = STATUSES[400] if error.status_code < 500 else UNAVAILABLE
    category, reason = CODES.get(error.code or "") or STATUSES.get(error.status_code, default)
    retry_after = error.response.headers.get("retry-after", "")
    return AnswerError(
        f"{reason} (model {model}, HTTP {error.status_code}).",
        category=category,
        retry_after_s=float(retry_after) if retry_after.replace(".", "", 1).isdigit() else None,
    )
