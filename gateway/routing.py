"""What a route is: one row of the table that the application and the OpenAPI document are both made of."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import msgspec
from aiohttp import web

from gateway.answers import JSON
from gateway.requests import NoQuery, Request


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

    @property
    def is_once(self) -> bool:
        """Honours Idempotency-Key."""
        return self.method == "POST" and not self.is_open

    def register(self, router: web.UrlDispatcher) -> None:
        if self.method == "GET":
            router.add_get(self.path, self.handler, allow_head=not self.is_stream)
        else:
            router.add_route(self.method, self.path, self.handler)
