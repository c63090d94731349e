"""Recordings made up for tests, and a Recall stand-in that plays them."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

from ears import Ear, bot_body

from rehearsal.recall.bots import Bot
from rehearsal.recall.options import Delays, Faults, Options
from rehearsal.recall.server import RecallServer
from rehearsal.recordings import Recording, Script, Segment
from shared.config import Secret
from shared.errors import MeetingError
from shared.numbered_pcm import BLOCK_MS, encode
from shared.recall_api import RecallApi

QUICK = Delays(dispatch_s=0, join_s=0, consent_s=0, upload_s=0, redial_s=0.02, webhook_retries_s=(0, 0.02, 0.02))
MAYA_THEN_TOM = (Segment("Maya", 0.1, 0.3, "Hello."), Segment("Tom", 0.35, 0.5, "Hi."))


def recording(ms: int = 600, segments: tuple[Segment, ...] = MAYA_THEN_TOM) -> Recording:
    pcm = encode(1, 0, ms // BLOCK_MS)
    return Recording(path=Path("made-up.wav"), pcm=pcm, script=Script(segments=list(segments)))


@contextlib.asynccontextmanager
async def stand_in(faults: Faults | None = None, **options: object) -> AsyncIterator[RecallServer]:
    async with RecallServer(Options(**{"delays": QUICK, **options}), faults=faults) as recall:
        yield recall


async def send_bot(recall: RecallServer, ear: Ear | None = None, **changes: object) -> Bot:
    """One whose socket is the ear; without an ear it records nothing."""
    body = bot_body(ear.url, **changes) if ear else bot_body(**{"recording_config": None, **changes})
    api = RecallApi(recall.url, Secret("key"), MeetingError)
    bot = await api.create_bot(body, "")
    await api.close()
    return recall.bots[bot.id]
