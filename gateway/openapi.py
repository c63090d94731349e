"""The OpenAPI 3.1 document, made of the route table and the structs it names."""

import re
from collections.abc import Iterable, Sequence

import msgspec
from aiohttp import web

from gateway.answers import EVENT_STREAM, JSON
from gateway.contract import Problem
from gateway.problems import MEDIA_TYPE
from gateway.requests import NoQuery
from gateway.routing import Route
from gateway.sessions import COOKIE, SAFE_COOKIE

Json = dict[str, object]
API_VERSION = "1.0"
"""Of the contract, not of the program."""
REF = "#/components/schemas/{name}"
DOCUMENT = web.AppKey("openapi", bytes)
TEXTS = {
    400: "The request cannot be read",
    401: "A key is needed: one that is good, and has not ended",
    402: "The budget of the meeting or of the month is used up, so no language model was asked",
    403: "The key may not do that, or a page of another origin asked",
    404: "There is no such thing",
    406: "Not available in the form that Accept asks for",
    408: "The body did not come in time",
    409: "The Idempotency-Key belongs to another request, or to one under way",
    413: "The body is too large",
    415: "The body must be JSON, and not packed",
    421: "Without keys only this machine is served, by the name localhost",
    422: "A field cannot be used",
    426: "Speak WebSocket",
    429: "Too many calls a minute, or meetings at once; try again after Retry-After",
    502: "The vendor behind it refused or failed",
    503: "Something needed is away; try again after Retry-After",
    504: "No reply in time",
}


SCHEMES: Json = {
    "key": {
        "type": "http",
        "scheme": "bearer",
        "description": "A key of CHIMEIN_API_KEYS, or of `chimein keys create`",
    },
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": COOKIE,
        "description": f"A browser that signed in by POST /session; over https the cookie is called {SAFE_COOKIE}",
    },
}
"""How to come in, by either."""
TEXT: Json = {"type": "string"}
SSE: Json = {
    "description": "Each event of the stream",
    "type": "object",
    "properties": {
        "id": {"type": "string", "description": "Where to go on: Last-Event-ID, or `after`; captions have none"},
        "event": {"type": "string", "description": "Which kind of event `data` is"},
        "data": {"type": "string", "contentMediaType": JSON},
    },
    "required": ["event", "data"],
}
GUARDED = (401, 403, 429)
"""What every call that needs a key may be answered with."""
READING = (400, 408, 413, 415)
"""The same of every call whose body is read."""


async def show_openapi(request: web.Request) -> web.Response:
    return web.Response(body=request.app[DOCUMENT], content_type=JSON)


def document_of(routes: Sequence[Route], *, needs_key: bool) -> Json:
    shown = [route for route in routes if not route.is_hidden]
    schemas = dict(zip(structs_of(shown), schemas_of(shown)[0], strict=True))
    paths: dict[str, Json] = {}
    for route in shown:
        paths.setdefault(route.path, {})[route.method.lower()] = operation(route, schemas, needs_key=needs_key)
    components: Json = {"schemas": schemas_of(shown)[1], "securitySchemes": SCHEMES}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "chimein",
            "version": API_VERSION,
            "description": "A live-meeting assistant you host yourself.",
        },
        "paths": paths,
        "components": components,
    }


def structs_of(routes: Iterable[Route]) -> list[type[msgspec.Struct]]:
    """Each once, in the order of the table."""
    found: dict[type[msgspec.Struct], None] = {Problem: None}
    for route in routes:
        named = (route.body, route.answer, route.query, *route.also.values())
        found.update({kind: None for kind in named if kind and kind is not NoQuery})
    return list(found)


def schemas_of(routes: Iterable[Route]) -> tuple[tuple[Json, ...], Json]:
    references, components = msgspec.json.schema_components(structs_of(routes), ref_template=REF)
    return references, components


def operation(route: Route, schemas: dict[type[msgspec.Struct], Json], *, needs_key: bool) -> Json:
    found: Json = {
        "operationId": route.handler.__name__ + ("_as" if "{format}" in route.path else ""),
        "summary": route.summary,
        **({} if route.is_open else {"description": f"Needs the scope `{route.needs}`; counts among {route.pace}."}),
        "parameters": [*path_parameters(route), *query_parameters(route), *header_parameters(route)],
        "responses": responses(route, schemas),
    }
    if route.body:
        found["requestBody"] = {"required": True, "content": {JSON: {"schema": schemas[route.body]}}}
    found["security"] = [] if route.is_open else [{"key": []}, {"session": []}, *([] if needs_key else [{}])]
    return found


def path_parameters(route: Route) -> list[Json]:
    return [
        {"name": name, "in": "path", "required": True, "schema": path_schema(name)}
        for name in re.findall(r"{(\w+)}", route.path)
    ]


def path_schema(name: str) -> Json:
    return {"type": "string", "enum": ["json", "txt", "md", "srt", "vtt"]} if name == "format" else {"type": "string"}


def query_parameters(route: Route) -> list[Json]:
    schema = msgspec.json.schema_components([route.query], ref_template=REF)[1][route.query.__name__]
    return [
        {"name": name, "in": "query", "required": False, "schema": about}
        for name, about in schema.get("properties", {}).items()
    ]


def header_parameters(route: Route) -> list[Json]:
    named = []
    if route.is_once:
        named.append(("Idempotency-Key", "Repeats of the same request with the same key have one effect, for 24 h"))
    if route.media == (EVENT_STREAM,):
        named.append(("Last-Event-ID", "The id of the last event seen"))
    if EVENT_STREAM in route.media and route.body:
        named.append(("Prefer", "`wait=N`: how many seconds to wait for the answer"))
    return [
        {"name": name, "in": "header", "required": False, "description": text, "schema": {"type": "string"}}
        for name, text in named
    ]


def responses(route: Route, schemas: dict[type[msgspec.Struct], Json]) -> Json:
    found: Json = {str(route.status): {"description": route.summary, **content(route, schemas)}}
    for status, kind in route.also.items():
        found[str(status)] = {
            "description": (kind.__doc__ or "").strip(),
            "content": {JSON: {"schema": schemas[kind]}},
        }
    for status in sorted({*route.errors, *(() if route.is_open else GUARDED), *(READING if is_read(route) else ())}):
        found[str(status)] = problem_response(status, schemas[Problem])
    return found | {"400": unreadable(schemas[Problem])}


def is_read(route: Route) -> bool:
    """A body may come: the route's own, or one that an Idempotency-Key holds fast."""
    return route.method in {"POST", "PUT"}


def problem_response(status: int, schema: Json) -> Json:
    found: Json = {"description": TEXTS[status], "content": {MEDIA_TYPE: {"schema": schema}}}
    if status in {429, 503}:
        found["headers"] = {"Retry-After": {"description": "Seconds to wait", "schema": {"type": "integer"}}}
    return found


def unreadable(schema: Json) -> Json:
    """Of any route: the HTTP server itself refuses, in plain text, what is not HTTP or has a line beyond 8 KiB."""
    return {"description": TEXTS[400], "content": {MEDIA_TYPE: {"schema": schema}, "text/plain": {"schema": TEXT}}}


def content(route: Route, schemas: dict[type[msgspec.Struct], Json]) -> Json:
    """JSON by its schema, everything else as text."""
    if not route.media:
        return {}
    shown: dict[str, Json] = {media: {"schema": SSE if media == EVENT_STREAM else TEXT} for media in route.media}
    if JSON in shown:
        shown[JSON] = {"schema": schemas[route.answer] if route.answer else {"type": "object"}}
    return {"content": shown}
