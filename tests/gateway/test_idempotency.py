"""The same POST again: one effect, the same answer, whichever gateway it comes to."""

import asyncio

from gateway.idempotency import Claim
from shared.clock import SystemClock
from shared.events import CODEC, BotJoined, Hushed, JoinRefused, QuestionAnswered, QuestionFailed, effect
from shared.streams import BRAIN, INGEST, SHARDS

CLOCK = SystemClock()
KEY = {"Idempotency-Key": "one"}
LINK = {"meeting_url": "https://meet.google.com/abc-defg-hij"}
ALL = range(SHARDS)


def takes_bot(command):
    return [effect(BotJoined, command, "joined", CLOCK, bot_id="bot-1")]


def answers(command):
    about = {
        "question": command.question,
        "asked_by": "",
        "answer": f"answer {command.id}",
        "cites": [],
        "spoken": True,
    }
    return [effect(QuestionAnswered, command, "answer", CLOCK, **about)]


def fails(command):
    return [effect(QuestionFailed, command, "failed", CLOCK, question="", reason="busy", category="rate_limit")]


async def test_repeated_join_makes_one_meeting_and_the_same_answer(rig):
    rig.play(INGEST, takes_bot, shards=ALL)
    answers_ = [await rig.client.post("/meetings/join", json=LINK, headers=KEY) for _ in range(3)]
    bodies = [await response.read() for response in answers_]
    assert [response.status for response in answers_] == [201, 201, 201]
    assert len(set(bodies)) == 1
    assert len(rig.workers.commands) == 1


async def test_repeats_at_once_through_two_gateways_have_one_effect(rig, rig_with):
    rig.play(BRAIN, answers)
    meeting_id = await rig.meeting()
    async with rig_with() as other:
        meeting_id = await rig.meeting()
        posts = [
            gateway.client.post(f"/meetings/{meeting_id}/ask", json={"question": "Who?"}, headers=KEY)
            for gateway in (rig, other) * 5
        ]
        bodies = {await response.read() for response in await asyncio.gather(*posts)}
    assert (len(bodies), len(rig.workers.commands)) == (1, 1)


async def test_same_key_with_another_body_or_address_is_409(rig):
    rig.play(BRAIN, answers)
    meeting_id = await rig.meeting()
    await rig.client.post(f"/meetings/{meeting_id}/ask", json={"question": "Who?"}, headers=KEY)
    body = await rig.client.post(f"/meetings/{meeting_id}/ask", json={"question": "What?"}, headers=KEY)
    address = await rig.client.post(f"/meetings/{meeting_id}/hush", headers=KEY)
    assert (body.status, address.status, len(rig.workers.commands)) == (409, 409, 1)
    assert (await body.json())["type"] == "urn:chimein:problem:idempotency-key-reused"


async def test_without_key_every_post_counts(rig):
    rig.play(BRAIN, answers)
    meeting_id = await rig.meeting()
    for _ in range(2):
        await rig.client.post(f"/meetings/{meeting_id}/ask", json={"question": "Who?"})
    assert len(rig.workers.commands) == 2


async def test_repeat_while_the_answer_is_awaited_gets_that_answer(rig):
    rig.play(BRAIN, lambda _: [])
    meeting_id = await rig.meeting()
    first = asyncio.create_task(rig.client.post(f"/meetings/{meeting_id}/ask", json={"question": "Who?"}, headers=KEY))
    await rig.workers.arrived.wait()
    second = asyncio.create_task(rig.client.post(f"/meetings/{meeting_id}/ask", json={"question": "Who?"}, headers=KEY))
    await rig.add(*answers(rig.workers.commands[0]))
    assert await (await first).read() == await (await second).read()
    assert len(rig.workers.commands) == 1


