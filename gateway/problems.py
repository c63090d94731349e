"""Everything that goes wrong becomes problem+json (RFC 9457) here, and says what to do."""

from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from math import ceil
from typing import Self

import msgspec
import redis.exceptions
import structlog
from aiohttp import web

from gateway.contract import FieldProblem, Problem
from shared.errors import Category, ChimeinError, MeetingGoneError

MEDIA_TYPE = "application/problem+json"
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

STATUS_OF = {
    Category.INVALID: 422,
    Category.AUTHENTICATION: 502,
    Category.BUDGET: 402,
    Category.CONNECTIVITY: 502,
    Category.INTERNAL: 502,
    Category.NOT_FOUND: 502,
    Category.MISSING_ENGINE: 503,
    Category.RATE_LIMIT: 503,
    Category.UNAVAILABLE: 503,
    Category.TIMEOUT: 504,
}
RETRY_AFTER_S = 5
REDIS_AWAY = (
    redis.exceptions.ConnectionError,
    redis.exceptions.TimeoutError,
    redis.exceptions.ReadOnlyError,
    redis.exceptions.OutOfMemoryError,
)

log = structlog.get_logger()


class ProblemError(ChimeinError):
    """An answer that is a problem. `slug` names its kind and never changes."""

    def __init__(
        self,
        status: int,
        slug: str,
        detail: str,
        *,
        errors: tuple[FieldProblem, ...] = (),
        retry_after_s: float | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(status, slug)
        self.headers = dict(headers or {})
        if retry_after_s is not None:
            self.headers["Retry-After"] = str(max(1, ceil(retry_after_s)))
        self.problem = Problem(
            type=f"urn:chimein:problem:{slug}",
            title=slug.replace("-", " ").capitalize(),
            status=status,
            detail=detail,
            errors=list(errors),
        )

    def about(self, meeting_id: str, request_id: str = "") -> Self:
        """With what the caller needs to look again later."""
        self.problem = msgspec.structs.replace(self.problem, meeting_id=meeting_id, request_id=request_id)
        return self


def wrong_field(field: str, problem: str, remedy: str, *, slug: str = "invalid-request") -> ProblemError:
    """One field cannot be used."""
    return ProblemError(
        422, slug, f"{field}: {problem}", errors=(FieldProblem(field=field, problem=problem, remedy=remedy),)
    )


def unknown_meeting() -> ProblemError:
    """The same words for an id that never was, is gone, or is no id at all."""
    return ProblemError(404, "unknown-meeting", "there is no such meeting; GET /meetings lists those that are kept")


def restarting() -> ProblemError:
    return ProblemError(503, "restarting", "the gateway is restarting: repeat the request", retry_after_s=2)


def failed_stage(slug: str, reason: str, category: str) -> ProblemError:
    """A stage refused or failed, for a reason of `shared.errors.Category`."""
    status = STATUS_OF.get(Category(category), 502) if category in set(Category) else 502
    return ProblemError(status, slug, reason, retry_after_s=RETRY_AFTER_S if status == 503 else None)


@web.middleware
async def problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turns every exception of a handler into its problem."""
    try:
        return await handler(request)
    except ProblemError as error:
        return respond(request, error)
    except MeetingGoneError:
        return respond(request, unknown_meeting())
    except REDIS_AWAY as error:
        log.warning("redis.unavailable", error=type(error).__name__)
        return respond(request, redis_away(error))
    except web.HTTPException as error:
        if error.status < 400:
            raise
        return respond(request, of_http(error))
    except Exception as error:
        log.exception("request.failed", route=route_of(request), error=type(error).__name__)
        return respond(
            request, ProblemError(500, "internal-error", "something broke here; the log of the gateway has it")
        )


def redis_away(error: Exception) -> ProblemError:
    is_full = isinstance(error, redis.exceptions.OutOfMemoryError)
    detail = (
        "Redis is full: give it more memory" if is_full else "Redis cannot be reached; it is tried again all the time"
    )
    return ProblemError(503, "redis-unavailable", detail, retry_after_s=2)


def of_http(error: web.HTTPException) -> ProblemError:
    """aiohttp's own refusals: no route, wrong method, body too large and the like."""
    phrase = HTTPStatus(error.status).phrase
    headers = {name: error.headers[name] for name in ("Allow", "Upgrade", "Connection") if name in error.headers}
    return ProblemError(
        error.status, phrase.lower().replace(" ", "-"), HTTP_DETAILS.get(error.status, phrase), headers=headers
    )


HTTP_DETAILS = {
    404: "there is nothing at this address; /docs lists what there is",
    405: "this address does not know this method; the Allow header names those it knows",
    413: "the body is too large: at most 64 KiB are read",
    426: "this address speaks WebSocket only",
}


def respond(request: web.Request, error: ProblemError) -> web.Response:
    problem = msgspec.structs.replace(error.problem, instance=request.path[:500])
    body = msgspec.json.encode(problem)
    return web.Response(status=problem.status, body=body, content_type=MEDIA_TYPE, headers=error.headers)


def route_of(request: web.Request) -> str:
    """The route's pattern, not the path: bounded, and without ids."""
    resource = request.match_info.route.resource
    return resource.canonical if resource else "none"
