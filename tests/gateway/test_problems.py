"""Whatever goes wrong is problem+json that names the field and the remedy, and shows nothing from inside."""

import asyncio

import msgspec
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from gateway.bodies import MAX_BODY_BYTES, not_fitting
from gateway.contract import Problem
from gateway.problems import STATUS_OF, failed_stage, problems
from gateway.requests import JoinRequest
from shared.errors import Category


async def join(rig, body: bytes, content_type: str = "application/json"):
    response = await rig.client.post("/meetings/join", data=body, headers={"Content-Type": content_type})
    return response, msgspec.json.decode(await response.read(), type=Problem)


class TestBodies:
    @pytest.mark.parametrize(
        ("body", "field", "remedy"),
        [
            (b"{}", "meeting_url", "send meeting_url"),
            (b'{"meeting_url": 5}', "meeting_url", "correct meeting_url"),
            (b'{"meeting_url": ""}', "meeting_url", "correct meeting_url"),
            (b'{"meeting_url": "x", "bot": "y"}', "bot", "leave it out; the fields are: meeting_url, bot_name"),
            (b'{"meeting_url": "x", "answer_when": "always"}', "answer_when", "correct answer_when"),
            (b'{"meeting_url": "x", "speak": "yes"}', "speak", "correct speak"),
            (b'{"meeting_url": "x", "retention_hours": -1}', "retention_hours", "correct retention_hours"),
            (b'{"meeting_url": "x", "metadata": {"a": 1}}', "metadata[...]", "correct metadata"),
            (b"[]", "body", "send a JSON object; its fields are: meeting_url"),
            (b"null", "body", "send a JSON object"),
        ],
    )
    async def test_field_that_does_not_fit_is_named_with_its_remedy(self, fake_rig, body, field, remedy):
        response, problem = await join(fake_rig, body)
        assert (response.status, response.content_type) == (422, "application/problem+json")
        assert problem.errors[0].field == field
        assert problem.errors[0].remedy.startswith(remedy)
        assert (problem.instance, problem.status) == ("/meetings/join", 422)

    @pytest.mark.parametrize("body", [b"", b"{", b"{'a': 1}", b'{"meeting_url": "\xff"}', b"\x00"])
    async def test_broken_json_is_400(self, fake_rig, body):
        response, problem = await join(fake_rig, body)
        assert (response.status, problem.type) == (400, "urn:chimein:problem:malformed-json")

    async def test_deep_nesting_is_refused_not_crashed_on(self, fake_rig):
        response, _ = await join(fake_rig, b'{"metadata":' + b"[" * 30_000)
        assert response.status in {400, 422}

    async def test_other_content_types_are_415(self, fake_rig):
        response, problem = await join(fake_rig, b"meeting_url=x", "application/x-www-form-urlencoded")
        assert (response.status, "application/json" in problem.detail) == (415, True)

    async def test_body_over_the_limit_is_413(self, fake_rig):
        response, _ = await join(fake_rig, b'{"meeting_url":"' + b"x" * MAX_BODY_BYTES + b'"}')
        assert response.status == 413

    @pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd", "identity, gzip", "unheard-of"])
    async def test_packed_body_is_refused_unread(self, fake_rig, encoding):
        headers = {"Content-Encoding": encoding, "Content-Type": "application/json"}
        response = await fake_rig.client.post("/meetings/join", data=b"garbage", headers=headers)
        assert (response.status, (await response.json())["type"]) == (415, "urn:chimein:problem:unsupported-encoding")
        assert response.headers["Accept-Encoding"] == "identity"

    async def test_body_that_does_not_come_is_408(self, rig_with):
        async with rig_with(read_wait_s=0.1) as rig:
            server = rig.client.server
            reader, writer = await asyncio.open_connection(server.host, server.port)
            head = f"POST /meetings/join HTTP/1.1\r\nHost: {server.host}\r\nContent-Type: application/json\r\n"
            writer.write(f"{head}Content-Length: 50\r\n\r\n{{".encode())
            assert (await reader.readline()).startswith(b"HTTP/1.1 408")
            writer.close()

    def test_complaint_about_a_key_names_its_object(self):
        problem = not_fitting("Expected `str` of length <= 40 - at `key` in `$.metadata`", JoinRequest).problem
        assert problem.errors[0].field == "metadata"


class TestAddresses:
    async def test_unknown_address_points_to_the_docs(self, fake_rig):
        response = await fake_rig.client.get("/nowhere")
        assert (response.status, "/docs" in (await response.json())["detail"]) == (404, True)

    async def test_wrong_method_names_the_right_ones(self, fake_rig):
        response = await fake_rig.client.get("/meetings/m-1/ask")
        assert (response.status, response.headers["Allow"]) == (405, "POST")
        assert response.content_type == "application/problem+json"


class TestStages:
    @pytest.mark.parametrize("category", list(Category))
    def test_every_category_has_a_status(self, category):
        assert failed_stage("x", "why", category).problem.status == STATUS_OF[category]

    def test_category_of_a_newer_version_is_a_bad_gateway(self):
        assert failed_stage("x", "why", "brand_new").problem.status == 502


async def fail(_: web.Request) -> web.Response:
    raise RuntimeError("canary: redis://user:password@host")


async def test_unexpected_error_shows_nothing_from_inside():
    app = web.Application(middlewares=[problems])
    app.router.add_get("/", fail)
    async with TestClient(TestServer(app)) as client:
        response = await client.get("/")
        assert (response.status, "canary" in await response.text()) == (500, False)


class TestRedisAway:
    async def test_stopped_redis_is_503_and_its_return_heals_everything(self, mortal_valkey, rig_on_url):
        async with rig_on_url(mortal_valkey.url) as rig:
            mortal_valkey.stop()
            calls = [
                ("GET", "/meetings"),
                ("POST", f"/meetings/m-07-{'0' * 20}/hush"),
                ("DELETE", f"/meetings/m-07-{'0' * 20}"),
            ]
            for method, path in calls:
                response = await rig.client.request(method, path)
                assert (response.status, response.headers["Retry-After"]) == (503, "2")
                assert (await response.json())["type"] == "urn:chimein:problem:redis-unavailable"
            assert (await rig.client.get("/health")).status == 200
            mortal_valkey.start()
            assert (await rig.client.get("/meetings")).status == 200
