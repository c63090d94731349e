"""`chimein doctor` against stand-ins: each thing that can be wrong is named, with what to do."""

from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from brain.config import BrainSettings
from cli import checkups
from cli.checkups import Finding
from cli.settings import CliSettings
from ingest.config import IngestSettings
from ingest.doors import Doors
from ingest.producer import Producer
from ingest.sockets import SocketServer
from rehearsal.deepgram.options import DeepgramOptions
from rehearsal.deepgram.server import DeepgramServer
from rehearsal.recall.options import Options
from rehearsal.recall.server import RecallServer
from shared.bus import Bus
from shared.clock import SystemClock
from shared.config import Secret
from shared.ports import free_port
from transcriber.config import TranscriberSettings

KEY, WRONG = Secret("right-key"), Secret("wrong-key")
NOWHERE = f"http://127.0.0.1:{free_port()}"


async def all_of(findings: AsyncIterator[Finding]) -> list[Finding]:
    return [finding async for finding in findings]


@pytest.mark.parametrize(("key", "level"), [(KEY, "ok"), (WRONG, "fail"), (Secret(""), "warn")])
async def test_recalls_key(key: Secret, level: str) -> None:
    async with RecallServer(Options(api_key=KEY)) as recall:
        found = await checkups.recall(IngestSettings(recall_api_key=key, recall_base_url=recall.url))
        assert recall.bots == {}
    assert found.level == level
    assert level == "ok" or "RECALL" in found.what + found.remedy


async def test_a_recall_that_is_not_there() -> None:
    found = await checkups.recall(IngestSettings(recall_api_key=KEY, recall_base_url=NOWHERE))
    assert found.level == "fail"


@pytest.mark.parametrize(("key", "level"), [(KEY, "ok"), (WRONG, "fail"), (Secret(""), "warn")])
async def test_deepgrams_key(key: Secret, level: str) -> None:
    async with DeepgramServer(options=DeepgramOptions(api_key=KEY)) as deepgram:
        found = await checkups.deepgram(TranscriberSettings(deepgram_api_key=key, deepgram_base_url=deepgram.url))
    assert found.level == level


async def test_a_deepgram_that_is_not_there() -> None:
    found = await checkups.deepgram(TranscriberSettings(deepgram_api_key=KEY, deepgram_base_url=NOWHERE))
    assert (found.level, "DEEPGRAM_BASE_URL" in found.remedy) == ("fail", True)


async def model(request: web.Request) -> web.Response:
    if request.headers["Authorization"] != "Bearer right-key":
        return web.Response(status=401)
    return web.Response(status=200 if request.match_info["name"] == "gpt-5.4-mini" else 404)


@pytest.mark.parametrize(
    ("key", "answer_model", "level", "remedy"),
    [
        (KEY, "gpt-5.4-mini", "ok", ""),
        (WRONG, "gpt-5.4-mini", "fail", "OPENAI_API_KEY"),
        (KEY, "gpt-retired", "fail", "ANSWER_MODEL"),
    ],
)
async def test_the_language_model(key: Secret, answer_model: str, level: str, remedy: str) -> None:
    app = web.Application()
    app.router.add_get("/v1/models/{name}", model)
    async with TestServer(app) as server:
        settings = BrainSettings(
            openai_api_key=key, openai_base_url=str(server.make_url("/v1")), answer_model=answer_model
        )
        found = await checkups.language_model(settings)
    assert found.level == level
    assert remedy in found.remedy


async def test_no_language_model_is_no_failure() -> None:
    assert (await checkups.language_model(BrainSettings())).level == "warn"


async def test_a_socket_that_reaches_ingest(bus: Bus) -> None:
    port, clock = free_port(), SystemClock()
    server = await SocketServer(Doors(bus, clock), Producer(bus, clock), clock).start("127.0.0.1", port)
    async with server:
        found = await checkups.door(f"ws://127.0.0.1:{port}/recall/{checkups.NO_MEETING}/?token=none", "ears.example")
    assert found.level == "ok"


async def test_a_host_that_is_not_ingest() -> None:
    async with RecallServer() as somebody:
        found = await checkups.door(somebody.url.replace("http", "ws") + "/recall/x/?token=none", "ears.example")
    assert found.level == "fail"
    assert "404" in found.what


async def test_a_host_that_is_not_there() -> None:
    found = await checkups.door(NOWHERE.replace("http", "ws"), "ears.example")
    assert found.level == "fail"


@pytest.mark.parametrize("domain", ["", "localhost:8001", "https://ears.example.org"])
async def test_a_domain_that_cannot_be_one(domain: str) -> None:
    (found,) = await all_of(checkups.sockets(IngestSettings(recall_api_key=KEY, websocket_domain=domain)))
    assert (found.level, "WEBSOCKET_DOMAIN" in found.what) == ("fail", True)


@pytest.mark.parametrize(
    ("environ", "level", "how"),
    [
        ({}, "warn", "in clips"),
        ({"OUTLET": "clips"}, "ok", "in clips"),
        ({"PUBLIC_URL": "https://chimein.example"}, "ok", "a page at https://chimein.example"),
        ({"PUBLIC_URL": "https://chimein.example", "OUTLET": "clips"}, "ok", "in clips"),
    ],
)
def test_it_says_how_bots_will_speak(environ: dict[str, str], level: str, how: str) -> None:
    found = checkups.voice(environ)
    assert found.level == level
    assert how in found.what


async def test_webhooks_are_checked_from_the_public_address() -> None:
    async with RecallServer() as somebody:
        wrong = await all_of(checkups.webhooks(CliSettings(public_url=somebody.url), IngestSettings()))
    missing = await all_of(checkups.webhooks(CliSettings(), IngestSettings(recall_api_key=KEY)))
    assert [finding.level for finding in wrong] == ["fail"]
    assert [finding.level for finding in missing] == ["warn", "warn"]
