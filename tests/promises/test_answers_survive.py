"""Promise 1 for questions and speech, in short form: brain and speaker are killed at random while people ask."""

import asyncio
import random
import signal
from collections import Counter
from pathlib import Path

import aiohttp
import pytest
from processes import System, system
from support import eventually, facts_of

from rehearsal.recall.options import Options
from rehearsal.recall.server import RecallServer
from shared.bus import Bus
from shared.events import Asked, QuestionAnswered, QuestionFailed, SentenceComposed, SpeechCut, SpeechFinished

SEED = 20261123
QUESTIONS = 12
SAID = "This is the first sentence. Here comes a second one. And this is the third."


async def join(http: aiohttp.ClientSession) -> str:
    async with http.post("/meetings/join", json={"meeting_url": "https://meet.google.com/abc-defg-hij"}) as answer:
        assert answer.status == 201
        return (await answer.json())["meeting_id"]


async def kill_now_and_then(chimein: System, chance: random.Random, kills: int) -> None:
    workers = {role: chimein.start(role) for role in ("brain", "speaker", "brain", "speaker")}
    for _ in range(kills):
        await asyncio.sleep(chance.uniform(0.8, 1.6))
        role = chance.choice(("brain", "speaker"))
        workers[role].send_signal(signal.SIGKILL)
        await asyncio.sleep(chance.uniform(0.0, 0.5))
        workers[role] = chimein.start(role)


async def ask_now_and_then(http: aiohttp.ClientSession, meeting_id: str, chance: random.Random) -> None:
    for n in range(QUESTIONS):
        await asyncio.sleep(chance.uniform(0.2, 0.8))
        path, body = ("say", {"text": SAID}) if n % 3 == 2 else ("ask", {"question": f"What about point {n}?"})
        async with http.post(f"/meetings/{meeting_id}/{path}", json=body) as answer:
            assert answer.status == 200, await answer.text()


async def is_settled(bus: Bus, meeting_id: str) -> bool:
    facts = await facts_of(bus, meeting_id)
    spoken = [fact.id for fact in facts if isinstance(fact, SentenceComposed) and fact.speak]
    ended = {fact.cause_id for fact in facts if isinstance(fact, SpeechFinished | SpeechCut)}
    return ended.issuperset(spoken)


@pytest.mark.process
@pytest.mark.timeout(120)
async def test_every_question_and_every_sentence_has_one_outcome(bus: Bus, redis_url: str, tmp_path: Path) -> None:
    chance = random.Random(SEED)
    async with RecallServer(Options()) as recall:
        with system(redis_url, tmp_path, RECALL_BASE_URL=recall.url) as chimein:
            for role in ("gateway", "ingest", "transcriber"):
                chimein.start(role)
            killing = asyncio.create_task(kill_now_and_then(chimein, chance, kills=6))
            async with aiohttp.ClientSession(f"http://127.0.0.1:{chimein.gateway_port}") as http:
                await chimein.until_ready()
                meeting_id = await join(http)
                await ask_now_and_then(http, meeting_id, chance)
                await killing
                await eventually(lambda: is_settled(bus, meeting_id), within_s=40)
        facts = {fact.id: fact for fact in await facts_of(bus, meeting_id)}.values()
        sentences = [fact for fact in facts if isinstance(fact, SentenceComposed)]
        answers = Counter(fact.cause_id for fact in facts if isinstance(fact, QuestionAnswered | QuestionFailed))
        asked = {fact.question_id for fact in facts if isinstance(fact, Asked)}
        ends = Counter(fact.cause_id for fact in facts if isinstance(fact, SpeechFinished | SpeechCut))
        assert answers == Counter(dict.fromkeys(asked, 1)), f"seed {SEED}"
        assert ends == Counter({sentence.id: 1 for sentence in sentences}), f"seed {SEED}"
        assert len(recall.heard.clips) <= len(sentences), f"seed {SEED}: a sentence was said twice"
