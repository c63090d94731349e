"""Meetings full of numbered audio on real processes, with people who ask meanwhile, and what became of all of it."""

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import aiohttp

from rehearsal.fake_bot import Call, FakeBot, Plan
from rehearsal.promises.rig import Rig, is_open, persistently, until
from rehearsal.recall.options import Delays, Options
from rehearsal.recall.server import RecallServer
from shared.events import (
    AnyEvent,
    Asked,
    LineHeard,
    QuestionAnswered,
    QuestionFailed,
    SentenceComposed,
    SpeechCut,
    SpeechFinished,
    SpeechStarted,
)
from shared.ports import free_port
from shared.socket_tokens import new_token
from shared.streams import SOCKET_TOKEN

Ways = Mapping[str, Mapping[str, str]]
ROLES = ("transcriber", "brain", "speaker")
ASK_EVERY_S = (8.0, 20.0)
SAID = "This is the first sentence. Here comes a second one. And this is the third."
COUNTED = ("questions", "answered", "failed_with_a_reason", "sentences", "spoken")
SETTLED_WITHIN_S = 60.0
BLOCKS_PER_FRAME = 5
"""Frames of 100 ms."""


@dataclass
class Stage:
    """What a promise's run acts on. In `meetings` people talk all the time; in `quiet` ones the bot is listened to."""

    rig: Rig
    http: aiohttp.ClientSession
    recall: RecallServer
    sockets: list[int]
    """Ports of the ingests."""
    meetings: list[str] = field(default_factory=list)
    quiet: list[str] = field(default_factory=list)
    bots: list[FakeBot] = field(default_factory=list)
    http_failures: Counter[str] = field(default_factory=Counter)
    asked: int = 0

    # -- before --------------------------------------------------------------------------------------------------------

    async def join(self, number: int) -> str:
        code = f"abc-defg-{chr(97 + number // 26)}{chr(97 + number % 26)}y"
        body = {"meeting_url": f"https://meet.google.com/{code}"}
        async with self.http.post("/meetings/join", json=body) as reply:
            return str((await reply.json())["meeting_id"])

    async def open(self) -> None:
        """Everybody is in their calls."""
        count = self.rig.load.meetings
        self.meetings = [await self.join(n) for n in range(count)]
        self.quiet = [await self.join(n) for n in range(count, count + max(1, count // 5))]
        await until(partial(self.rig.are_inside, [*self.meetings, *self.quiet]), 60)

    async def socket_url(self, port: int, meeting_id: str) -> str:
        secret = (await self.rig.bus.state(meeting_id))[SOCKET_TOKEN]
        token = new_token(secret, meeting_id, time.time())
        return f"ws://127.0.0.1:{port}/recall/{meeting_id}/?token={token}"

    # -- meanwhile -----------------------------------------------------------------------------------------------------

    async def play(self, *, redial_s: float = 0.5, resend_s: float = 0.0) -> None:
        """Every word of every meeting, at real time, by one socket to each ingest. Returns when all was sent."""
        plan = Plan(
            seconds=self.rig.load.seconds, redial_s=redial_s, resend_s=resend_s, blocks_per_frame=BLOCKS_PER_FRAME
        )
        for n, meeting in enumerate(self.meetings):
            call = Call()
            for port in self.sockets:
                self.bots.append(FakeBot(await self.socket_url(port, meeting), n, plan, call))
        await asyncio.gather(*(bot.run() for bot in self.bots))

    async def ask_while(self, work: asyncio.Task[None]) -> None:
        """People ask in every meeting, now and then, until the work is done."""
        people = [asyncio.create_task(self.ask_now_and_then(one), name="asks") for one in (*self.meetings, *self.quiet)]
        try:
            await work
        finally:
            for one in people:
                one.cancel()
            await asyncio.gather(*people, return_exceptions=True)

    async def ask_now_and_then(self, meeting_id: str) -> None:
        while True:
            await asyncio.sleep(self.rig.chance.uniform(*ASK_EVERY_S))
            self.asked += 1
            if meeting_id in self.quiet and self.asked % 3 == 0:
                await self.post(f"/meetings/{meeting_id}/say", {"text": SAID})
            else:
                spoken = meeting_id in self.quiet
                await self.post(f"/meetings/{meeting_id}/ask", {"question": f"Who said {self.asked}?", "speak": spoken})

    async def post(self, path: str, body: dict[str, object]) -> None:
        """What is refused is counted, by status."""
        try:
            async with self.http.post(path, json=body, headers={"Prefer": "wait=0"}) as reply:
                await reply.read()
                if reply.status >= 400:
                    self.http_failures[str(reply.status)] += 1
        except (aiohttp.ClientError, TimeoutError) as error:
            self.http_failures[type(error).__name__] += 1

    # -- after ---------------------------------------------------------------------------------------------------------

    async def judge(self, failures: list[str]) -> dict[str, float | int | str]:
        """Ends the meetings, waits for what is under way, and counts."""
        await self.rig.end(self.meetings)
        with contextlib.suppress(TimeoutError):
            await until(self.is_settled, SETTLED_WITHIN_S)
        lost_ms = doubled = misplaced = words = 0
        for meeting in self.meetings:
            verdict, gaps = await self.rig.check(meeting), await self.rig.gaps(meeting)
            lost_ms, words = lost_ms + verdict.lost_ms, words + verdict.words
            doubled += len(verdict.doubled) + len(verdict.doubled_lines)
            misplaced += len(verdict.misplaced)
            failures += [f"{meeting}: {verdict}, gaps {gaps[:3]}"] * (not verdict.is_clean or bool(gaps))
        outcomes = Counter[str]()
        for meeting in (*self.meetings, *self.quiet):
            outcomes += outcomes_of(list({fact.id: fact for fact in await self.rig.facts(meeting)}.values()), failures)
        return {
            "words": words,
            "lost_ms": lost_ms,
            "doubled": doubled,
            "out_of_order": misplaced,
            **{
                name: outcomes[name]
                for name in ("questions", "answered", "failed_with_a_reason", "sentences", "spoken")
            },
            "http_failures": ", ".join(f"{count} × {name}" for name, count in self.http_failures.items()) or "none",
        }

    async def is_settled(self) -> bool:
        """Every question has its outcome, every sentence its end."""
        for meeting in (*self.meetings, *self.quiet):
            facts = await self.rig.facts(meeting)
            asked = {fact.question_id for fact in facts if isinstance(fact, Asked)}
            answered = {fact.cause_id for fact in facts if isinstance(fact, QuestionAnswered | QuestionFailed)}
            ended = {fact.cause_id for fact in facts if isinstance(fact, SpeechFinished | SpeechCut)}
            if not (answered == asked and ended >= to_say(facts)):
                return False
        return True


PATIENT = 100.0
"""Times longer than usual a bot stays where it sees nobody."""


@contextlib.asynccontextmanager
async def staged(
    rig: Rig, *, workers: int = 2, ingests: int = 1, ways: Ways | None = None, **settings: str
) -> AsyncIterator[Stage]:
    """So many workers of each role, named `brain-1` and so on; ingests, one gateway and a stand-in for Recall.

    `ways` has settings that one of them has for itself.
    """
    # The people of these meetings talk over sockets of their own: to the stand-in its calls are empty.
    options = Options(delays=Delays(consent_s=0.1, leaving=PATIENT), tail_s=0)
    async with RecallServer(options) as recall:
        common = {"RECALL_BASE_URL": recall.url, "RECALL_SOCKETS": "1", **settings}
        sockets, port = [free_port() for _ in range(ingests)], free_port()
        for n, own in enumerate(sockets, 1):
            dialled = {"WEBSOCKET_DOMAIN": f"127.0.0.1:{sockets[0]}"}
            name = f"ingest-{n}"
            await rig.start("ingest", name, INGEST_PORT=str(own), **dialled, **common, **(ways or {}).get(name, {}))
        for role in ROLES:
            for n in range(workers):
                name = f"{role}-{n + 1}"
                await rig.start(role, name, **common, **(ways or {}).get(name, {}))
        await rig.start("gateway", "gateway", GATEWAY_PORT=str(port), **common, **(ways or {}).get("gateway", {}))
        for one in (port, *sockets):
            await until(partial(is_open, one), 30)
        async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as http:
            stage = Stage(rig, http, recall, sockets)
            await stage.open()
            yield stage


def to_say(facts: Sequence[AnyEvent]) -> set[str]:
    return {fact.id for fact in facts if isinstance(fact, SentenceComposed) and fact.speak}


def outcomes_of(facts: Sequence[AnyEvent], failures: list[str]) -> Counter[str]:
    """One outcome for each question, one end for each sentence, and nothing is begun twice."""
    asked = {fact.question_id for fact in facts if isinstance(fact, Asked)}
    ended = [fact for fact in facts if isinstance(fact, QuestionAnswered | QuestionFailed)]
    outcomes = Counter(fact.cause_id for fact in ended)
    failures += [
        f"{fact.meeting_id}: question {fact.question_id} of {fact.at} has {outcomes[fact.question_id]} outcomes"
        for fact in facts
        if isinstance(fact, Asked) and outcomes[fact.question_id] != 1
    ]
    failures += [f"question {one} has an outcome and was not asked" for one in outcomes if one not in asked]
    ends = Counter(fact.cause_id for fact in facts if isinstance(fact, SpeechFinished | SpeechCut))
    failures += [f"sentence {one}: {ends[one]} ends" for one in to_say(facts) if ends[one] != 1]
    begun = Counter(fact.cause_id for fact in facts if isinstance(fact, SpeechStarted))
    failures += [f"sentence {one}: begun {count} times" for one, count in begun.items() if count > 1]
    return Counter(
        questions=len(asked),
        answered=sum(isinstance(fact, QuestionAnswered) for fact in ended),
        failed_with_a_reason=sum(isinstance(fact, QuestionFailed) for fact in ended),
        sentences=len(to_say(facts)),
        spoken=sum(isinstance(fact, SpeechFinished) for fact in facts),
    )


async def finals(stage: Stage, meeting_id: str) -> list[int]:
    """When each line came on the timeline, Unix ms of Redis's clock."""
    entries = await persistently(partial(stage.rig.bus.timeline, meeting_id))
    return [int(entry.id.partition(b"-")[0]) for entry in entries if entry.fields.get(b"type") == LINE]


async def first_final_after(stage: Stage, at_ms: int, meeting_id: str) -> int:
    """Ms until the next final line; 0 where none came any more."""
    return min((found - at_ms for found in await finals(stage, meeting_id) if found > at_ms), default=0)


LINE = str(LineHeard.__struct_config__.tag).encode()
