"""Answers and briefings by OpenAI, or by any server that speaks its chat completions."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace

import msgspec
import structlog

from brain.adapters.chat_client import Call, ChatClient, Patience
from brain.drafts import BriefDraft, Check, read_draft, strict_schema
from brain.ports import AnswerRequest, BriefRequest, Done, NotesRequest, Text
from brain.prompting import Message, answer_messages, brief_messages, notes_messages
from brain.retrying import pause_s
from brain.rules.tasks import People
from brain.safety.injections import screen
from shared.errors import AnswerError, Category
from shared.events import Brief, Usage

DEFAULT_MODEL = "gpt-5.4-mini"
ANSWER_TOKENS = 1500
BRIEF_TOKENS = 8000
NOTES_TOKENS = 1500
"""Some models think in tokens before they write."""
BRIEF_PATIENCE = Patience(first_s=25.0, stall_s=15.0)
WORTH_A_TRY_S = 30.0
"""Longer pauses than that leave no time for a briefing."""
SCHEMA = strict_schema(BriefDraft)

log = structlog.get_logger()


class OpenAIAnswerer:
    """One call per answer, given on as it comes."""

    def __init__(
        self, api_key: str, *, model: str = DEFAULT_MODEL, base_url: str = "", patience: Patience | None = None
    ) -> None:
        self.name = model
        self._client = ChatClient(api_key, model=model, base_url=base_url, patience=patience)

    async def answer(self, request: AnswerRequest) -> AsyncGenerator[Text | Done, None]:
        await screen(request.lines)
        call = Call(request.meeting_id, answer_messages(request), ANSWER_TOKENS)
        async with aclosing(self._client.stream(call)) as parts:
            async for part in parts:
                yield part

    async def warm_up(self) -> None:
        await self._client.warm_up()

    async def close(self) -> None:
        await self._client.close()


class OpenAIBriefer:
    """One call, and a second one where the first gave no valid JSON."""

    takes_notes = True

    def __init__(
        self, api_key: str, *, model: str = DEFAULT_MODEL, base_url: str = "", patience: Patience | None = None
    ) -> None:
        self.name = model
        self._client = ChatClient(api_key, model=model, base_url=base_url, patience=patience or BRIEF_PATIENCE)

    async def brief(self, request: BriefRequest) -> tuple[Brief, Usage]:
        lines = [line for line in request.lines if line.end_ms > request.since_ms]
        check = Check(lines, People([*request.participants, *(line.speaker for line in lines)]), request.held_on)
        await screen(lines)
        messages = brief_messages(request, lines)
        call = Call(request.meeting_id, messages, BRIEF_TOKENS, SCHEMA)
        text, usage = await self._write(call)
        try:
            draft = read_draft(text)
        except msgspec.DecodeError as error:
            log.warning("brief.repaired", meeting_id=request.meeting_id)
            text, more = await self._write(replace(call, messages=[*messages, *complaint(text, error)]))
            draft, usage = read_again(text), added(usage, more)
        return check.brief(draft, made_by=self.name, since_ms=request.since_ms), usage

    async def take_notes(self, request: NotesRequest) -> tuple[str, Usage]:
        await screen(request.lines)
        return await self._write(Call(request.meeting_id, notes_messages(request), NOTES_TOKENS))

    async def close(self) -> None:
        await self._client.close()

    async def _write(self, call: Call) -> tuple[str, Usage]:
        tries = 0
        while True:
            tries += 1
            try:
                return await self._write_once(call)
            except AnswerError as error:
                pause = pause_s(error, tries, WORTH_A_TRY_S)
                if pause is None:
                    raise
            await asyncio.sleep(pause)

    async def _write_once(self, call: Call) -> tuple[str, Usage]:
        text, usage = "", Usage()
        async for part in self._client.stream(call):
            if isinstance(part, Done):
                usage = part.usage
            else:
                text += part.text
        return text, usage


def complaint(text: str, error: msgspec.DecodeError) -> list[Message]:
    return [
        {"role": "assistant", "content": text},
        {"role": "user", "content": f"That is not valid: {error}. Reply with the corrected JSON and nothing else."},
    ]


def read_again(text: str) -> BriefDraft:
    try:
        return read_draft(text)
    except msgspec.DecodeError as error:
        reason = "The model wrote no valid briefing, not even when asked again; try another model."
        raise AnswerError(reason, category=Category.INVALID) from error


def added(first: Usage, second: Usage) -> Usage:
    return Usage(
        model=second.model,
        prompt_tokens=first.prompt_tokens + second.prompt_tokens,
        cached_tokens=first.cached_tokens + second.cached_tokens,
        completion_tokens=first.completion_tokens + second.completion_tokens,
    )
