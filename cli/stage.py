"""Where a rehearsal plays: the system that is running already, else one of its own; and the stand-in for Recall."""

import asyncio
import contextlib
import shutil
import tempfile
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec

from cli.client import Gateway, GatewayError
from cli.embedded_redis import EmbeddedRedis
from cli.settings import CliSettings
from cli.stand_in_ears import RealEars
from rehearsal.deepgram.server import DeepgramServer
from rehearsal.recall.options import Options
from rehearsal.recall.server import RecallServer
from rehearsal.recordings import Recording
from rehearsal.supervisor import Child, Supervisor
from shared.config import REHEARSAL_URL, load
from shared.errors import ChimeinError
from shared.ports import free_port
from transcriber.adapters.embedded import build_embedded_engine

ROLES = ("gateway", "ingest", "transcriber", "brain", "speaker")
READY_WITHIN_S = 90.0
NOT_OURS = {"REDIS_URL", "REDIS_HOST", "REDIS_PORT", "CHIMEIN_API_KEYS", "RECALL_WEBHOOK_SECRET"}
"""A rehearsal never touches the Redis or the keys of a system in service."""


class StageError(ChimeinError):
    """The system did not come up; the text says what is wrong."""


@dataclass(frozen=True)
class Stage:
    """Ready to play."""

    gateway: Gateway
    recall: RecallServer
    supervisor: Supervisor | None = None
    """Of the system's processes, where the stage is its own."""

    def deaths(self) -> list[str]:
        """Which of the processes have ended by now, and the last that each of them said."""
        children = self.supervisor.children.values() if self.supervisor else ()
        ended = [child for child in children if child.process.returncode is not None]
        return [f"{one.name} ended (code {one.process.returncode}):\n{last_words(one)}" for one in ended]


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    """Which of the real adapters are rehearsed."""

    stt: Literal["auto", "embedded", "deepgram"] = "auto"
    """`deepgram`: the adapter for Deepgram, with a stand-in that hears with the embedded engine."""
    audio: Literal["mixed", "separate"] = "mixed"

    @property
    def is_plain(self) -> bool:
        """Any system that runs can play it."""
        return self == Setting()


@contextlib.asynccontextmanager
async def stage(environ: Mapping[str, str], setting: Setting, recording: Recording) -> AsyncIterator[Stage]:
    """Whatever was started ends with the block."""
    async with contextlib.AsyncExitStack() as stack:
        settings = load(CliSettings, dict(environ))
        running = await stack.enter_async_context(Gateway(settings.chimein_url, settings.chimein_api_key))
        if setting.is_plain and await takes_rehearsals(running, environ):
            webhook = f"{settings.chimein_url}/webhooks/recall"
            port = int(REHEARSAL_URL.rpartition(":")[2])
            recall = await stack.enter_async_context(RecallServer(Options(webhook_url=webhook), port=port))
            yield Stage(running, recall)
            return
        gateway_port = free_port()
        url = f"http://127.0.0.1:{gateway_port}"
        recall = await stack.enter_async_context(RecallServer(Options(webhook_url=f"{url}/webhooks/recall")))
        own = own_environment(environ, gateway_port, recall.url)
        own |= await stack.enter_async_context(engine_settings(setting, recording))
        supervisor = await stack.enter_async_context(own_system(own))
        gateway = await stack.enter_async_context(Gateway(url, settings.chimein_api_key))
        await become_ready(gateway, supervisor)
        yield Stage(gateway, recall, supervisor)


async def takes_rehearsals(gateway: Gateway, environ: Mapping[str, str]) -> bool:
    """A running system without a Recall key plays what the stand-in sends."""
    if environ.get("RECALL_API_KEY"):
        return False
    try:
        await gateway.get("/ready")
    except GatewayError:
        return False
    return True


def own_environment(environ: Mapping[str, str], gateway_port: int, recall_url: str) -> dict[str, str]:
    kept = {name: value for name, value in environ.items() if name not in NOT_OURS}
    return {
        **kept,
        "GATEWAY_PORT": str(gateway_port),
        "INGEST_PORT": str(free_port()),
        **{f"{role.upper()}_STATUS_PORT": "0" for role in ROLES if role != "gateway"},
        "BIND_HOST": "127.0.0.1",
        "WEBSOCKET_DOMAIN": "",
        "RECALL_API_KEY": "",
        "RECALL_BASE_URL": recall_url,
        "LOG_FORMAT": "json",
        "PYTHONUNBUFFERED": "1",
    }


@contextlib.asynccontextmanager
async def engine_settings(setting: Setting, recording: Recording) -> AsyncIterator[dict[str, str]]:
    """What tells the system how to hear; with a stand-in for Deepgram where that is rehearsed."""
    hearing: dict[str, str] = {"RECALL_AUDIO": setting.audio, "TRANSCRIBER_ENGINE": setting.stt}
    if setting.stt != "deepgram":
        yield hearing
        return
    engine = await asyncio.to_thread(build_embedded_engine)
    try:
        async with DeepgramServer(RealEars(engine, recording)) as deepgram:
            yield {**hearing, "DEEPGRAM_BASE_URL": deepgram.url, "DEEPGRAM_API_KEY": "rehearsal"}
    finally:
        await engine.close()


@contextlib.asynccontextmanager
async def own_system(environ: dict[str, str]) -> AsyncIterator[Supervisor]:
    folder = Path(tempfile.mkdtemp(prefix="chimein-"))
    try:
        async with EmbeddedRedis(folder) as redis, Supervisor({**environ, "REDIS_URL": redis.url}) as supervisor:
            for role in ROLES:
                await supervisor.start_worker(role)
            yield supervisor
    finally:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


async def become_ready(gateway: Gateway, supervisor: Supervisor) -> None:
    """Raises StageError with the words of the process that failed."""
    waiting = asyncio.create_task(until_ready(gateway), name="ready")
    died = asyncio.create_task(supervisor.first_exit(), name="died")
    try:
        await asyncio.wait({waiting, died}, timeout=READY_WITHIN_S, return_when=asyncio.FIRST_COMPLETED)
        if died.done():
            child = died.result()
            raise StageError(f"{child.name} did not start:\n{last_words(child)}")
        if not waiting.done():
            raise StageError(f"the system was not ready within {READY_WITHIN_S:g} s: {await reasons(gateway)}")
    finally:
        for task in (waiting, died):
            task.cancel()
        await asyncio.gather(waiting, died, return_exceptions=True)


def last_words(child: Child) -> str:
    return "\n".join(list(child.lines)[-8:])


async def until_ready(gateway: Gateway) -> None:
    while True:
        with contextlib.suppress(GatewayError):
            await gateway.get("/ready")
            return
        await asyncio.sleep(0.1)


async def reasons(gateway: Gateway) -> str:
    try:
        await gateway.get("/ready")
    except GatewayError as error:
        return str(error)
    return "it is ready now"
