"""compose.yaml is what Compose takes, and its Redis and its proxy do what chimein needs when their commands are run."""

import asyncio
import contextlib
import importlib.resources
import json
import os
import re
import shutil
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

pytest.importorskip("helm_python", reason="make shipping brings it")

import jsonschema
from aiohttp import WSServerHandshakeError
from deploying import DEPLOY, ROLES, ROOT, compose
from honcho.environ import parse
from processes import System, system
from support import eventually, facts_of, new_meeting, valkey_binary

from ingest.config import IngestSettings
from shared import worker
from shared.bus import Bus
from shared.errors import BusError
from shared.events import Hushed
from shared.ports import free_port
from shared.redis_checks import open_bus

pytestmark = [pytest.mark.shipping, pytest.mark.process]
COMPOSE = compose()
SERVICES = COMPOSE["services"]
GIVEN_BY_OPERATOR = {"CHIMEIN_HOST", "CHIMEIN_VERSION", "CHIMEIN_EXTRAS", "REDIS_PASSWORD", "INGEST_DRAIN_S"}


def seconds(text: str) -> int:
    return int(text.removesuffix("s"))


def test_it_is_what_compose_takes() -> None:
    files = importlib.resources.files("check_jsonschema") / "builtin_schemas" / "vendor" / "compose-spec.json"
    schema = json.loads(files.read_text())
    jsonschema.Draft202012Validator(schema).validate(COMPOSE)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(schema).validate({"services": {"brain": {"restarts": "always"}}})


def test_every_line_of_the_procfile_is_a_service() -> None:
    procfile = dict(line.split(": exec ") for line in (ROOT / "Procfile").read_text().splitlines())
    assert {role: " ".join(SERVICES[role]["command"]) for role in procfile} == procfile


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_is_pinned_restarted_and_confined(service: str) -> None:
    one = SERVICES[service]
    assert re.search(r":(\$\{CHIMEIN_VERSION:-[\d.]+\}|[\d.]+(-\w+)?)$", one["image"])
    assert one["restart"] == "unless-stopped"
    assert one["read_only"] is True
    assert one["cap_drop"] == ["ALL"]
    assert one["security_opt"] == ["no-new-privileges:true"]
    assert "ports" not in one or service == "proxy"


def test_each_process_is_given_the_time_to_hand_over() -> None:
    stop_s = worker.DRAIN_WITHIN_S + 3 * worker.STOP_WITHIN_S + 1
    for role in ("transcriber", "brain", "speaker"):
        assert seconds(SERVICES[role]["stop_grace_period"]) >= stop_s
    drain_s = float(SERVICES["ingest"]["environment"]["INGEST_DRAIN_S"].partition(":-")[2].rstrip("}"))
    assert seconds(SERVICES["ingest"]["stop_grace_period"]) >= drain_s + stop_s - worker.DRAIN_WITHIN_S


def test_every_setting_is_one_of_chimeins() -> None:
    known = set(parse((ROOT / ".env.example").read_text()))
    for role in ROLES:
        assert {name for name in SERVICES[role]["environment"] if name != "<<"} <= known
    asked = set(re.findall(r"(?<!\$)\$\{(\w+)", (DEPLOY / "compose.yaml").read_text()))
    assert asked == GIVEN_BY_OPERATOR


