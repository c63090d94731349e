"""Where a trace begins: with the request, or with what the caller says of its own."""

from aiohttp import web

from gateway.metrics import METHODS
from gateway.problems import Handler, route_of
from shared.tracing import TRACING


@web.middleware
async def traced(request: web.Request, handler: Handler) -> web.StreamResponse:
    """One span for each request, under the caller's `traceparent` if it has one."""
    method = request.method if request.method in METHODS else "other"
    name = f"{method} {route_of(request)}"
    with TRACING.span(
        name, request.headers.get("traceparent", ""), meeting_id=request.match_info.get("meeting_id", "")
    ):
        return await handler(request)
