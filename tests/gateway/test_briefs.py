"""Briefings: kept while nothing new was said, written anew otherwise."""

import msgspec

from shared.clock import SystemClock
from shared.events import ActionItem, Brief, BriefFailed, BriefWritten, Cite, Line, LineHeard, Point, effect, new_id
from shared.streams import BRAIN

CLOCK = SystemClock()
CITE = Cite(line_id="l1", speaker="Ada", at_ms=65_000)


def brief(upto: str = "l1", since_ms: int = 0, title: str = "Stand-up"):
    return Brief(
        title=title,
        summary="All is *well*.",
        key_points=[Point(text="It works", cites=[CITE])],
        decisions=[],
        action_items=[ActionItem(task="Call them", owner="Lin", due="Friday", cites=[])],
        open_questions=[],
        made_by="rules, no language model",
        upto_line_id=upto,
        since_ms=since_ms,
    )


def line(line_id: str):
    said = Line(id=line_id, track="mixed", speaker="Ada", start_ms=0, end_ms=500, text="hi")
    return lambda meeting_id: LineHeard(id=new_id(), meeting_id=meeting_id, at=1, line=said)


def kept(one: Brief) -> str:
    return msgspec.json.encode(one).decode()


def writes(command):
    return [effect(BriefWritten, command, "brief", CLOCK, brief=brief("l2", command.since_ms, "New"))]


async def test_same_lines_give_the_kept_briefing_without_asking_anybody(fake_rig):
    meeting_id = await fake_rig.meeting(line("l0"), line("l1"), brief=kept(brief("l1")))
    response = await fake_rig.client.get(f"/meetings/{meeting_id}/brief")
    assert (response.status, (await response.json())["title"]) == (200, "Stand-up")
    assert not await fake_rig.bus.redis.exists("{s0007}:commands:brain")


async def test_new_line_makes_a_new_briefing(rig):
    rig.play(BRAIN, writes)
    meeting_id = await rig.meeting(line("l1"), line("l2"), brief=kept(brief("l1")))
    response = await rig.client.get(f"/meetings/{meeting_id}/brief")
    assert (await response.json())["title"] == "New"
    again = await rig.client.get(f"/meetings/{meeting_id}/brief")
    assert ((await again.json())["title"], len(rig.workers.commands)) == ("New", 1)


async def test_briefing_since_a_time_asks_for_that_part(rig):
    rig.play(BRAIN, writes)
    meeting_id = await rig.meeting(line("l1"), brief=kept(brief("l1")))
    for since in ("90000", "1:30", "0:01:30"):
        response = await rig.client.get(f"/meetings/{meeting_id}/brief", params={"since": since})
        assert (await response.json())["since_ms"] == 90_000


async def test_since_that_is_no_time_names_the_field(fake_rig):
    response = await fake_rig.client.get(f"/meetings/{await fake_rig.meeting()}/brief", params={"since": "noon"})
    assert (response.status, (await response.json())["errors"][0]["field"]) == (422, "since")


async def test_markdown_is_given_to_who_accepts_it(fake_rig):
    meeting_id = await fake_rig.meeting(line("l1"), brief=kept(brief("l1")))
    response = await fake_rig.client.get(f"/meetings/{meeting_id}/brief", headers={"Accept": "text/markdown"})
    page = await response.text()
    assert response.content_type == "text/markdown"
    assert page.startswith("# Stand-up\n\nAll is \\*well\\*.\n")
    assert "- It works (Ada 0:01:05)" in page
    assert "- **Lin**: Call them, due Friday" in page


async def test_failed_briefing_is_a_problem_with_the_reason(rig):
    facts = {"reason": "nothing was said yet", "category": "invalid"}
    rig.play(BRAIN, lambda command: [effect(BriefFailed, command, "failed", CLOCK, **facts)])
    response = await rig.client.get(f"/meetings/{await rig.meeting()}/brief")
    assert (response.status, (await response.json())["detail"]) == (422, "nothing was said yet")


async def test_briefing_nobody_writes_is_a_504_that_names_the_brain(rig_with):
    async with rig_with(brief_wait_s=0.2) as rig:
        response = await rig.client.get(f"/meetings/{await rig.meeting()}/brief")
        assert response.status == 504
        assert "brain" in (await response.json())["detail"]


async def test_kept_briefing_says_how_much_was_heard_by_now(fake_rig):
    meeting_id = await fake_rig.meeting(line("l1"), brief=kept(brief("l1")), **{"received:mixed": "200000"})
    response = await fake_rig.client.get(f"/meetings/{meeting_id}/brief")
    page = await fake_rig.client.get(f"/meetings/{meeting_id}/brief", headers={"Accept": "text/markdown"})
    sentence = "So far: 3 min 20 s heard, nothing missing."
    assert (await response.json())["coverage"] == sentence
    assert sentence in await page.text()
