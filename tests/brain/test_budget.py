"""Caps, on a real server: nothing is asked of a model that would pass them."""

import pytest
from support import names_in, new_meeting
from transcripts import meeting

from brain.adapters.scripted import ScriptedAnswerer, ScriptedBriefer
from brain.budget import Budget
from brain.config import BrainSettings
from brain.handlers import Brain, on_ask_question, on_write_brief
from brain.memory import Memory
from shared.bus import Bus
from shared.clock import ManualClock
from shared.config import load
from shared.errors import ConfigError
from shared.events import (
    AskQuestion,
    BriefFailed,
    BriefWritten,
    LineHeard,
    QuestionAnswered,
    QuestionFailed,
    Usage,
    WriteBrief,
)
from shared.meetings import write_of
from shared.spending import ModelPrice, Prices
from shared.streams import TENANT, MeetingKeys, spending_key

PRICES = Prices(models={"m": ModelPrice(input=1.0, output=1.0)})
A_CENT = Usage(model="m", prompt_tokens=9_000, completion_tokens=1_000)


def brain(bus: Bus, clock: ManualClock, **caps: float) -> Brain:
    budget = Budget(bus, clock, PRICES, model="m", **caps)
    answerer = ScriptedAnswerer(lambda _: ["Yes."], usage=A_CENT)
    return Brain(bus, Memory(bus), answerer, ScriptedBriefer(), clock, budget=budget)


async def ask(which: Brain, meeting_id: str, number: int) -> object:
    command = AskQuestion(id=f"q{number}", meeting_id=meeting_id, at=which.clock.now_ms(), question="When?")
    events = [event async for event in on_ask_question(command, which)]
    for event in events:
        await which.bus.write(meeting_id, write_of(event))
    return events[-1]


async def test_a_meeting_stops_at_its_cap_and_says_which(bus: Bus) -> None:
    which = brain(bus, ManualClock(), meeting_usd=0.025)
    meeting_id = await new_meeting(bus)
    outcomes = [await ask(which, meeting_id, n) for n in range(4)]
    assert [type(outcome) for outcome in outcomes] == [QuestionAnswered] * 3 + [QuestionFailed]
    assert outcomes[-1].category == "budget"
    assert "MEETING_CAP_USD" in outcomes[-1].reason
    assert len(which.answerer.requests) == 3
    assert isinstance(await ask(which, await new_meeting(bus), 9), QuestionAnswered)


async def test_what_a_call_will_read_counts_before_it_is_made(bus: Bus) -> None:
    which = brain(bus, ManualClock(), meeting_usd=0.025)
    meeting_id = await new_meeting(bus)
    for line in meeting(*["Maya: " + "word " * 1000] * 20):
        await bus.write(meeting_id, write_of(LineHeard(id=line.id, meeting_id=meeting_id, at=1, line=line)))
    assert isinstance(await ask(which, meeting_id, 1), QuestionFailed)
    assert which.answerer.requests == []


async def test_all_meetings_of_a_tenant_in_a_month_share_a_cap(bus: Bus) -> None:
    clock = ManualClock()
    which = brain(bus, clock, month_usd=0.015)
    outcomes = [await ask(which, await new_meeting(bus), n) for n in range(3)]
    assert [type(outcome) for outcome in outcomes] == [QuestionAnswered] * 2 + [QuestionFailed]
    assert "MONTH_CAP_USD" in outcomes[-1].reason
    clock.advance(31 * 86_400_000)
    assert isinstance(await ask(which, await new_meeting(bus), 4), QuestionAnswered)


async def test_what_one_tenant_spends_is_not_taken_from_another(bus: Bus) -> None:
    which = brain(bus, ManualClock(), month_usd=0.015)
    outcomes = []
    for n, tenant in enumerate(("acme", "acme", "acme", "other")):
        meeting_id = await new_meeting(bus)
        await bus.redis.hset(MeetingKeys(meeting_id).state, TENANT, tenant)
        outcomes.append(await ask(which, meeting_id, n))
    assert [type(one) for one in outcomes] == [QuestionAnswered, QuestionAnswered, QuestionFailed, QuestionAnswered]
    assert len(which.answerer.requests) == 3
    assert await names_in(bus, "spending:*") == [spending_key("2023-11", "acme"), spending_key("2023-11", "other")]


async def test_a_briefing_is_capped_too(bus: Bus) -> None:
    which = brain(bus, ManualClock(), meeting_usd=0.015)
    meeting_id = await new_meeting(bus)
    (line,) = meeting("Maya: Hello.")
    await bus.write(meeting_id, write_of(LineHeard(id="l", meeting_id=meeting_id, at=1, line=line)))
    command = WriteBrief(id="b", meeting_id=meeting_id, at=1)
    assert [type(event) async for event in on_write_brief(command, which)] == [BriefWritten]
    await ask(which, meeting_id, 1)
    await ask(which, meeting_id, 2)
    assert [type(event) async for event in on_write_brief(command, which)] == [BriefFailed]
    assert len(which.briefer.requests) == 1


async def test_without_caps_nothing_is_counted(bus: Bus) -> None:
    which = brain(bus, ManualClock())
    assert isinstance(await ask(which, await new_meeting(bus), 1), QuestionAnswered)
    assert not await names_in(bus, "spending:*")


def test_a_cap_needs_the_price_of_the_model() -> None:
    with pytest.raises(ConfigError) as refused:
        load(BrainSettings, {"MEETING_CAP_USD": "1", "OPENAI_API_KEY": "sk-1", "ANSWER_MODEL": "unheard-of"})
    assert "unheard-of" in str(refused.value)
    load(BrainSettings, {"MEETING_CAP_USD": "1"})
    known = {"ANSWER_MODEL": "gpt-5-mini", "BRIEF_MODEL": "gpt-5-mini"}
    load(BrainSettings, {"MEETING_CAP_USD": "1", "OPENAI_API_KEY": "sk-1", **known})
