"""Asking over HTTP: answers now, later or sentence by sentence; saying and hushing."""

import asyncio

from shared.clock import SystemClock
from shared.events import (
    CODEC,
    Asked,
    AskQuestion,
    Cite,
    Hushed,
    QuestionAnswered,
    QuestionFailed,
    SentenceComposed,
    effect,
)
from shared.heartbeat import Heartbeat, beat
from shared.streams import BRAIN

CLOCK = SystemClock()
CITE = Cite(line_id="l1", speaker="Ada", at_ms=1200)


def sentence(command, n, *, is_last=False):
    return effect(SentenceComposed, command, n, CLOCK, n=n, text=f"Sentence {n}.", speak=True, is_last=is_last)


def answered(command):
    about = {"question": "Who?", "asked_by": "me", "answer": "Ada will.", "cites": [CITE], "spoken": True}
    return effect(QuestionAnswered, command, "answer", CLOCK, **about)


def failed(command, category="unavailable"):
    return effect(QuestionFailed, command, "failed", CLOCK, question="Who?", reason="no model", category=category)


def answers(command):
    return [sentence(command, 0), answered(command)]


async def ask(rig, meeting_id, **more):
    return await rig.client.post(
        f"/meetings/{meeting_id}/ask", json={"question": "Who?", **more.pop("body", {})}, **more
    )


async def timeline(rig, meeting_id):
    return [CODEC.decode(entry.fields) for entry in await rig.bus.timeline(meeting_id)]