async def test_repeat_after_a_timeout_goes_on_waiting_for_the_same_thing(rig_with):
    async with rig_with(join_wait_s=0.2) as rig:
        rig.play(INGEST, lambda _: [], shards=ALL)
        late = await rig.client.post("/meetings/join", json=LINK, headers=KEY)
        await rig.add(*takes_bot(rig.workers.commands[0]))
        response = await rig.client.post("/meetings/join", json=LINK, headers=KEY)
        assert (late.status, response.status, len(rig.workers.commands)) == (504, 201, 1)
        assert (await response.json())["meeting_id"] == (await late.json())["meeting_id"]


async def test_failure_that_may_pass_is_a_fresh_start_under_the_same_key(rig):
    tries = iter([fails, answers])

    def script(command):
        return next(tries)(command)

    rig.play(BRAIN, script)
    meeting_id = await rig.meeting()
    statuses = [
        (await rig.client.post(f"/meetings/{meeting_id}/ask", json={"question": "Who?"}, headers=KEY)).status
        for _ in range(3)
    ]
    assert (statuses, len(rig.workers.commands)) == ([503, 200, 200], 2)


async def test_failure_that_stays_is_the_answer_of_the_repeat_too(rig):
    facts = {"reason": "no such meeting", "category": "invalid"}
    rig.play(INGEST, lambda command: [effect(JoinRefused, command, "refused", CLOCK, **facts)], shards=ALL)
    statuses = [(await rig.client.post("/meetings/join", json=LINK, headers=KEY)).status for _ in range(2)]
    assert (statuses, len(rig.workers.commands)) == ([422, 422], 1)


async def test_repeated_hush_is_one_fact(fake_rig):
    meeting_id = await fake_rig.meeting()
    for _ in range(3):
        assert (await fake_rig.client.post(f"/meetings/{meeting_id}/hush", headers=KEY)).status == 200
    facts = [CODEC.decode(entry.fields) for entry in await fake_rig.bus.timeline(meeting_id)]
    assert len([fact for fact in facts if isinstance(fact, Hushed)]) == 1


async def test_gateway_that_died_before_sending_is_replaced_under_the_same_ids(fake_rig):
    dead = Claim(fake_rig.bus, "{idem-x}:")
    assert await dead.take("same")
    await fake_rig.bus.redis.delete("{idem-x}:busy")
    heir = Claim(fake_rig.bus, "{idem-x}:")
    assert await heir.take("same")
    assert (heir.command_id, heir.sent_after) == (dead.command_id, None)


async def test_claim_under_way_elsewhere_is_not_given_twice(fake_rig):
    first, second = Claim(fake_rig.bus, "{idem-x}:"), Claim(fake_rig.bus, "{idem-x}:")
    assert (await first.take("same"), await second.take("same")) == (True, False)
    await first.mark_sent(b"5-0")
    assert (await second.take("same"), second.sent_after) == (True, b"5-0")


async def test_what_an_earlier_try_remembered_is_known_to_the_next(fake_rig):
    first, second = Claim(fake_rig.bus, "{idem-x}:"), Claim(fake_rig.bus, "{idem-x}:")
    await first.take("same")
    await first.remember("first", "m-1")
    await first.release()
    await second.take("same")
    assert (second.known("first"), second.known("other"), Claim(fake_rig.bus).known("first")) == ("m-1", None, None)


async def test_nothing_that_was_said_is_kept_under_the_key(rig):
    rig.play(BRAIN, answers)
    meeting_id = await rig.meeting()
    await rig.client.post(f"/meetings/{meeting_id}/ask", json={"question": "Who is canary?"}, headers=KEY)
    (name,) = await rig.bus.redis.keys("{idem-*claim")
    assert set(await rig.bus.redis.hgetall(name)) == {b"fingerprint", b"command_id", b"sent_after"}
    assert 0 < await rig.bus.redis.pttl(name) <= 24 * 3600 * 1000


async def test_key_without_end_is_refused(fake_rig):
    response = await fake_rig.client.post("/meetings/join", json=LINK, headers={"Idempotency-Key": "x" * 300})
    assert response.status == 400
