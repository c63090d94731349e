"""What stands before every call of the Recall stand-in: firewall, key, rate limits, idempotency, forced answers."""

import time

import msgspec
from aiohttp import web
from aiohttp.typedefs import Handler

from rehearsal.recall.limits import Limiter
from rehearsal.recall.options import Forced
from rehearsal.recall.workspace import Workspace

REMEMBERED_S = 3600.0
LOCAL = (b"localhost", b"127.0.0.1")


class Kept(msgspec.Struct):
    """The answer to a request with an idempotency key; no body while the first one is still at work."""

    at: float
    status: int = 0
    body: bytes = b""
    retry_after: str = ""

    @property
    def is_running(self) -> bool:
        return self.status == 0

    def answer(self) -> web.Response:
        headers = {"Retry-After": self.retry_after} if self.retry_after else {}
        return web.Response(status=self.status, body=self.body, headers=headers, content_type="application/json")


class Doors:
    """Passed in the order of `middlewares`."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._kept: dict[tuple[str, str], Kept] = {}
        self._limiter = Limiter(workspace.options.delays.minute_s)
        self.middlewares = [
            *(self.count, self.lost, self.firewall, self.key),
            *(self.rate_limit, self.idempotency, self.forced),
        ]

    @web.middleware
    async def count(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        self._workspace.calls.append((request.method, request.path))
        return await handler(request)

    @web.middleware
    async def lost(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """What was asked for is done, and nobody hears of it."""
        response = await handler(request)
        if self._workspace.faults.lost_responses > 0 and request.method == "POST" and request.transport:
            self._workspace.faults.lost_responses -= 1
            request.transport.abort()
        return response

    @web.middleware
    async def firewall(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """It answers in HTML, and before anybody looks at the key."""
        body = await request.read()
        names_localhost = self._workspace.options.refuses_localhost and any(name in body for name in LOCAL)
        if names_localhost or (request.method == "GET" and body):
            page = "<html><head><title>403 Forbidden</title></head><body>403 Forbidden</body></html>"
            return web.Response(status=403, text=page, content_type="text/html")
        return await handler(request)

    @web.middleware
    async def key(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """With `Token ` before it, or bare."""
        expected = self._workspace.options.api_key.reveal()
        given = request.headers.get("Authorization", "").removeprefix("Token ").strip()
        if expected and given != expected:
            return refusal(401, "authentication_failed", "Invalid API token.")
        return await handler(request)

    @web.middleware
    async def rate_limit(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        resource = request.match_info.route.resource
        if not self._workspace.options.rate_limited or resource is None:
            return await handler(request)
        if wait_s := self._limiter.wait_s(request.method, resource.canonical):
            answer = {"detail": f"Request was throttled. Expected available in {wait_s} seconds."}
            return web.json_response(answer, status=429, headers={"Retry-After": str(wait_s)})
        return await handler(request)

    @web.middleware
    async def idempotency(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """A known key gets the answer of the first request, a stored 507 included; nothing is done again."""
        key = (request.headers.get("Idempotency-Key", ""), request.path)
        if not key[0] or request.method not in {"POST", "PUT", "PATCH"}:
            return await handler(request)
        kept = self._kept.get(key)
        if kept and kept.is_running:
            return refusal(409, "conflict", "A request with this idempotency key is in progress.")
        if kept and time.monotonic() - kept.at < REMEMBERED_S:
            return kept.answer()
        return await self.first(key, request, handler)

    async def first(self, key: tuple[str, str], request: web.Request, handler: Handler) -> web.StreamResponse:
        """Load shedding and rate limits happen before the store, and are not remembered."""
        self._kept[key] = Kept(at=time.monotonic())
        try:
            response = await handler(request)
        except BaseException:
            del self._kept[key]
            raise
        if response.status in {429, 502, 503, 504} or not isinstance(response, web.Response):
            del self._kept[key]
        else:
            body = bytes(response.body) if isinstance(response.body, bytes | bytearray) else b""
            retry_after = response.headers.get("Retry-After", "")
            self._kept[key] = Kept(time.monotonic(), response.status, body, retry_after)
        return response

    @web.middleware
    async def forced(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        answers = self._workspace.faults.answers
        return forced_answer(answers.popleft()) if answers else await handler(request)


def forced_answer(forced: Forced) -> web.Response:
    headers = {"Retry-After": forced.retry_after} if forced.retry_after else {}
    kind = "application/json" if forced.body.startswith("{") else "text/html"
    return web.Response(status=forced.status, text=forced.body, headers=headers, content_type=kind)


def refusal(status: int, code: str, detail: str) -> web.Response:
    """The shape of Recall's command errors."""
    return web.json_response({"code": code, "detail": detail}, status=status)
