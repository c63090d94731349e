"""How the speaker is put together."""

import asyncio
import functools
from pathlib import Path

import structlog

from shared.errors import SpeechError
from shared.recall_api import RecallApi
from shared.sessions import Owner
from shared.streams import SPEAKER
from shared.worker import Worker, run
from speaker.adapters.embedded_voice import EmbeddedVoice
from speaker.adapters.output_media import ROOMS_PAGE, OutputMedia
from speaker.adapters.recall_clips import RecallClips
from speaker.adapters.tee import Tee
from speaker.adapters.wav_file import WavFile
from speaker.config import SpeakerSettings
from speaker.ports import Outlet, Voice
from speaker.speaking import Means, speak
from speaker.voices import build_voice

log = structlog.get_logger()


def main(settings: SpeakerSettings) -> None:
    run(SPEAKER, settings, functools.partial(work, settings=settings), status_port=settings.speaker_status_port)


async def work(worker: Worker, settings: SpeakerSettings) -> None:
    api = RecallApi(settings.recall_url, settings.recall_key, SpeechError)
    voice, outlets = build_voice(settings, worker.clock), build_outlets(settings, api, worker)
    worker.health.engine = ", ".join([voice.name, *(outlet.name for outlet in outlets.values())])
    warming = asyncio.create_task(warm_up(voice, worker), name="warm-up")
    try:
        await Owner(worker, functools.partial(speak, means=Means(voice, outlets, api))).run()
    finally:
        warming.cancel()
        for outlet in outlets.values():
            await outlet.close()
        await voice.close()


def build_outlets(settings: SpeakerSettings, api: RecallApi, worker: Worker) -> dict[str, Outlet]:
    """By the name that a meeting is joined with."""
    return {
        "clips": recorded(RecallClips(api, worker.clock), settings),
        "media": recorded(OutputMedia(worker.bus, worker.tail, worker.clock), settings),
        "room": recorded(OutputMedia(worker.bus, worker.tail, worker.clock, ROOMS_PAGE), settings),
    }


def recorded(outlet: Outlet, settings: SpeakerSettings) -> Outlet:
    return Tee(outlet, WavFile(Path(settings.speech_wav_dir))) if settings.speech_wav_dir else outlet


async def warm_up(voice: Voice, worker: Worker) -> None:
    """Not ready until the first answer would come quickly."""
    if not isinstance(voice, EmbeddedVoice):
        return
    worker.health.report("voice", "is being loaded")
    try:
        await voice.warm_up()
        worker.health.clear("voice")
    except SpeechError as error:
        worker.health.report("voice", error.reason)
        log.error("voice.unusable", reason=error.reason)
