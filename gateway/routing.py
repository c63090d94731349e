"""What a route is: one row of the table that the application and the OpenAPI document are both made of."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import msgspec
from aiohttp import web

from gateway.answers import JSON
from gateway.rates import Pace
from gateway.requests import NoQuery, Request
from shared.api_keys import Scope

MEETING_ID = "{meeting_id:(?!join$)[^{}/]+}"
"""Whatever it is, it is looked up; but `/meetings/join` is no meeting, and its address knows POST alone."""


@dataclass(frozen=True, kw_only=True)
class Route:
    """One address and method."""

    method: str
    path: str
    handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    summary: str
    body: type[Request] | None = None
    query: type[Request] = NoQuery
    answer: type[msgspec.Struct] | None = None
    status: int = 200
    also: dict[int, type[msgspec.Struct]] = field(default_factory=dict)
    """Other good answers, by status."""
    media: tuple[str, ...] = (JSON,)
    errors: tuple[int, ...] = ()
    is_open: bool = False
    """Needs no key."""
    is_stream: bool = False
    is_hidden: bool = False
    """Not part of the documented API: pages and their files."""
    scope: Scope | None = None
    """What the key must be allowed; where it is not said: `read` to look, `manage` to change."""
    is_costly: bool = False
    """May call a language model though it only looks."""

    @property
    def needs(self) -> Scope:
        return self.scope or (Scope.READ if self.method == "GET" else Scope.MANAGE)

    @property
    def pace(self) -> Pace:
        """Among which calls it counts."""
        if self.needs is Scope.ASK or self.is_costly:
            return Pace.ASKS
        return Pace.READS if self.method == "GET" else Pace.WRITES

    @property
    def is_once(self) -> bool:
        """Honours Idempotency-Key."""
        return self.method == "POST" and not self.is_open

    def register(self, router: web.UrlDispatcher) -> None:
        path = self.path.replace("{meeting_id}", MEETING_ID)
        if self.method == "GET":
            router.add_get(path, self.handler, allow_head=not self.is_stream)
        else:
            router.add_route(self.method, path, self.handler)
