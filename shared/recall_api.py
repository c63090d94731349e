"""Recall.ai's REST interface, as far as chimein uses it: ingest sends bots, the speaker plays clips."""

import base64
import random
import secrets
import textwrap
from collections.abc import Mapping
from enum import Enum, auto
from typing import TypeVar
from urllib.parse import quote, urlencode

import msgspec
import structlog

from shared import lenient
from shared.clock import Clock, SystemClock
from shared.config import Secret
from shared.errors import Category, StageError
from shared.recall_bots import Bot, BotPage
from shared.recall_http import Call, RecallHttp
from shared.recall_refusals import OVER, UNSTARTED, Reply, category_of, reason_of, retry_after_s_of
from shared.recall_retries import (
    JOINING,
    LOOKING,
    ONCE,
    ORDINARY,
    SILENCING,
    SPEAKING,
    Outcome,
    Patience,
    pause_s,
    repeated,
)

ANSWER_S = 20.0
LONGEST_CLIP_BYTES = 1_376_256
"""Recall takes 1,835,008 characters of base64."""
LONGEST_CHAT = 500
"""What Meet takes; other platforms take more."""
BOTS = "/api/v1/bot/"

log = structlog.get_logger()

Described = TypeVar("Described", Bot, BotPage)


class Leaving(Enum):
    """What a request to leave came to."""

    LEFT = auto()
    GONE = auto()
    UNSTARTED = auto()
    """Recall says so of a bot that has not joined yet, and of some that are gone."""


class RecallApi:
    """Calls that try again where that can help. Every method raises the StageError class it was given."""

    def __init__(
        self,
        address: str,
        key: Secret,
        failure: type[StageError],
        answer_s: float = ANSWER_S,
        clock: Clock | None = None,
    ) -> None:
        self._http = RecallHttp(address, key, failure, answer_s)
        self._key, self._failure, self._clock = key, failure, clock or SystemClock()
        self._chance = random.Random()  # noqa: S311  # spreads tries, guards nothing

    # -- calls -------------------------------------------------------------------------------------------------------

    async def create_bot(self, body: Mapping[str, object], idempotency_key: str) -> Bot:
        """The key is `<what>:<attempt>` and never makes two bots. An empty pool is asked again with the next attempt.

        Without a key every request makes a bot, so there is one only.
        """
        call = Call(name="create_bot", method="POST", path=BOTS, body=body, idempotency_key=idempotency_key)
        return self._decoded(await self._accepted(call, JOINING if idempotency_key else ONCE), Bot)

    async def retrieve_bot(self, bot_id: str) -> Bot:
        call = Call(name="retrieve_bot", method="GET", path=path_of(bot_id))
        return self._decoded(await self._accepted(call, LOOKING), Bot)

    async def list_bots(self, metadata: Mapping[str, str]) -> tuple[Bot, ...]:
        """Those that were made with this metadata, as far as they are on the first page."""
        query = urlencode({f"metadata__{name}": value for name, value in metadata.items()})
        call = Call(name="list_bots", method="GET", path=f"{BOTS}?{query}")
        page = self._decoded(await self._accepted(call, LOOKING), BotPage)
        return tuple(bot for bot in page.results if metadata.items() <= (bot.metadata or {}).items())

    async def delete_bot(self, bot_id: str) -> bool:
        """Takes back a bot that was scheduled; False when it is too late for that, or it is gone."""
        reply = await self._answer(Call(name="delete_bot", method="DELETE", path=path_of(bot_id)), ORDINARY)
        if reply.status in {400, 404, 405}:
            return False
        self._check(reply)
        return True

    async def leave_call(self, bot_id: str) -> Leaving:
        reply = await self._answer(command("leave_call", bot_id), ORDINARY)
        if reply.status == 404 or reply.code == OVER:
            return Leaving.GONE
        if reply.code == UNSTARTED:
            return Leaving.UNSTARTED
        self._check(reply)
        return Leaving.LEFT

    async def output_audio(self, bot_id: str, mp3: bytes) -> None:
        """Returns when Recall took the clip, not when it was heard."""
        body = {"kind": "mp3", "b64_data": base64.b64encode(mp3).decode()}
        await self._accepted(command("output_audio", bot_id, body), SPEAKING)

    async def stop_output_audio(self, bot_id: str) -> None:
        """Harmless where nothing plays, or nothing can play any more."""
        call = Call(name="stop_output_audio", method="DELETE", path=path_of(bot_id, "output_audio"))
        reply = await self._answer(call, SILENCING)
        if reply.status != 404 and reply.code not in {OVER, UNSTARTED}:
            self._check(reply)

    async def send_chat_message(self, bot_id: str, text: str) -> None:
        """To everyone, in pieces that every platform takes. Whether people see it is not told."""
        pieces = textwrap.wrap(text, LONGEST_CHAT, expand_tabs=False, replace_whitespace=False, break_on_hyphens=False)
        for piece in pieces:
            call = command("send_chat_message", bot_id, {"to": "everyone", "message": piece, "pin": False})
            await self._accepted(msgspec.structs.replace(call, idempotency_key=f"{secrets.token_hex(8)}:1"), ORDINARY)

    async def delete_media(self, bot_id: str) -> None:
        """Harmless where nothing is kept."""
        reply = await self._answer(command("delete_media", bot_id), ORDINARY)
        if reply.status != 404:
            self._check(reply)

    async def close(self) -> None:
        await self._http.close()

    # -- tries -------------------------------------------------------------------------------------------------------

    async def _accepted(self, call: Call, patience: Patience) -> Reply:
        return self._check(await self._answer(call, patience))

    async def _answer(self, call: Call, patience: Patience) -> Reply:
        """The last answer, after as many tries as make sense. Raises when not even that one came."""
        began_ms, tries = self._clock.now_ms(), 0
        while True:
            outcome, tries = await self._try(call), tries + 1
            wait_s = pause_s(outcome, tries, patience, self._chance.random())
            elapsed_s = (self._clock.now_ms() - began_ms) / 1000
            if wait_s is None or elapsed_s + wait_s > patience.begin_within_s:
                return given(outcome)
            log.warning("recall.call_repeated", call=call.name, outcome=outcome_name(outcome), wait_s=round(wait_s, 1))
            await self._clock.sleep(wait_s)
            call = repeated(call, outcome)

    async def _try(self, call: Call) -> Outcome:
        try:
            return await self._http.send(call)
        except StageError as error:
            return error

    def _check(self, reply: Reply) -> Reply:
        if reply.is_ok:
            return reply
        reason, secret = reason_of(reply), self._key.reveal()
        raise self._failure(
            reason.replace(secret, "***") if secret else reason,
            category=category_of(reply),
            retry_after_s=retry_after_s_of(reply),
        )

    def _decoded(self, reply: Reply, kind: type[Described]) -> Described:
        try:
            return lenient.decode(reply.content, kind)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            reason = (
                f"what answers at {self._http.address} is not Recall: check RECALL_REGION and the proxies in between"
            )
            raise self._failure(reason, category=Category.INTERNAL) from error


def path_of(bot_id: str, action: str = "") -> str:
    return f"{BOTS}{quote(bot_id, safe='')}/{action}{'/' if action else ''}"


def command(name: str, bot_id: str, body: Mapping[str, object] | None = None) -> Call:
    return Call(name=name, method="POST", path=path_of(bot_id, name), body=body)


def given(outcome: Outcome) -> Reply:
    """Raises where there is no answer."""
    if isinstance(outcome, StageError):
        raise outcome
    return outcome


def outcome_name(outcome: Outcome) -> str:
    return outcome.category if isinstance(outcome, StageError) else str(outcome.status)
