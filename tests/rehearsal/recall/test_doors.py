import asyncio
import contextlib
from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request
from ears import bot_body
from meetings_played import send_bot, stand_in

from rehearsal.recall.doors import Doors
from rehearsal.recall.options import OVERLOADED, Faults, Forced, Options
from rehearsal.recall.server import RecallServer
from rehearsal.recall.workspace import Workspace
from shared.config import Secret


@contextlib.asynccontextmanager
async def session_to(**options: object) -> AsyncIterator[tuple[RecallServer, aiohttp.ClientSession]]:
    async with stand_in(**options) as recall, aiohttp.ClientSession(recall.url) as session:
        yield recall, session


@pytest.mark.parametrize(
    ("authorization", "status"),
    [("Token right", 200), ("right", 200), ("Token wrong", 401), ("wrong", 401), ("Token", 401), ("Bearer right", 401)],
)
async def test_the_key_is_checked_with_and_without_its_prefix(authorization: str, status: int) -> None:
    headers = {"Authorization": authorization}
    async with (
        session_to(api_key=Secret("right")) as (_, session),
        session.get("/api/v1/bot/", headers=headers) as response,
    ):
        assert response.status == status


async def test_a_bad_key_is_refused_in_recalls_words() -> None:
    async with session_to(api_key=Secret("right")) as (_, session), session.get("/api/v1/bot/") as response:
        assert await response.json() == {"code": "authentication_failed", "detail": "Invalid API token."}


async def test_the_firewall_refuses_a_get_with_a_body_in_html() -> None:
    async with session_to() as (_, session), session.get("/api/v1/bot/", data=b"null") as response:
        assert (response.status, response.content_type) == (403, "text/html")


@pytest.mark.parametrize(("refuses", "status"), [(True, 403), (False, 201)])
async def test_the_firewall_can_refuse_localhost(status: int, *, refuses: bool) -> None:
    body = bot_body("ws://localhost:1/recall/")
    async with (
        session_to(refuses_localhost=refuses) as (_, session),
        session.post("/api/v1/bot/", json=body) as response,
    ):
        assert response.status == status


async def test_the_same_key_gets_the_same_bot() -> None:
    async with session_to() as (recall, session):
        answers = []
        for _ in range(2):
            async with session.post("/api/v1/bot/", json=bot_body(), headers={"Idempotency-Key": "k"}) as response:
                answers.append((response.status, await response.json()))
        assert answers[0] == answers[1]
        assert answers[0][0] == 201
        assert len(recall.bots) == 1


async def test_without_a_key_two_requests_make_two_bots() -> None:
    async with session_to() as (recall, session):
        for _ in range(2):
            await session.post("/api/v1/bot/", json=bot_body())
        assert len(recall.bots) == 2


async def test_an_empty_pool_is_remembered_under_its_key_and_forgotten_under_another() -> None:
    async with session_to() as (recall, session):
        recall.faults.answers.append(Forced(507))
        statuses = []
        for key in ("a", "a", "b"):
            async with session.post("/api/v1/bot/", json=bot_body(), headers={"Idempotency-Key": key}) as response:
                statuses.append(response.status)
        assert statuses == [507, 507, 201]


@pytest.mark.parametrize("status", [429, 502, 503, 504])
async def test_load_shedding_is_not_remembered(status: int) -> None:
    async with session_to() as (recall, session):
        recall.faults.answers.append(Forced(status, retry_after="2"))
        headers = {"Idempotency-Key": "k"}
        async with session.post("/api/v1/bot/", json=bot_body(), headers=headers) as response:
            assert (response.status, response.headers["Retry-After"]) == (status, "2")
        async with session.post("/api/v1/bot/", json=bot_body(), headers=headers) as response:
            assert response.status == 201


