"""Promise 7: language model and voice may fail in every way. The official SDKs before a stand-in that misbehaves."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from itertools import pairwise
from typing import Any

import aiohttp
import msgspec

from rehearsal.openai.bodies import Reply
from rehearsal.openai.server import API_KEY, OpenAIServer, Try
from rehearsal.openai.stream import Fault
from rehearsal.promises.rig import Outcome, Rig, is_open, until
from rehearsal.recall.options import Delays, Options
from rehearsal.recall.server import RecallServer
from rehearsal.speech import SpeechFault
from shared.events import (
    Asked,
    Event,
    QuestionAnswered,
    QuestionFailed,
    SentenceComposed,
    SpeechCut,
    SpeechFinished,
    SpeechStarted,
)
from shared.ports import free_port

MOST_QUESTIONS, SECONDS_PER_QUESTION = 10, 3.0
"""In each meeting; fewer where the run is to be short."""
LATEST_S, TRIES = 20.0, 3
OPEN_WITHIN_S = 5.0
PROBE_EVERY_S = 10.0
OUTAGE_S = 30.0
BRAINS = 2
SLACK_S = 0.5
"""Between a clock in a brain and the one at the stand-in."""
FAULTS: Mapping[Fault, float] = {
    Fault.SERVER_ERROR: 0.20,
    Fault.HANG_BEFORE_HEADERS: 0.05,
    Fault.HANG_MID_STREAM: 0.05,
    Fault.CUT_MID_STREAM: 0.10,
    Fault.RATE_LIMIT: 0.05,
    Fault.GARBAGE_CHUNK: 0.02,
    Fault.NOT_A_CHUNK: 0.02,
    Fault.HTML: 0.01,
}
VOICE_FAULTS: Sequence[SpeechFault | int] = (
    HTTPStatus.INTERNAL_SERVER_ERROR,
    SpeechFault.HANG,
    SpeechFault.HANG_BEGUN,
    SpeechFault.CUT,
    SpeechFault.CUT_EARLY,
    SpeechFault.STALL,
    SpeechFault.ODD,
    HTTPStatus.TOO_MANY_REQUESTS,
)
ANSWER = "We said so for question {number}. Nobody was against it."


def answer(messages: Sequence[Mapping[str, Any]], _: Mapping[str, Any] | None) -> Reply:
    """Goes on after what was said of it already, as it is told to."""
    asked = str(messages[-1]["content"])
    first, second = ANSWER.format(number=number_in(asked)).split(". ", 1)
    return Reply(second if first in asked else f"{first}. {second}")


def number_in(text: str) -> int:
    return int(text.rsplit("question ", 1)[1].split("?", 1)[0])


@dataclass
class Scene:
    """What the run has to do with."""

    rig: Rig
    http: aiohttp.ClientSession
    model: OpenAIServer
    asked: int = 0

    @property
    def questions_each(self) -> int:
        return min(MOST_QUESTIONS, round(self.rig.load.seconds / SECONDS_PER_QUESTION))

    async def ask(self, meeting_id: str, *, speak: bool) -> None:
        """One question under a number of its own."""
        self.asked += 1
        body = {"question": f"What about question {self.asked}?", "speak": speak}
        async with self.http.post(f"/meetings/{meeting_id}/ask", json=body, headers={"Prefer": "wait=0"}) as reply:
            await reply.read()


async def run(rig: Rig) -> Outcome:
    options = Options(delays=Delays(consent_s=0.1))
    async with OpenAIServer(answer) as model, RecallServer(options) as recall:
        model.retry_after_s = 2.0
        port = await start(rig, model, recall)
        async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as http:
            scene = Scene(rig, http, model)
            meetings = [await join(scene, n) for n in range(rig.load.meetings)]
            await until(partial(rig.are_inside, meetings), 60)
            failures: list[str] = []
            mixed = await bad_weather(scene, meetings, failures)
            outage = await whole_outage(scene, meetings, failures)
            judged = await judge(scene, meetings, failures)
    figures: dict[str, float | int | str] = {**judged, **mixed, **outage}
    return Outcome(7, "language model and voice may fail in every way", figures, failures)


async def start(rig: Rig, model: OpenAIServer, recall: RecallServer) -> int:
    """Returns the gateway's port."""
    vendors = {
        "OPENAI_API_KEY": API_KEY,
        "OPENAI_BASE_URL": model.url,
        "ANSWER_PATIENCE_S": "4.5",
        "SPEAKER_VOICE": "openai",
        "RECALL_BASE_URL": recall.url,
    }
    port, ingest_port = free_port(), free_port()
    await rig.start("ingest", "ingest", INGEST_PORT=str(ingest_port), RECALL_SOCKETS="1", **vendors)
    for role in ("transcriber", "speaker"):
        await rig.start(role, role, **vendors)
    for n in range(BRAINS):
        await rig.start("brain", f"brain-{n + 1}", **vendors)
    await rig.start("gateway", "gateway", GATEWAY_PORT=str(port), **vendors)
    await until(partial(is_open, port), 30)
    await until(partial(is_open, ingest_port), 30)
    return port


