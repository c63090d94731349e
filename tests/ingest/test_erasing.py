"""What is left of an erased meeting, on a real server: nothing, wherever its words had got to."""

import pytest
from support import facts_of, new_meeting

from ingest.config import IngestSettings
from ingest.erasing import erase
from ingest.resources import Ingest
from ingest.vendor_erasures import VendorErasure
from shared.audit import AuditLog, Deed
from shared.bus import Bus
from shared.clock import SystemClock
from shared.errors import Category, MeetingError, MeetingGoneError
from shared.events import CODEC, AskQuestion, BotJoined, EraseMeeting, MeetingErased, Settings
from shared.meetings import write_of
from shared.streams import (
    BRAIN,
    CREATED_AT,
    ENGINE,
    INGEST,
    MIXED,
    MODEL,
    STATUS,
    TENANT,
    MeetingKeys,
    ShardKeys,
    audio_id,
    spending_key,
)

SHARD = ShardKeys(3)
SAID = b"pelican"
AWAY = MeetingError("Recall is away; try again.", category=Category.UNAVAILABLE)
NOVEMBER_MS = 1_762_500_000_000


class EmptyingPlatform:
    """Confirms as often as it is told to: True, False, or an error."""

    def __init__(self, *answers: bool | MeetingError) -> None:
        self.answers, self.calls = list(answers), list[str]()

    async def bots_of(self, meeting_id: str) -> tuple[str, ...]:
        return ("bot-lost",)

    async def leave(self, bot_id: str) -> bool:
        self.calls.append(f"leave {bot_id}")
        return True

    async def erase_media(self, bot_id: str) -> bool:
        self.calls.append(f"erase {bot_id}")
        answer = self.answers.pop(0)
        if isinstance(answer, MeetingError):
            raise answer
        return answer


def ingest(bus: Bus, *answers: bool | MeetingError) -> Ingest:
    return Ingest(bus, EmptyingPlatform(*answers), IngestSettings(), SystemClock())


async def heard_meeting(bus: Bus, **settings: object) -> str:
    """With audio, a bot and a tenant."""
    meeting_id = await new_meeting(bus, settings=Settings(**settings))
    await bus.write(meeting_id, write_of(BotJoined(id="j", meeting_id=meeting_id, at=1, bot_id="bot-1")))
    await bus.redis.hset(MeetingKeys(meeting_id).state, mapping={TENANT: "acme", CREATED_AT: NOVEMBER_MS})
    await bus.open_track(meeting_id, MIXED)
    await bus.redis.xadd(MeetingKeys(meeting_id).audio(MIXED), {"pcm": b"sound"}, id=audio_id(0))
    return meeting_id


def command_of(meeting_id: str) -> EraseMeeting:
    return EraseMeeting(id="e", meeting_id=meeting_id, at=1, by="laptop")


async def values(bus: Bus) -> bytes:
    """All that the server holds."""
    found = [await bus.redis.dump(key) async for key in bus.redis.scan_iter("*")]
    return b"".join(found)


async def test_one_fact_is_left_that_goes_by_itself(bus: Bus) -> None:
    meeting_id = await heard_meeting(bus)
    await erase(command_of(meeting_id), Deed.ERASURE, ingest(bus, True))
    (erased,) = await facts_of(bus, meeting_id)
    assert isinstance(erased, MeetingErased)
    assert (erased.stores["audio mixed"], erased.vendors) == (1, {"recall": "confirmed"})
    assert [key async for key in bus.redis.scan_iter(f"*{meeting_id}*")] == [MeetingKeys(meeting_id).timeline.encode()]
    assert 0 < await bus.redis.pttl(MeetingKeys(meeting_id).timeline) <= 3000


async def test_the_search_index_and_the_webhooks_go_too(bus: Bus) -> None:
    meeting_id = await heard_meeting(bus)
    keys = MeetingKeys(meeting_id)
    await bus.redis.zadd(keys.words, {"pelican\0l1": 0})
    await bus.redis.hset(keys.said, "l1", "pelican")
    await bus.redis.hset(keys.deliveries, "d1", "pelican")
    await erase(command_of(meeting_id), Deed.ERASURE, ingest(bus, True))
    assert SAID not in await values(bus)


async def test_commands_and_dead_letters_with_its_words_go_too(bus: Bus) -> None:
    meeting_id, other = await heard_meeting(bus), await heard_meeting(bus)
    for meeting, word in ((meeting_id, "pelican"), (other, "heron")):
        question = AskQuestion(id=f"q-{meeting}", meeting_id=meeting, at=1, question=f"Who saw the {word}?")
        await bus.command(BRAIN, question)
        kind, body = CODEC.encode(question)
        await bus.redis.xadd(SHARD.dead, {"reason": "x", "source": "s", CODEC.TYPE: kind, CODEC.BODY: body})
    broken = b"\xc1 not to be read: " + meeting_id.encode() + b" pelican"
    await bus.redis.xadd(SHARD.dead, {"reason": "x", "source": "s", CODEC.TYPE: b"question.ask", CODEC.BODY: broken})
    await erase(command_of(meeting_id), Deed.ERASURE, ingest(bus, True))
    assert SAID not in await values(bus)
    assert await bus.redis.xlen(SHARD.dead) == 1
    assert await bus.redis.xlen(SHARD.commands(BRAIN)) == 1