async def test_a_stored_507_keeps_its_retry_after() -> None:
    async with session_to() as (recall, session):
        recall.faults.answers.append(Forced(507, '{"code": "x"}', retry_after="30"))
        waits = []
        for _ in range(2):
            async with session.post("/api/v1/bot/", json=bot_body(), headers={"Idempotency-Key": "k"}) as response:
                waits.append(response.headers["Retry-After"])
        assert waits == ["30", "30"]


async def test_a_balancer_answers_in_html() -> None:
    async with session_to() as (recall, session):
        recall.faults.answers.append(OVERLOADED)
        async with session.get("/api/v1/bot/") as response:
            assert (response.status, response.content_type) == (503, "text/html")


async def test_a_lost_response_is_found_again_under_its_key() -> None:
    async with session_to() as (recall, session):
        recall.faults.lost_responses = 1
        headers = {"Idempotency-Key": "k"}
        with pytest.raises(aiohttp.ClientError):
            await session.post("/api/v1/bot/", json=bot_body(), headers=headers)
        (lost,) = recall.bots
        async with session.post("/api/v1/bot/", json=bot_body(), headers=headers) as response:
            assert (await response.json())["id"] == lost
        assert len(recall.bots) == 1


async def test_a_lost_response_without_a_key_makes_two_bots() -> None:
    async with session_to() as (recall, session):
        recall.faults.lost_responses = 1
        with pytest.raises(aiohttp.ClientError):
            await session.post("/api/v1/bot/", json=bot_body())
        await session.post("/api/v1/bot/", json=bot_body())
        assert len(recall.bots) == 2


async def test_calls_beyond_their_limit_are_told_when_to_come_again() -> None:
    async with session_to(rate_limited=True) as (_, session):
        answers = []
        for _ in range(61):
            async with session.get("/api/v1/bot/") as response:
                answers.append((response.status, response.headers.get("Retry-After")))
        async with session.get("/api/v1/realtime_endpoint/") as response:
            other = response.status
    assert answers[:60] == [(200, None)] * 60
    assert answers[60][0] == 429
    assert 1 <= int(answers[60][1]) <= 60
    assert other == 200


async def test_a_key_is_not_looked_at_when_something_is_deleted() -> None:
    async with session_to() as (recall, session):
        bot = await send_bot(recall, join_at="2100-01-01T00:00:00Z")
        statuses = []
        for _ in range(2):
            async with session.delete(f"/api/v1/bot/{bot.id}/", headers={"Idempotency-Key": "k"}) as response:
                statuses.append(response.status)
    assert statuses == [204, 404]


class SlowHandler:
    """Answers when it is let."""

    def __init__(self) -> None:
        self.may_answer = asyncio.Event()
        self.asked = 0

    async def __call__(self, _: web.Request) -> web.Response:
        self.asked += 1
        await self.may_answer.wait()
        return web.json_response({"id": "b1"}, status=201)


async def test_a_second_request_while_the_first_is_at_work_is_a_conflict() -> None:
    doors, handler = Doors(Workspace(Options(), Faults())), SlowHandler()
    request = make_mocked_request("POST", "/api/v1/bot/", headers={"Idempotency-Key": "k"})
    first = asyncio.create_task(doors.idempotency(request, handler))
    await asyncio.sleep(0)
    assert (await doors.idempotency(request, handler)).status == 409
    handler.may_answer.set()
    assert (await first).status == 201
    assert (await doors.idempotency(request, handler)).status == 201
    assert handler.asked == 1


async def test_the_same_key_on_another_path_is_another_request() -> None:
    doors, handler = Doors(Workspace(Options(), Faults())), SlowHandler()
    handler.may_answer.set()
    for path in ("/api/v1/bot/a/leave_call/", "/api/v1/bot/b/leave_call/"):
        await doors.idempotency(make_mocked_request("POST", path, headers={"Idempotency-Key": "k"}), handler)
    assert handler.asked == 2


async def test_every_call_is_counted_even_a_refused_one() -> None:
    async with session_to(api_key=Secret("right")) as (recall, session):
        await session.get("/api/v1/bot/")
        assert recall.calls == [("GET", "/api/v1/bot/")]