async def join(scene: Scene, number: int) -> str:
    code = f"abc-defg-{chr(97 + number // 26)}{chr(97 + number % 26)}y"
    async with scene.http.post("/meetings/join", json={"meeting_url": f"https://meet.google.com/{code}"}) as reply:
        return str((await reply.json())["meeting_id"])


# -- half of all requests fail -----------------------------------------------------------------------------------------


async def bad_weather(scene: Scene, meetings: list[str], failures: list[str]) -> dict[str, int]:
    chance = scene.rig.chance
    scene.model.weather = partial(drawn, chance)
    scene.model.speaking.weather = partial(drawn_for_voice, chance)
    await asyncio.gather(*(ask_one_after_the_other(scene, meeting) for meeting in meetings))
    await until(partial(are_settled, scene.rig, meetings, scene.questions_each), 120)
    tries = Counter(number_in(of_question(one)) for one in scene.model.tries)
    most = max(tries.values())
    failures += [f"a question was put to the model {most} times"] * (most > TRIES)
    return {
        "model_requests": len(scene.model.tries),
        "model_faults": sum(one.fault is not Fault.NONE for one in scene.model.tries),
        "voice_requests": scene.model.speaking.requests,
        "voice_faults": scene.model.speaking.failed,
        "tries_of_a_question_max": most,
    }


def drawn(chance: random.Random) -> Fault:
    kinds = [*FAULTS, Fault.NONE]
    return chance.choices(kinds, [*FAULTS.values(), 1 - sum(FAULTS.values())])[0]


def drawn_for_voice(chance: random.Random) -> SpeechFault | int:
    return chance.choice(VOICE_FAULTS) if chance.random() < sum(FAULTS.values()) else SpeechFault.NONE


async def ask_one_after_the_other(scene: Scene, meeting: str) -> None:
    """Aloud; the next one once the one before it has its outcome."""
    for n in range(scene.questions_each):
        await asyncio.sleep(scene.rig.chance.uniform(0.0, 0.5))
        await scene.ask(meeting, speak=True)
        await until(partial(has_outcomes, scene.rig, meeting, n + 1), LATEST_S + 10)


async def has_outcomes(rig: Rig, meeting: str, count: int) -> bool:
    return len(outcomes_in(await rig.facts(meeting))) >= count


async def are_settled(rig: Rig, meetings: list[str], questions: int) -> bool:
    """Every question has its outcome, every sentence its end."""
    for meeting in meetings:
        facts = await rig.facts(meeting)
        ended = {fact.cause_id for fact in facts if isinstance(fact, SpeechFinished | SpeechCut)}
        if len(outcomes_in(facts)) < questions or not ended.issuperset(spoken_in(facts)):
            return False
    return True


# -- nothing works at all, and then it does again ----------------------------------------------------------------------


