"""What callers send and get about webhooks out."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from gateway.hooks.deliveries import Delivery
from gateway.hooks.endpoints import Endpoint, Health
from gateway.hooks.messages import Kind
from gateway.requests import Request

Kinds = Annotated[list[Kind], Meta(max_length=5, description="All of them where it is left out")]


class EndpointRequest(Request, frozen=True, kw_only=True):
    """Where webhooks are to go, and which."""

    url: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=2048,
            description="https:// and a public host",
            examples=["https://example.org/hooks"],
        ),
    ]
    events: Kinds = msgspec.field(default_factory=list)
    include_text: Annotated[
        bool, Meta(description="What was said and by whom in the body; else ids and links only")
    ] = False
    description: Annotated[str, Meta(max_length=200, description="Yours")] = ""


class EndpointShown(msgspec.Struct, frozen=True, kw_only=True):
    """An endpoint, and how its deliveries fare."""

    id: str
    url: str
    events: list[str]
    include_text: bool
    description: str
    created_at: int
    """Unix ms; what happened before is not told."""
    enabled: bool
    failing_since: int | None
    """Unix ms of the first failure since the last success."""
    disabled_at: int | None
    disabled_reason: str
    secrets: int
    """How many sign now: two for a day after a rotation."""


class EndpointCreated(EndpointShown, frozen=True, kw_only=True):
    """With its secret, which is shown this once."""

    secret: str
    """`whsec_…`, as libraries for Standard Webhooks take it."""


class EndpointList(msgspec.Struct, frozen=True, kw_only=True):
    """All of them, oldest first."""

    endpoints: list[EndpointShown]


class DeliveriesQuery(Request, frozen=True, kw_only=True):
    """Which deliveries."""

    endpoint_id: Annotated[str, Meta(max_length=40)] = ""
    meeting_id: Annotated[str, Meta(max_length=64)] = ""
    state: Literal["", "pending", "delivered", "failed"] = ""
    limit: Annotated[int, Meta(ge=1, le=200)] = 50
    cursor: Annotated[
        str, Meta(pattern="^(msg_[0-9a-z_-]{1,60})?$", description="`next_cursor` of the page before")
    ] = ""


class AttemptShown(msgspec.Struct, frozen=True, kw_only=True):
    """One try."""

    at: int
    status: int
    """Of HTTP; 0 where no answer came."""
    outcome: str
    took_ms: int


class DeliveryShown(msgspec.Struct, frozen=True, kw_only=True):
    """A webhook for an endpoint."""

    id: str
    """The `webhook-id` of every try."""
    endpoint_id: str
    meeting_id: str
    type: str
    created_at: int
    state: Literal["pending", "delivered", "failed"]
    next_at: int | None
    """When it is tried next, Unix ms."""
    attempts: list[AttemptShown]
    """The last ones."""
    reason: str
    """Why it was given up."""


class DeliveryList(msgspec.Struct, frozen=True, kw_only=True):
    """Newest first."""

    deliveries: list[DeliveryShown]
    next_cursor: str | None
    """null on the last page."""


def shown(endpoint: Endpoint, health: Health, now_ms: int) -> EndpointShown:
    return EndpointShown(
        id=endpoint.id,
        url=endpoint.url,
        events=[str(kind) for kind in endpoint.events],
        include_text=endpoint.include_text,
        description=endpoint.description,
        created_at=endpoint.created_at,
        enabled=health.disabled_at is None,
        failing_since=health.failing_since,
        disabled_at=health.disabled_at,
        disabled_reason=health.disabled_reason,
        secrets=len(endpoint.keys(now_ms)),
    )


def with_secret(endpoint: Endpoint, health: Health, now_ms: int) -> EndpointCreated:
    about = msgspec.structs.asdict(shown(endpoint, health, now_ms))
    return EndpointCreated(**about, secret=endpoint.secrets[0].value)


def delivery_shown(delivery: Delivery) -> DeliveryShown:
    return DeliveryShown(
        id=delivery.id,
        endpoint_id=delivery.endpoint_id,
        meeting_id=delivery.meeting_id,
        type=delivery.type,
        created_at=delivery.created_at,
        state=delivery.state,
        next_at=delivery.next_at if delivery.state == "pending" else None,
        attempts=[AttemptShown(**msgspec.structs.asdict(attempt)) for attempt in delivery.attempts],
        reason=delivery.reason,
    )
