"""Who may come in at the Deepgram stand-in, and how it refuses."""

import time
import uuid

from aiohttp import web

from rehearsal.deepgram.options import DeepgramFaults, DeepgramOptions
from rehearsal.deepgram.query import problem_of

REFUSALS = {
    400: ("INVALID_QUERY_PARAMETER", "Bad Request."),
    401: ("INVALID_AUTH", "Invalid credentials."),
    402: ("ASR_PAYMENT_REQUIRED", "Project does not have enough credits for an ASR request."),
    403: ("INSUFFICIENT_PERMISSIONS", "This API key cannot be used for that."),
    429: ("TOO_MANY_REQUESTS", "Too many requests. Please try again later."),
    500: ("INTERNAL_SERVER_ERROR", "An internal error occurred."),
}
"""Any other status is told as 500 is."""


def refusal(status: int, message: str = "") -> web.Response:
    """The body once more in a header: clients of a WebSocket often see no body."""
    code, usual = REFUSALS.get(status, REFUSALS[500])
    request_id = str(uuid.uuid4())
    told = message or usual
    headers = {"dg-request-id": request_id, "dg-error": told}
    return web.json_response(
        {"err_code": code, "err_msg": told, "request_id": request_id}, status=status, headers=headers
    )


def refused_by_fault(faults: DeepgramFaults) -> web.Response | None:
    if faults.refusals:
        return refusal(faults.refusals.popleft())
    return refusal(429) if time.monotonic() < faults.refuses_until else None


def refused_by_key(request: web.Request, options: DeepgramOptions) -> web.Response | None:
    """`Token <key>`, or `Bearer <jwt>`."""
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    expected = options.api_key.reveal()
    is_good = scheme.lower() in {"token", "bearer"} and key and (not expected or key == expected)
    return None if is_good else refusal(401)


def refused_by_query(request: web.Request, options: DeepgramOptions) -> web.Response | None:
    is_upgrade = web.WebSocketResponse().can_prepare(request).ok
    problem = problem_of(request.query, options.keyterm_tokens) if is_upgrade else "Expected a WebSocket upgrade."
    return refusal(400, problem) if problem else None
