"""Recall.ai's REST interface, as far as chimein uses it: ingest sends bots, the speaker plays clips."""

import base64
from collections.abc import Mapping
from datetime import datetime
from enum import Enum, auto
from urllib.parse import quote

import aiohttp
import msgspec
from yarl import URL

from shared.config import REHEARSAL_KEY, Secret
from shared.errors import Category, StageError
from shared.recall_refusals import OVER, UNSTARTED, Reply, category_of, reason_of, retry_after_s_of

ANSWER_S = 20.0
CONNECT_S = 5.0
LONGEST_CLIP_BYTES = 1_376_256
"""Recall takes 1,835,008 characters of base64."""
BOTS = "/api/v1/bot/"


class StatusChange(msgspec.Struct, frozen=True):
    """A state that a bot came into."""

    code: str
    created_at: datetime
    sub_code: str | None = None


class Bot(msgspec.Struct, frozen=True):
    """What Recall tells about a bot."""

    id: str
    status_changes: list[StatusChange] = []

    @property
    def status(self) -> StatusChange | None:
        """None until it is dispatched."""
        return max(self.status_changes, key=lambda change: change.created_at, default=None)


class Leaving(Enum):
    """What a request to leave came to."""

    LEFT = auto()
    GONE = auto()
    UNSTARTED = auto()
    """Recall says so of a bot that has not joined yet, and of some that are gone."""


class RecallApi:
    """One pooled connection to Recall. Every method raises the StageError class it was given."""

    def __init__(self, address: str, key: Secret, failure: type[StageError], answer_s: float = ANSWER_S) -> None:
        self._address, self._key, self._failure, self._answer_s = address.rstrip("/"), key, failure, answer_s
        self._session: aiohttp.ClientSession | None = None

    async def create_bot(self, body: Mapping[str, object], idempotency_key: str) -> Bot:
        """The same key never makes two bots."""
        return self.bot_in(self.accepted(await self.call("POST", BOTS, body, idempotency_key)))

    async def retrieve_bot(self, bot_id: str) -> Bot:
        return self.bot_in(self.accepted(await self.call("GET", path_of(bot_id))))

    async def delete_bot(self, bot_id: str) -> bool:
        """Takes back a bot that was scheduled; False when it is too late for that."""
        reply = await self.call("DELETE", path_of(bot_id))
        if reply.status in {400, 405}:
            return False
        self.accepted(reply)
        return True

    async def leave_call(self, bot_id: str) -> Leaving:
        reply = await self.call("POST", path_of(bot_id, "leave_call"))
        if reply.status == 404 or reply.code == OVER:
            return Leaving.GONE
        if reply.code == UNSTARTED:
            return Leaving.UNSTARTED
        self.accepted(reply)
        return Leaving.LEFT

    async def output_audio(self, bot_id: str, mp3: bytes) -> None:
        """Returns when Recall took the clip, not when it was heard."""
        body = {"kind": "mp3", "b64_data": base64.b64encode(mp3).decode()}
        self.accepted(await self.call("POST", path_of(bot_id, "output_audio"), body))

    async def stop_output_audio(self, bot_id: str) -> None:
        """Harmless where nothing plays, or nothing can play any more."""
        reply = await self.call("DELETE", path_of(bot_id, "output_audio"))
        if reply.status != 404 and reply.code not in {OVER, UNSTARTED}:
            self.accepted(reply)

    async def delete_media(self, bot_id: str) -> None:
        """Harmless where nothing is kept."""
        reply = await self.call("POST", path_of(bot_id, "delete_media"))
        if reply.status != 404:
            self.accepted(reply)

    async def close(self) -> None:
        if self._session:
            await self._session.close()
            self._session = None

    async def call(
        self, method: str, path: str, body: Mapping[str, object] | None = None, idempotency_key: str = ""
    ) -> Reply:
        """One attempt. Raises only when no answer came."""
        headers = {"Idempotency-Key": idempotency_key} if idempotency_key else {}
        content = None if body is None else msgspec.json.encode(body)
        if content is not None:
            headers["Content-Type"] = "application/json"
        request = self.session().request(
            method, URL(self._address + path, encoded=True), data=content, headers=headers, allow_redirects=False
        )
        try:
            async with request as response:
                return Reply(
                    status=response.status,
                    content=await response.read(),
                    retry_after=response.headers.get("Retry-After", ""),
                )
        except TimeoutError as error:
            reason = f"Recall did not answer within {self._answer_s:g} s: try again in a moment"
            raise self._failure(reason, category=Category.TIMEOUT) from error
        except aiohttp.ClientError as error:
            raise self._failure(self.unreachable(), category=Category.CONNECTIVITY) from error

    def session(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                headers={"Authorization": f"Token {self._key.reveal()}"},
                timeout=aiohttp.ClientTimeout(total=self._answer_s, sock_connect=CONNECT_S),
            )
        return self._session

    def accepted(self, reply: Reply) -> Reply:
        if reply.is_ok:
            return reply
        reason, secret = reason_of(reply), self._key.reveal()
        raise self._failure(
            reason.replace(secret, "***") if secret else reason,
            category=category_of(reply),
            retry_after_s=retry_after_s_of(reply),
        )

    def bot_in(self, reply: Reply) -> Bot:
        try:
            return msgspec.json.decode(reply.content, type=Bot)
        except msgspec.DecodeError as error:
            reason = f"what answers at {self._address} is not Recall: check RECALL_REGION and the proxies in between"
            raise self._failure(reason, category=Category.INTERNAL) from error

    def unreachable(self) -> str:
        """Without a key of one's own there is only the rehearsal's stand-in."""
        if self._key == REHEARSAL_KEY and URL(self._address).host in {"127.0.0.1", "localhost", "::1"}:
            return (
                "no RECALL_API_KEY is set and no rehearsal is running: "
                "set RECALL_API_KEY in .env, or run `chimein rehearse`"
            )
        return f"Recall cannot be reached at {self._address}: check the network and RECALL_REGION"


def path_of(bot_id: str, command: str = "") -> str:
    return f"{BOTS}{quote(bot_id, safe='')}/{command}{'/' if command else ''}"