async def whole_outage(scene: Scene, meetings: list[str], failures: list[str]) -> dict[str, float | int]:
    length_s = min(OUTAGE_S, scene.rig.load.seconds)
    chance: random.Random = scene.rig.chance
    down: Callable[[], Fault] = partial(chance.choice, (Fault.SERVER_ERROR, Fault.HANG_BEFORE_HEADERS))
    scene.model.weather = down
    began, before = time.monotonic(), len(scene.model.tries)
    while time.monotonic() < began + length_s:
        await asyncio.gather(*(scene.ask(meeting, speak=False) for meeting in meetings))
        await asyncio.sleep(1.0)
    tries = scene.model.tries[before:]
    late = [one.at_s - began for one in tries if one.at_s - began > OPEN_WITHIN_S + SLACK_S]
    allowed = BRAINS * (1 + int((length_s - OPEN_WITHIN_S) // PROBE_EVERY_S))
    failures += [f"{len(late)} tries after the breakers should have opened: {late[:9]}"] * (len(late) > allowed)
    gaps = [second - first for first, second in pairwise(late[::BRAINS])]
    scene.model.weather = lambda: Fault.NONE
    back_s = await answered_again_after(scene, meetings[0])
    failures += [f"{back_s:.1f} s until a question was answered again"] * (back_s > PROBE_EVERY_S + 3)
    return {
        "outage_s": length_s,
        "tries_in_the_outage_before_the_breakers_opened": len(tries) - len(late),
        "probes": len(late),
        "s_between_probes_min": round(min(gaps, default=0.0), 1),
        "answers_again_after_s": round(back_s, 1),
    }


async def answered_again_after(scene: Scene, meeting: str) -> float:
    began = time.monotonic()
    known = len(answered_in(await scene.rig.facts(meeting)))
    while time.monotonic() < began + 30:
        await scene.ask(meeting, speak=False)
        await asyncio.sleep(0.5)
        if len(answered_in(await scene.rig.facts(meeting))) > known:
            break
    return time.monotonic() - began


# -- the verdict -------------------------------------------------------------------------------------------------------


async def judge(scene: Scene, meetings: list[str], failures: list[str]) -> dict[str, float | int]:
    answered = failed = spoken = said = 0
    slowest_s = 0.0
    await until(partial(all_have_ended, scene, meetings), LATEST_S + 10)
    for meeting in meetings:
        facts = list({fact.id: fact for fact in await scene.rig.facts(meeting)}.values())
        asked = {fact.question_id: fact.at for fact in facts if isinstance(fact, Asked)}
        outcomes = Counter(fact.cause_id for fact in outcomes_in(facts))
        failures += [f"{meeting}: outcomes {outcomes}"] * (outcomes != Counter(dict.fromkeys(asked, 1)))
        failures += [f"{fact.cause_id}: no reason" for fact in outcomes_in(facts) if not reason_of(fact)]
        slowest_s = max(slowest_s, *((fact.at - asked[fact.cause_id]) / 1000 for fact in outcomes_in(facts)))
        answered += len(answered_in(facts))
        failed += len(outcomes_in(facts)) - len(answered_in(facts))
        ends = Counter(fact.cause_id for fact in facts if isinstance(fact, SpeechFinished | SpeechCut))
        failures += [f"{meeting}: ends of sentences {ends}"] * (ends != Counter(dict.fromkeys(spoken_in(facts), 1)))
        starts = Counter(fact.cause_id for fact in facts if isinstance(fact, SpeechStarted))
        failures += [f"{meeting}: a sentence was begun twice"] * (max(starts.values(), default=0) > 1)
        spoken += len(spoken_in(facts))
        said += sum(isinstance(fact, SpeechFinished) for fact in facts)
        failures += strange_answers(facts)
    failures += [f"an outcome came after {slowest_s:.1f} s"] * (slowest_s > LATEST_S + SLACK_S)
    return {
        "questions": scene.asked,
        "answered": answered,
        "failed_with_a_reason": failed,
        "slowest_outcome_s": round(slowest_s, 1),
        "sentences_to_say": spoken,
        "said_to_their_end": said,
    }


async def all_have_ended(scene: Scene, meetings: list[str]) -> bool:
    counts = [len(outcomes_in(await scene.rig.facts(meeting))) for meeting in meetings]
    return sum(counts) >= scene.asked


def strange_answers(facts: Sequence[Event]) -> list[str]:
    """A broken stream must not show in the words of an answer."""
    answers = [(fact.question, fact.answer) for fact in facts if isinstance(fact, QuestionAnswered)]
    return [f"{text!r}" for question, text in answers if text != ANSWER.format(number=number_in(question))]


def outcomes_in(facts: Sequence[Event]) -> list[QuestionAnswered | QuestionFailed]:
    return [fact for fact in facts if isinstance(fact, QuestionAnswered | QuestionFailed)]


def answered_in(facts: Sequence[Event]) -> list[QuestionAnswered]:
    return [fact for fact in facts if isinstance(fact, QuestionAnswered)]


def spoken_in(facts: Sequence[Event]) -> set[str]:
    return {fact.id for fact in facts if isinstance(fact, SentenceComposed) and fact.speak}


def reason_of(fact: QuestionAnswered | QuestionFailed) -> str:
    return fact.answer if isinstance(fact, QuestionAnswered) else fact.reason


def of_question(one: Try) -> str:
    """The last message of a request."""
    body = msgspec.json.decode(one.content, type=dict[str, Any])
    return str(body["messages"][-1]["content"])