async def test_a_command_in_somebodys_hands_is_no_longer_pending(bus: Bus) -> None:
    meeting_id, stream = await heard_meeting(bus), SHARD.commands(BRAIN)
    await bus.redis.xgroup_create(stream, BRAIN, "0", mkstream=True)
    await bus.command(BRAIN, AskQuestion(id="q", meeting_id=meeting_id, at=1, question="Who saw the pelican?"))
    await bus.redis.xreadgroup(BRAIN, "somebody", {stream: ">"})
    await erase(command_of(meeting_id), Deed.ERASURE, ingest(bus, True))
    assert (await bus.redis.xpending(stream, BRAIN))["pending"] == 0


async def test_what_others_have_in_hand_stays_in_their_hands(bus: Bus) -> None:
    meeting_id, other, stream = await heard_meeting(bus), await heard_meeting(bus), SHARD.commands(BRAIN)
    await bus.redis.xgroup_create(stream, BRAIN, "0", mkstream=True)
    for meeting in (other, meeting_id, other):
        await bus.command(BRAIN, AskQuestion(id="q", meeting_id=meeting, at=1, question="Who saw the pelican?"))
    (_, read), *_ = (await bus.redis.xreadgroup(BRAIN, "somebody", {stream: ">"}, count=2)).items()
    before = await bus.redis.xinfo_groups(stream)
    await erase(command_of(meeting_id), Deed.ERASURE, ingest(bus, True))
    (kept,) = await bus.redis.xpending_range(stream, BRAIN, "-", "+", 10)
    assert (kept["message_id"], kept["consumer"], kept["times_delivered"]) == (read[0][0], b"somebody", 1)
    assert (await bus.redis.xinfo_groups(stream))[0]["last-delivered-id"] == before[0]["last-delivered-id"]
    ((_, unread),) = (await bus.redis.xreadgroup(BRAIN, "somebody", {stream: ">"})).items()
    assert len(unread) == 1


async def test_the_command_that_erases_is_left_to_who_carries_it_out(bus: Bus) -> None:
    meeting_id = await heard_meeting(bus)
    await bus.command(INGEST, command_of(meeting_id))
    await erase(command_of(meeting_id), Deed.ERASURE, ingest(bus, True))
    assert await bus.redis.xlen(SHARD.commands(INGEST)) == 1


@pytest.mark.parametrize("answer", [False, AWAY])
async def test_what_the_platform_did_not_confirm_is_asked_for_again(bus: Bus, answer: bool | MeetingError) -> None:
    meeting_id = await heard_meeting(bus)
    await erase(command_of(meeting_id), Deed.ERASURE, ingest(bus, answer))
    (erased,) = await facts_of(bus, meeting_id)
    assert erased.vendors == {"recall": "requested"}
    (member,) = await bus.redis.zrange(SHARD.vendor_erasures, 0, -1)
    assert VendorErasure.of(member).bot_id == "bot-1"


async def test_a_bot_that_is_in_the_call_leaves_first(bus: Bus) -> None:
    meeting_id, working = await heard_meeting(bus), ingest(bus, True)
    await erase(command_of(meeting_id), Deed.ERASURE, working)
    assert working.platform.calls == ["leave bot-1", "erase bot-1"]


async def test_a_bot_that_nobody_noted_is_looked_for(bus: Bus) -> None:
    meeting_id, working = await new_meeting(bus), ingest(bus, True)
    await bus.redis.hset(MeetingKeys(meeting_id).state, STATUS, "failed")
    await erase(command_of(meeting_id), Deed.ERASURE, working)
    assert working.platform.calls == ["erase bot-lost"]


async def test_every_vendor_that_had_a_part_in_it_is_named(bus: Bus) -> None:
    meeting_id = await heard_meeting(bus)
    told = {ENGINE: "deepgram", MODEL: "gpt-5.4-mini", "voice": "hibari"}
    await bus.redis.hset(MeetingKeys(meeting_id).state, mapping=told)
    await erase(command_of(meeting_id), Deed.ERASURE, ingest(bus, True))
    (erased,) = await facts_of(bus, meeting_id)
    assert erased.vendors == {"recall": "confirmed", "deepgram": "no_call", "gpt-5.4-mini": "no_call"}


async def test_what_it_cost_stays_in_the_months_sum_without_its_id(bus: Bus) -> None:
    meeting_id, month = await heard_meeting(bus), spending_key("2025-11", "acme")
    await bus.redis.hset(month, mapping={meeting_id: "0.25", "erased": "1.5"})
    await erase(command_of(meeting_id), Deed.ERASURE, ingest(bus, True))
    assert await bus.redis.hgetall(month) == {b"erased": b"1.75"}


async def test_the_audit_log_knows_who_erased_what(bus: Bus) -> None:
    meeting_id = await heard_meeting(bus)
    await erase(command_of(meeting_id), Deed.ERASURE, ingest(bus, True))
    records = await AuditLog(bus, SystemClock()).newest("acme", 10)
    assert [(one.deed, one.by, one.meeting_id) for one in records] == [
        ("vendor_erasure", "recall", meeting_id),
        ("erasure", "laptop", meeting_id),
    ]


async def test_erasing_twice_is_harmless(bus: Bus) -> None:
    meeting_id = await heard_meeting(bus)
    await erase(command_of(meeting_id), Deed.ERASURE, ingest(bus, True))
    with pytest.raises(MeetingGoneError):
        await erase(command_of(meeting_id), Deed.ERASURE, ingest(bus))
