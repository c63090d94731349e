"""Bodies and query strings into structs; what does not fit is refused naming the field and the remedy."""

import asyncio
import re
from typing import TypeVar

import msgspec
from aiohttp import web

from gateway.contract import FieldProblem
from gateway.problems import ProblemError
from gateway.requests import Request
from gateway.resources import SETTINGS
from shared.errors import MeetingGoneError
from shared.streams import shard_of

MAX_BODY_BYTES = 64 * 1024
RequestT = TypeVar("RequestT", bound=Request)
WHERE = re.compile(r"(?P<problem>.*?)(?: - at (?:`key` in )?`\$(?P<path>[^`]*)`)?", re.DOTALL)
NAMED = re.compile(r"Object (?:missing required|contains unknown) field `(?P<name>[^`]*)`")


async def body_of(request: web.Request, kind: type[RequestT]) -> RequestT:
    """Raises ProblemError."""
    if request.content_type != "application/json":
        raise ProblemError(415, "unsupported-media-type", "send the body as JSON, with Content-Type: application/json")
    raw = await raw_body(request)
    try:
        return msgspec.json.decode(raw, type=kind)
    except msgspec.ValidationError as error:
        raise not_fitting(str(error), kind) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ProblemError(400, "malformed-json", f"the body is not JSON: {error}") from error


async def raw_body(request: web.Request) -> bytes:
    """Raises ProblemError when the body does not come."""
    wait_s = request.app[SETTINGS].read_wait_s
    try:
        async with asyncio.timeout(wait_s):
            return await request.read()
    except TimeoutError as error:
        raise ProblemError(408, "body-too-slow", f"the body did not come within {wait_s:.0f} s") from error
    except web.RequestPayloadError as error:
        raise ProblemError(400, "unreadable-body", "the body is not what its headers say") from error


def query_of(request: web.Request, kind: type[RequestT]) -> RequestT:
    """Raises ProblemError."""
    try:
        return msgspec.convert(dict(request.query), kind, strict=False)
    except msgspec.ValidationError as error:
        raise not_fitting(str(error), kind) from error


def meeting_id_of(request: web.Request) -> str:
    """The id in the path. Raises MeetingGoneError for what cannot be one."""
    meeting_id = request.match_info["meeting_id"]
    try:
        shard_of(meeting_id)
    except ValueError as error:
        raise MeetingGoneError(meeting_id) from error
    return meeting_id


def not_fitting(complaint: str, kind: type[Request]) -> ProblemError:
    """msgspec's complaint as a problem of one field."""
    found = WHERE.fullmatch(complaint)
    problem, path = (found["problem"], found["path"] or "") if found else (complaint, "")
    if named := NAMED.match(problem):
        path = f"{path}.{named['name']}"
    field = path.lstrip(".") or "body"
    wrong = FieldProblem(field=field, problem=problem, remedy=remedy_of(field, problem, kind))
    return ProblemError(422, "invalid-request", f"{field}: {problem}", errors=(wrong,))


def remedy_of(field: str, problem: str, kind: type[Request]) -> str:
    names = ", ".join(info.encode_name for info in msgspec.structs.fields(kind)) or "none"
    if "unknown field" in problem:
        return f"leave it out; the fields are: {names}"
    if "missing required" in problem:
        return f"send {field}"
    if field == "body":
        return f"send a JSON object; its fields are: {names}"
    return f"correct {field}; /docs describes it"
