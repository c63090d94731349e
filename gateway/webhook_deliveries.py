"""What became of webhooks, and sending one again."""

import functools

from aiohttp import web

from gateway.answers import respond
from gateway.bodies import query_of
from gateway.doors import tenant_of
from gateway.hooks.contract import DeliveriesQuery, DeliveryList, delivery_shown
from gateway.hooks.deliveries import Delivery, meeting_in, replayed
from gateway.hooks.history import History
from gateway.idempotency import CLAIM
from gateway.keeping import Keeper, Kept
from gateway.problems import ProblemError
from gateway.resources import BUS, CLOCK
from shared import streams
from shared.bus import Bus
from shared.errors import MeetingGoneError
from shared.streams import SETTLED, shard_of


async def list_deliveries(request: web.Request) -> web.Response:
    query, tenant, bus = query_of(request, DeliveriesQuery), tenant_of(request), request.app[BUS]
    history = History(bus, tenant)
    if query.meeting_id:
        await ensure_own(bus, query.meeting_id, tenant)
    page, cursor = await history.page(query.cursor, query.limit, functools.partial(is_wanted, query))
    return respond(DeliveryList(deliveries=[delivery_shown(one) for one in page], next_cursor=cursor))


def is_wanted(query: DeliveriesQuery, delivery: Delivery) -> bool:
    return (
        query.endpoint_id in {"", delivery.endpoint_id}
        and query.meeting_id in {"", delivery.meeting_id}
        and query.state in {"", delivery.state}
    )


async def replay_delivery(request: web.Request) -> web.Response:
    """It is sent again under its id, by whoever owns the meeting, as if it had never been tried."""
    delivery_id, bus, tenant = request.match_info["delivery_id"], request.app[BUS], tenant_of(request)
    try:
        meeting_id = meeting_in(delivery_id)
        await ensure_own(bus, meeting_id, tenant)
        kept = (await History(bus, tenant).those([delivery_id])).get(delivery_id)
    except (ValueError, MeetingGoneError):
        kept = None
    if kept is None:
        raise ProblemError(404, "unknown-delivery", "there is no such delivery; GET /webhooks/deliveries lists them")
    if request[CLAIM].sent_after is None:
        kept = replayed(kept, request.app[CLOCK].now_ms())
        await Keeper(bus, meeting_id).write(Kept(state={SETTLED: ""}, deliveries=(kept,)))
        await bus.nudge(meeting_id)
        await request[CLAIM].mark_sent(b"0")
    return respond(delivery_shown(kept), status=202)


async def ensure_own(bus: Bus, meeting_id: str, tenant: str) -> None:
    """Raises MeetingGoneError, also for a meeting of another tenant."""
    try:
        shard_of(meeting_id)
    except ValueError as error:
        raise MeetingGoneError(meeting_id) from error
    if (await bus.state(meeting_id)).get(streams.TENANT, "default") != tenant:
        raise MeetingGoneError(meeting_id)
