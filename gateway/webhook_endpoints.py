"""Endpoints of webhooks out: added, listed, removed, given a new secret, enabled again."""

import secrets

import structlog
from aiohttp import web

from gateway.answers import flat, respond
from gateway.bodies import body_of
from gateway.doors import tenant_of
from gateway.hooks.addresses import problem_of
from gateway.hooks.contract import EndpointList, EndpointRequest, shown, with_secret
from gateway.hooks.endpoints import Endpoint, Endpoints, Health, new_secret, rotated
from gateway.hooks.messages import Kind
from gateway.idempotency import CLAIM
from gateway.problems import ProblemError, wrong_field
from gateway.resources import BUS, CLOCK, SETTINGS

MOST = 20
"""Endpoints of a tenant."""

log = structlog.get_logger()


async def add_endpoint(request: web.Request) -> web.Response:
    wanted, claim, now = await body_of(request, EndpointRequest), request[CLAIM], request.app[CLOCK].now_ms()
    if problem := problem_of(wanted.url, private_allowed=request.app[SETTINGS].webhooks_to_private):
        raise wrong_field(
            "url", problem, "send an https:// address of a public host; WEBHOOKS_TO_PRIVATE allows others"
        )
    endpoint_id = await claim.remember("endpoint_id", f"ep_{secrets.token_hex(8)}")
    endpoints = endpoints_of(request)
    kept = await endpoints.all()
    if endpoint_id not in kept and len(kept) >= MOST:
        raise ProblemError(409, "too-many-endpoints", f"there are {MOST} endpoints already: remove one first")
    endpoint = Endpoint(
        id=endpoint_id,
        url=wanted.url,
        events=list(dict.fromkeys(wanted.events or Kind)),
        include_text=wanted.include_text,
        description=flat(wanted.description),
        created_at=now,
        secrets=[new_secret(claim.command_id)],
    )
    added = await endpoints.add(endpoint)
    log.info("endpoint.added", endpoint_id=added.id)
    headers = {"Location": f"/webhooks/endpoints/{added.id}"}
    return respond(with_secret(added, Health(), now), status=201, headers=headers)


async def list_endpoints(request: web.Request) -> web.Response:
    now = request.app[CLOCK].now_ms()
    kept = sorted((await endpoints_of(request).all()).values(), key=age_of)
    return respond(EndpointList(endpoints=[shown(endpoint, health, now) for endpoint, health in kept]))


async def show_endpoint(request: web.Request) -> web.Response:
    return respond(shown(*await known(request), request.app[CLOCK].now_ms()))


async def remove_endpoint(request: web.Request) -> web.Response:
    endpoint, _ = await known(request)
    await endpoints_of(request).remove(endpoint.id)
    log.info("endpoint.removed", endpoint_id=endpoint.id)
    return web.Response(status=204)


async def rotate_secret(request: web.Request) -> web.Response:
    """The secret before signs too for a day."""
    endpoint, health = await known(request)
    now = request.app[CLOCK].now_ms()
    fresh = rotated(endpoint, request[CLAIM].command_id, now)
    await endpoints_of(request).put(fresh)
    log.info("endpoint.secret_rotated", endpoint_id=endpoint.id)
    return respond(with_secret(fresh, health, now))


async def enable_endpoint(request: web.Request) -> web.Response:
    endpoint, _ = await known(request)
    await endpoints_of(request).enable(endpoint.id)
    return respond(shown(*await known(request), request.app[CLOCK].now_ms()))


async def known(request: web.Request) -> tuple[Endpoint, Health]:
    """Raises ProblemError."""
    if found := await endpoints_of(request).one(request.match_info["endpoint_id"]):
        return found
    raise ProblemError(404, "unknown-endpoint", "there is no such endpoint; GET /webhooks/endpoints lists them")


def endpoints_of(request: web.Request) -> Endpoints:
    return Endpoints(request.app[BUS].redis, tenant_of(request))


def age_of(kept: tuple[Endpoint, Health]) -> tuple[int, str]:
    return kept[0].created_at, kept[0].id
