"""How the transcriber is put together."""

import asyncio
import functools
import os

from shared.errors import ConfigError
from shared.sessions import OwnedMeeting, Owner
from shared.streams import TRANSCRIBER
from shared.worker import Worker, run
from transcriber.adapters.deepgram import build_deepgram_engine
from transcriber.adapters.embedded import build_embedded_engine
from transcriber.adapters.scripted import ScriptedEngine
from transcriber.config import TranscriberSettings
from transcriber.listening import listen
from transcriber.ports import SpeechEngine


def main(settings: TranscriberSettings) -> None:
    run(TRANSCRIBER, settings, functools.partial(work, settings=settings), status_port=settings.transcriber_status_port)


async def work(worker: Worker, settings: TranscriberSettings) -> None:
    engine = await asyncio.to_thread(build_engine, settings)
    worker.health.engine = engine.name
    try:
        await Owner(worker, functools.partial(hear, engine=engine)).run()
    finally:
        await engine.close()


async def hear(meeting: OwnedMeeting, engine: SpeechEngine) -> None:
    await listen(meeting, engine)


def build_engine(settings: TranscriberSettings) -> SpeechEngine:
    if settings.transcriber_engine == "scripted":
        return ScriptedEngine()
    if settings.transcriber_engine == "deepgram" or (
        settings.transcriber_engine == "auto" and settings.deepgram_api_key
    ):
        if not settings.deepgram_api_key:
            raise ConfigError("TRANSCRIBER_ENGINE=deepgram needs DEEPGRAM_API_KEY: make one on Deepgram's console")
        return build_deepgram_engine(
            settings.deepgram_api_key,
            settings.deepgram_base_url,
            settings.deepgram_model,
            opts_out=settings.deepgram_opt_out,
        )
    # A second BLAS thread only spins beside the decoder's own; it must be set before numpy is loaded.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    return build_embedded_engine()