class TestAsk:
    async def test_answer_comes_with_its_cites_and_request_id(self, rig):
        rig.play(BRAIN, answers)
        response = await ask(rig, await rig.meeting())
        answer = await response.json()
        assert response.status == 200
        assert answer == {
            "answer": "Ada will.",
            "cites": [{"line_id": "l1", "speaker": "Ada", "at_ms": 1200}],
            "spoken": True,
            "request_id": rig.workers.commands[0].id,
        }

    async def test_question_is_on_the_timeline_under_the_id_of_its_answer(self, rig):
        rig.play(BRAIN, answers)
        meeting_id = await rig.meeting()
        await ask(rig, meeting_id, body={"asked_by": "Lin", "speak": False, "question": " Who \n goes? "})
        (command,) = rig.workers.commands
        (asked,) = [event for event in await timeline(rig, meeting_id) if isinstance(event, Asked)]
        assert isinstance(command, AskQuestion)
        assert (command.question, command.asked_by, command.speak) == ("Who goes?", "Lin", False)
        assert (asked.question_id, asked.via, asked.asked_by) == (command.id, "api", "Lin")

    async def test_answer_that_takes_longer_is_fetched_from_the_link(self, rig):
        rig.play(BRAIN, lambda _: [])
        meeting_id = await rig.meeting()
        response = await ask(rig, meeting_id, headers={"Prefer": "wait=0"})
        where = response.headers["Location"]
        assert response.status == 202
        assert where == f"/meetings/{meeting_id}/requests/{(await response.json())['request_id']}"
        assert (await rig.client.get(where)).status == 202
        await rig.workers.arrived.wait()
        await rig.add(answered(rig.workers.commands[0]))
        later = await rig.client.get(where)
        assert (later.status, (await later.json())["answer"]) == (200, "Ada will.")

    async def test_pending_answer_says_that_no_brain_is_running(self, rig):
        meeting_id = await rig.meeting()
        response = await ask(rig, meeting_id, headers={"Prefer": "wait=0"})
        assert "no brain worker is running" in (await response.json())["detail"]

    async def test_pending_answer_passes_on_what_the_brain_says_is_wrong(self, rig):
        await beat(rig.bus.redis, BRAIN, "one", Heartbeat(at=CLOCK.now_ms(), ready=False, problems=["model: no key"]))
        response = await ask(rig, await rig.meeting(), headers={"Prefer": "wait=0"})
        assert "model: no key" in (await response.json())["detail"]

    async def test_failed_question_is_a_problem_now_and_at_its_link(self, rig):
        rig.play(BRAIN, lambda command: [failed(command)])
        meeting_id = await rig.meeting()
        response = await ask(rig, meeting_id)
        problem = await response.json()
        later = await rig.client.get(f"/meetings/{meeting_id}/requests/{problem['request_id']}")
        assert (response.status, problem["detail"]) == (503, "no model")
        assert later.status == 503

    async def test_sentences_stream_before_the_answer(self, rig):
        rig.play(BRAIN, lambda command: [sentence(command, 0), sentence(command, 1, is_last=True), answered(command)])
        response = await ask(rig, await rig.meeting(), headers={"Accept": "text/event-stream"})
        names = [line[7:] for line in (await response.text()).splitlines() if line.startswith("event: ")]
        assert response.content_type == "text/event-stream"
        assert names == ["sentence.composed", "sentence.composed", "question.answered"]

    async def test_stream_of_an_answer_that_does_not_come_ends_as_pending(self, rig):
        headers = {"Accept": "text/event-stream", "Prefer": "wait=0"}
        response = await ask(rig, await rig.meeting(), headers=headers)
        assert (await response.text()).startswith("event: pending\n")

    async def test_question_to_an_unknown_meeting_reaches_nobody(self, rig):
        rig.play(BRAIN, answers)
        unknown = await ask(rig, f"m-07-{'0' * 20}")
        known = await ask(rig, await rig.meeting())
        assert (unknown.status, known.status) == (404, 200)
        assert not await rig.bus.redis.exists("{s0007}:m:m-07-00000000000000000000:timeline")

    async def test_request_nobody_made_is_404(self, rig):
        response = await rig.client.get(f"/meetings/{await rig.meeting()}/requests/none")
        assert (response.status, (await response.json())["type"]) == (404, "urn:chimein:problem:unknown-request")

    async def test_blank_question_is_refused_by_field(self, fake_rig):
        response = await ask(fake_rig, await fake_rig.meeting(), body={"question": " \n "})
        assert (response.status, (await response.json())["errors"][0]["field"]) == (422, "question")

    async def test_questions_at_once_each_get_their_own_answer(self, rig):
        def echo(command):
            about = {
                "question": command.question,
                "asked_by": "",
                "answer": command.question,
                "cites": [],
                "spoken": False,
            }
            return [effect(QuestionAnswered, command, "answer", CLOCK, **about)]

        rig.play(BRAIN, echo)
        meeting_id = await rig.meeting()
        asked = [f"number {n}?" for n in range(10)]
        responses = await asyncio.gather(*(ask(rig, meeting_id, body={"question": question}) for question in asked))
        assert [(await response.json())["answer"] for response in responses] == asked


class TestSay:
    async def test_saying_answers_when_the_last_sentence_is_handed_over(self, rig):
        rig.play(BRAIN, lambda command: [sentence(command, 0), sentence(command, 1, is_last=True)])
        response = await rig.client.post(f"/meetings/{await rig.meeting()}/say", json={"text": "One. Two."})
        assert (response.status, (await response.json())["sentences"]) == (200, 2)
        assert rig.workers.commands[0].text == "One. Two."

    async def test_text_whose_end_never_comes_is_a_504(self, rig_with):
        async with rig_with(ask_wait_s=0.2) as rig:
            rig.play(BRAIN, lambda command: [sentence(command, 0)])
            response = await rig.client.post(f"/meetings/{await rig.meeting()}/say", json={"text": "One. Two."})
        assert response.status == 504


class TestHush:
    async def test_hushing_is_a_fact_on_the_timeline_at_once(self, fake_rig):
        meeting_id = await fake_rig.meeting()
        response = await fake_rig.client.post(f"/meetings/{meeting_id}/hush")
        facts = await timeline(fake_rig, meeting_id)
        assert response.status == 200
        assert isinstance(facts[-1], Hushed)

    async def test_hushing_an_unknown_meeting_is_404(self, fake_rig):
        assert (await fake_rig.client.post(f"/meetings/m-07-{'0' * 20}/hush")).status == 404
