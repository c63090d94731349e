"""One attempt at a call to Recall: what goes over the wire, and what comes back."""

from collections.abc import Mapping

import aiohttp
import msgspec
from yarl import URL

from shared import metrics
from shared.config import REHEARSAL_KEY, Secret
from shared.errors import Category, StageError
from shared.recall_refusals import Reply

CONNECT_S = 5.0


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """A request, which may be sent more than once."""

    name: str
    """As it is counted."""
    method: str
    path: str
    """With its query, encoded."""
    body: Mapping[str, object] | None = None
    """None sends none at all: the firewall refuses even `null` where none belongs."""
    idempotency_key: str = ""


class RecallHttp:
    """A pool of connections. Failures are of the StageError class it was given."""

    def __init__(self, address: str, key: Secret, failure: type[StageError], answer_s: float) -> None:
        self.address, self._key, self._failure, self._answer_s = address.rstrip("/"), key, failure, answer_s
        self._session: aiohttp.ClientSession | None = None

    async def send(self, call: Call) -> Reply:
        """Raises only when no answer came."""
        try:
            reply = await self._exchange(call)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise self._counted(call, self._unreachable()) from error
        except TimeoutError as error:
            reason = f"Recall did not answer within {self._answer_s:g} s: try again in a moment"
            raise self._counted(call, self._failure(reason, category=Category.TIMEOUT)) from error
        except aiohttp.ClientError as error:
            reason = "the connection to Recall was cut before it answered: try again in a moment"
            raise self._counted(call, self._failure(reason, category=Category.CONNECTIVITY)) from error
        metrics.vendor_calls.labels("recall", call.name, str(reply.status)).inc()
        return reply

    async def _exchange(self, call: Call) -> Reply:
        headers = {"Idempotency-Key": call.idempotency_key} if call.idempotency_key else {}
        content = None if call.body is None else msgspec.json.encode(call.body)
        if content is not None:
            headers["Content-Type"] = "application/json"
        url = URL(self.address + call.path, encoded=True)
        request = self._pool().request(call.method, url, data=content, headers=headers, allow_redirects=False)
        async with request as response:
            retry_after = response.headers.get("Retry-After", "")
            return Reply(status=response.status, content=await response.read(), retry_after=retry_after)

    def _pool(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                headers={"Authorization": f"Token {self._key.reveal()}"},
                timeout=aiohttp.ClientTimeout(total=self._answer_s, sock_connect=CONNECT_S),
            )
        return self._session

    def _counted(self, call: Call, error: StageError) -> StageError:
        metrics.vendor_calls.labels("recall", call.name, error.category).inc()
        return error

    def _unreachable(self) -> StageError:
        """Without a key of one's own there is only the rehearsal's stand-in: waiting for it would not help."""
        if self._key == REHEARSAL_KEY and URL(self.address).host in {"127.0.0.1", "localhost", "::1"}:
            reason = (
                "no RECALL_API_KEY is set and no rehearsal is running: "
                "set RECALL_API_KEY in .env, or run `chimein rehearse`"
            )
            return self._failure(reason, category=Category.AUTHENTICATION)
        reason = f"Recall cannot be reached at {self.address}: check the network and RECALL_REGION"
        return self._failure(reason, category=Category.CONNECTIVITY)

    async def close(self) -> None:
        if self._session:
            await self._session.close()
            self._session = None