class Store:
    """The service `redis`, by its own command, with the server that is here."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port, self.password = folder, free_port(), "p" * 24
        (folder / "bin").mkdir(parents=True)
        (folder / "bin" / "valkey-server").symlink_to(valkey_binary())

    @contextlib.asynccontextmanager
    async def serving(self, *more: str) -> AsyncIterator[str]:
        """Its address. `more` are options for this once."""
        shell, option, script = SERVICES["redis"]["command"]
        script = script.replace("$$", "$").replace("--dir /data", f"--dir {self.folder} --port {self.port}")
        environ = {"PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}", "REDIS_PASSWORD": self.password}
        server = subprocess.Popen([shell, option, " ".join([script, *more])], env=environ, stdout=subprocess.DEVNULL)
        try:
            await eventually(lambda: reached(self.port))
            yield f"redis://:{self.password}@127.0.0.1:{self.port}/0"
        finally:
            server.terminate()
            server.wait(10)


async def test_its_redis_asks_for_the_password_and_keeps_everything(tmp_path: Path) -> None:
    store = Store(tmp_path)
    async with store.serving() as url:
        bus = await open_bus(url)
        settings = await bus.redis.config_get("*")
        with pytest.raises(BusError):
            await open_bus(f"redis://127.0.0.1:{store.port}/0")
        await bus.close()
    wanted = {"appendonly": "yes", "appendfsync": "everysec", "maxmemory-policy": "noeviction", "save": ""}
    assert wanted.items() <= settings.items()


async def test_a_backup_is_restored_as_the_operators_page_says(tmp_path: Path) -> None:
    """BGSAVE; dump.rdb into an empty volume; once without the append-only file, which is then switched on."""
    old, new = Store(tmp_path / "old"), Store(tmp_path / "new")
    async with old.serving() as url:
        bus = await open_bus(url)
        meeting = await new_meeting(bus)
        await bus.redis.bgsave()
        await eventually((old.folder / "dump.rdb").exists)
        await bus.append(meeting, Hushed(id="later", meeting_id=meeting, at=1, by="Ann"))
        await bus.close()
    shutil.copy(old.folder / "dump.rdb", new.folder / "dump.rdb")
    async with new.serving("--appendonly no") as url:
        bus = await open_bus(url)
        await bus.redis.config_set("appendonly", "yes")
        await eventually(lambda: is_written(bus))
        await bus.close()
    (new.folder / "dump.rdb").unlink()
    async with new.serving() as url:
        bus = await open_bus(url)
        facts = await facts_of(bus, meeting)
        await bus.close()
    assert [type(fact).__name__ for fact in facts] == ["MeetingRequested"]


async def is_written(bus: Bus) -> bool:
    """The append-only file holds everything."""
    told = await bus.redis.info("persistence")
    return not told["aof_rewrite_in_progress"] and not told["aof_rewrite_scheduled"] and told["aof_enabled"] == 1


async def reached(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True


# -- the proxy -----------------------------------------------------------------------------------------------------


@pytest.fixture
async def behind_the_proxy(bus: Bus, redis_url: str, tmp_path: Path) -> AsyncIterator[tuple[str, System]]:
    """Its address, and gateway and ingest behind it. The names of the services are the addresses they have here."""
    if not shutil.which("caddy"):
        pytest.skip("no caddy: deploy/tools.sh brings it where there is apt")
    with system(redis_url, tmp_path) as chimein:
        for role in ("gateway", "ingest"):
            chimein.start(role)
        address = f"http://127.0.0.1:{free_port()}"
        text = (DEPLOY / "Caddyfile").read_text()
        assert ("ingest 8001" in text, "gateway 8000" in text) == (True, True)
        text = text.replace("ingest 8001", f"127.0.0.1 {chimein.ingest_port}")
        text = text.replace("gateway 8000", f"127.0.0.1 {chimein.gateway_port}")
        (tmp_path / "Caddyfile").write_text(text)
        environ = {"PATH": os.environ["PATH"], "CHIMEIN_HOST": address, "HOME": str(tmp_path)}
        command = ["caddy", "run", "--adapter", "caddyfile", "--config", str(tmp_path / "Caddyfile")]
        caddy = subprocess.Popen(command, env=environ, stderr=subprocess.DEVNULL)
        try:
            await eventually(lambda: answers(f"{address}/health"))
            await eventually(lambda: reached(chimein.ingest_port))
            yield address, chimein
        finally:
            caddy.terminate()
            caddy.wait(10)


async def answers(url: str) -> bool:
    try:
        async with aiohttp.ClientSession() as http, http.get(url) as answer:
            return answer.status == 200
    except aiohttp.ClientError:
        return False


async def test_one_host_leads_to_both_doors_and_keeps_metrics_inside(behind_the_proxy: tuple[str, System]) -> None:
    address, chimein = behind_the_proxy
    async with aiohttp.ClientSession() as http:
        async with http.get(f"{address}/metrics") as answer:
            assert answer.status == 404
        async with http.get(f"http://127.0.0.1:{chimein.gateway_port}/metrics") as answer:
            assert answer.status == 200
        async with http.get(f"http://127.0.0.1:{chimein.ingest_port}/metrics") as answer:
            assert 400 <= answer.status < 500, "the chart's Ingress hides the gateway's metrics behind this"
        async with http.get(f"{address}/openapi.json") as answer:
            assert "/meetings/join" in (await answer.json())["paths"]
        (url, *_) = IngestSettings(websocket_domain="host").socket_urls("m-00-00000000000000000000", "none")
        with pytest.raises(WSServerHandshakeError) as refused:
            await http.ws_connect(url.replace("wss://host", address))
        upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
        room = f"{address}/room/m-00-00000000000000000000/"
        async with http.get(room, headers={**upgrade, "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA=="}) as answer:
            assert "problem+json" not in answer.content_type, "a socket is ingest's"
        async with http.get(room) as answer:
            assert "problem+json" in answer.content_type, "a page is the gateway's"
    assert refused.value.status in {401, 403}
