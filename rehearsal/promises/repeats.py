"""Promise 11: repeats are harmless. Audio, webhooks and calls come again; each has one effect."""

import asyncio
import secrets
import time
from collections import Counter
from collections.abc import Mapping
from functools import partial

import aiohttp
import msgspec

from rehearsal.fake_bot import FakeBot, Plan
from rehearsal.promises.rig import Outcome, Rig, is_open, socket_url, until
from rehearsal.recall.options import Delays, Options
from rehearsal.recall.server import RecallServer
from rehearsal.recall.webhooks import signed_headers
from shared.config import Secret
from shared.events import MeetingStateChanged, QuestionAnswered, QuestionFailed, SentenceComposed
from shared.ports import free_port

SECRET = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="  # noqa: S105  # of a rig that guards nothing
TIMES = 3
DELIVERIES = 8
RESENT_S = 5.0
CUT_EVERY_S = 7.0
ROUNDS = 10

Reply = tuple[int, bytes]


class Gateways:
    """Two of them; one is killed and started again while calls are under way."""

    def __init__(self, rig: Rig, http: aiohttp.ClientSession, recall: RecallServer) -> None:
        self._rig, self._http, self._recall = rig, http, recall
        self.ports = {"gateway-1": free_port(), "gateway-2": free_port()}

    async def start(self) -> None:
        for name, port in self.ports.items():
            await self._rig.start("gateway", name, GATEWAY_PORT=str(port), RECALL_WEBHOOK_SECRET=SECRET)
        for port in self.ports.values():
            await until(partial(is_open, port), 30)

    async def kill_first(self) -> None:
        await self._rig.kill_and_start("gateway", "gateway-1")
        await until(partial(is_open, self.ports["gateway-1"]), 30)

    async def post(self, name: str, path: str, body: object, headers: Mapping[str, str]) -> Reply:
        """Again and again until somebody answers, as a careful client does."""
        url = f"http://127.0.0.1:{self.ports[name]}{path}"
        content = body if isinstance(body, bytes) else msgspec.json.encode(body)
        for _ in range(60):
            try:
                async with self._http.post(url, data=content, headers=headers) as answer:
                    if answer.status not in {202, 503}:
                        return answer.status, await answer.read()
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(0.5)
        raise TimeoutError(path)

    async def thrice(self, path: str, body: object, *, kill: bool) -> list[Reply]:
        """The same call three times under one key: at both gateways, one of which dies meanwhile."""
        headers = {"Idempotency-Key": secrets.token_hex(8), "Content-Type": "application/json"}
        calls = [
            asyncio.create_task(self.post(name, path, body, headers))
            for name in ("gateway-1", "gateway-2", "gateway-1")
        ]
        if kill:
            await asyncio.sleep(self._rig.chance.uniform(0.0, 0.05))
            await self.kill_first()
        replies = await asyncio.gather(*calls)
        other = {"conflicting": secrets.token_hex(4)} | (body if isinstance(body, dict) else {})
        return [*replies, await self.post("gateway-2", path, other, headers)]


async def run(rig: Rig) -> Outcome:
    options = Options(webhook_secret=Secret(SECRET), delays=Delays(consent_s=0.2))
    async with RecallServer(options) as recall, aiohttp.ClientSession() as http:
        gateways, port = Gateways(rig, http, recall), free_port()
        await rig.start("ingest", "ingest", INGEST_PORT=str(port), RECALL_BASE_URL=recall.url, RECALL_SOCKETS="1")
        for role in ("transcriber", "brain", "speaker"):
            await rig.start(role, role, RECALL_BASE_URL=recall.url)
        await gateways.start()
        await until(partial(is_open, port), 20)
        failures: list[str] = []
        calls = await repeat_calls(rig, gateways, recall, failures)
        webhooks = await repeat_webhooks(rig, gateways, failures)
        doubled = await repeat_audio(rig, port, failures)
    figures: dict[str, float | int | str] = {**calls, **webhooks, **doubled}
    return Outcome(11, "repeats are harmless", figures, failures)


# -- calls -----------------------------------------------------------------------------------------------------------


async def repeat_calls(rig: Rig, gateways: Gateways, recall: RecallServer, failures: list[str]) -> dict[str, int]:
    rounds = max(2, min(ROUNDS, rig.load.meetings))
    kills = 0
    for number in range(rounds):
        kill, bots = number % 2 == 0, len(recall.bots)
        url = f"https://meet.google.com/abc-defg-{chr(97 + number // 26)}{chr(97 + number % 26)}x"
        joined = await gateways.thrice("/meetings/join", {"meeting_url": url}, kill=kill)
        meeting_id = judge_replies("join", joined, "meeting_id", failures)
        failures += [f"join made {len(recall.bots) - bots} bots"] * (len(recall.bots) - bots != 1)
        asked = await gateways.thrice(f"/meetings/{meeting_id}/ask", {"question": "What was decided?"}, kill=kill)
        judge_replies("ask", asked, "request_id", failures)
        said = await gateways.thrice(f"/meetings/{meeting_id}/say", {"text": "One. Two."}, kill=kill)
        judge_replies("say", said, "request_id", failures)
        await judge_effects(rig, meeting_id, failures)
        kills += 3 * kill
    return {"calls_made_three_times": 3 * rounds, "gateways_killed_meanwhile": kills}


