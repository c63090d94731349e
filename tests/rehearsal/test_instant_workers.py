"""The workers that answer at once: every command has its reply."""

import pytest
from support import eventually, facts_of, new_meeting

from rehearsal.instant_workers import InstantWorkers
from shared.bus import Bus
from shared.events import (
    AskQuestion,
    BotJoined,
    BotLeft,
    BriefWritten,
    EraseMeeting,
    JoinMeeting,
    LeaveMeeting,
    MeetingErased,
    QuestionAnswered,
    SayText,
    SentenceComposed,
    Settings,
    WriteBrief,
)
from shared.heartbeat import heartbeats
from shared.streams import BRAIN, INGEST, MeetingKeys

REPLIES = {
    JoinMeeting: (INGEST, BotJoined, {"meeting_url": "https://zoom.us/j/1", "settings": Settings()}),
    LeaveMeeting: (INGEST, BotLeft, {}),
    AskQuestion: (BRAIN, QuestionAnswered, {"question": "When?"}),
    SayText: (BRAIN, SentenceComposed, {"text": "Hello."}),
    WriteBrief: (BRAIN, BriefWritten, {}),
    EraseMeeting: (INGEST, MeetingErased, {}),
}


@pytest.mark.parametrize("kind", REPLIES)
async def test_a_command_has_its_reply(bus: Bus, redis_url: str, kind: type) -> None:
    meeting_id = await new_meeting(bus)
    role, reply, fields = REPLIES[kind]
    async with InstantWorkers(bus, redis_url):
        await bus.command(role, kind(id="c", meeting_id=meeting_id, at=1, **fields))
        await eventually(lambda: has(bus, meeting_id, reply))
    assert (await bus.redis.exists(MeetingKeys(meeting_id).state)) == (kind is not EraseMeeting)


async def has(bus: Bus, meeting_id: str, reply: type) -> bool:
    return any(isinstance(fact, reply) and fact.cause_id == "c" for fact in await facts_of(bus, meeting_id))


async def test_every_role_counts_as_running(bus: Bus, redis_url: str) -> None:
    async with InstantWorkers(bus, redis_url):
        for role in ("ingest", "transcriber", "brain", "speaker"):
            await eventually(lambda role=role: heartbeats(bus.redis, role, 0))
