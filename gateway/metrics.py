"""What the gateway counts and measures."""

import time

from aiohttp import web
from prometheus_client import Counter, Gauge, Histogram

from gateway.problems import Handler, route_of
from shared.metrics import HOP_BUCKETS

requests_answered = Counter("chimein_http_requests_total", "HTTP requests by answer", ["method", "route", "status"])
request_s = Histogram(
    "chimein_http_request_seconds",
    "From request to the start or end of its answer",
    ["method", "route"],
    buckets=HOP_BUCKETS,
)
reply_s = Histogram("chimein_reply_seconds", "From command to reply", ["command", "outcome"], buckets=HOP_BUCKETS)
fact_to_watcher = Histogram(
    "chimein_fact_to_watcher_seconds",
    "From a fact's place on the timeline, by Redis's clock, to the watchers of a meeting",
    buckets=HOP_BUCKETS,
)
joins_refused = Counter("chimein_joins_refused_total", "Meetings refused because a role has no room", ["role"])
watchers = Gauge("chimein_watchers", "Open event streams", ["kind"])
watchers_cut = Counter("chimein_watchers_cut_total", "Watchers cut off for reading too slowly", ["kind"])
dead_letters = Gauge("chimein_dead_letters", "Commands that were given up on and are kept, of all roles")
webhooks = Counter("chimein_webhooks_total", "Webhooks by outcome", ["outcome"])
webhooks_sent = Counter("chimein_webhooks_sent_total", "Webhooks tried, by what became of them", ["state"])

METHODS = frozenset({"GET", "HEAD", "POST", "DELETE", "OPTIONS", "PUT", "PATCH"})


@web.middleware
async def measure(request: web.Request, handler: Handler) -> web.StreamResponse:
    begun = time.perf_counter()
    method = request.method if request.method in METHODS else "other"
    response = await handler(request)
    route = route_of(request)
    requests_answered.labels(method, route, str(response.status)).inc()
    request_s.labels(method, route).observe(time.perf_counter() - begun)
    return response