def judge_replies(name: str, replies: list[Reply], field: str, failures: list[str]) -> str:
    """The three answers are one, and the conflicting call is refused."""
    *same, conflicting = replies
    bodies = {body for _, body in same}
    failures += [f"{name}: {len(bodies)} different answers: {sorted(bodies)[:2]}"] * (len(bodies) != 1)
    failures += [f"{name}: a conflicting body got {conflicting[0]}"] * (conflicting[0] != 409)
    return str(msgspec.json.decode(same[0][1], type=dict[str, object]).get(field, ""))


async def judge_effects(rig: Rig, meeting_id: str, failures: list[str]) -> None:
    facts = {fact.id: fact for fact in await rig.facts(meeting_id)}
    outcomes = [fact for fact in facts.values() if isinstance(fact, QuestionAnswered | QuestionFailed)]
    spoken = Counter(fact.text for fact in facts.values() if isinstance(fact, SentenceComposed))
    failures += [f"one question had {len(outcomes)} outcomes"] * (len(outcomes) != 1)
    failures += [f"`say` made the sentences {dict(spoken)}"] * (spoken["One."] != 1 or spoken["Two."] != 1)


# -- webhooks ----------------------------------------------------------------------------------------------------------


async def repeat_webhooks(rig: Rig, gateways: Gateways, failures: list[str]) -> dict[str, int]:
    """Each delivery eight times, to both gateways in turn, under one id and with a signature of its own each time."""
    meetings = await rig.new_meetings(max(1, rig.load.meetings // 2))
    effects = 0
    for meeting in meetings:
        for at, code in enumerate(("joining_call", "in_waiting_room", "in_call_not_recording")):
            body = status_of(meeting, code, time.time() + at)
            message_id = f"msg_{secrets.token_hex(8)}"
            for n in range(DELIVERIES):
                headers = again(body, message_id, n)
                status, _ = await gateways.post(f"gateway-{1 + n % 2}", "/webhooks/recall", body, headers)
                failures += [f"a repeated webhook got {status}"] * (status != 204)
    for meeting in meetings:
        await until(partial(is_in_call, rig, meeting), 20)
        states = [fact.status for fact in await rig.facts(meeting) if isinstance(fact, MeetingStateChanged)]
        effects += len(states)
        failures += [f"webhooks made {states}"] * (states != ["joining", "waiting_room", "in_call"])
    return {"webhooks_delivered": 3 * DELIVERIES * len(meetings), "effects_of_webhooks": effects}


async def is_in_call(rig: Rig, meeting_id: str) -> bool:
    return (await rig.bus.state(meeting_id)).get("status") == "in_call"


def status_of(meeting_id: str, code: str, at_s: float) -> bytes:
    updated_at = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at_s)) + "+00:00"
    state = {"code": code, "sub_code": None, "updated_at": updated_at}
    bot = {"id": f"bot-of-{meeting_id}", "metadata": {"meeting_id": meeting_id}}
    return msgspec.json.encode({"event": f"bot.{code}", "data": {"data": state, "bot": bot}})


def again(body: bytes, message_id: str, number: int) -> dict[str, str]:
    """A redelivery has the id of the first and a time of its own."""
    return {**signed_headers(SECRET, body, message_id, age_s=DELIVERIES - number), "Content-Type": "application/json"}


# -- audio -------------------------------------------------------------------------------------------------------------


async def repeat_audio(rig: Rig, port: int, failures: list[str]) -> dict[str, int]:
    """Bots that lose their socket again and again, and send the last seconds once more each time."""
    meetings = await rig.new_meetings(rig.load.meetings)
    plan = Plan(seconds=rig.load.seconds, redial_s=0.5, resend_s=RESENT_S, blocks_per_frame=5)
    bots = [FakeBot(socket_url(port, meeting), n, plan) for n, meeting in enumerate(meetings)]
    cutting = asyncio.create_task(cut(rig, bots), name="cuts")
    await asyncio.gather(*(bot.run() for bot in bots))
    cutting.cancel()
    await rig.end(meetings)
    lost_ms = doubled = 0
    for meeting in meetings:
        verdict = await rig.check(meeting)
        lost_ms += verdict.lost_ms
        doubled += len(verdict.doubled) + len(verdict.doubled_lines)
        failures += [f"{meeting}: {verdict}"] * (not verdict.is_clean)
    return {"reconnects": sum(bot.connections - 1 for bot in bots), "lost_ms": lost_ms, "doubled": doubled}


async def cut(rig: Rig, bots: list[FakeBot]) -> None:
    while True:
        await asyncio.sleep(CUT_EVERY_S / len(bots))
        rig.chance.choice(bots).drop()
