"""What ingest makes of a command, awaited; and what a caller is told who waited in vain."""

import pytest
from fakeredis import FakeAsyncRedis

from gateway.idempotency import Claim
from gateway.replies import no_reply, refused
from shared.bus import Bus
from shared.clock import SystemClock
from shared.events import JoinMeeting, JoinRefused, Settings, effect

COMMAND = JoinMeeting(id="c-1", meeting_id="m-1", at=1, meeting_url="https://x", settings=Settings())


def refusal(category: str) -> JoinRefused:
    return effect(JoinRefused, COMMAND, "refused", SystemClock(), reason="the platform said no", category=category)


@pytest.mark.parametrize(("category", "status", "kept"), [("invalid", 422, 1), ("unavailable", 503, 0)])
async def test_refusal_is_a_problem_with_its_reason_and_only_one_that_stays_is_remembered(category, status, kept):
    redis = FakeAsyncRedis()
    claim = Claim(Bus(redis), "{idem-x}:")
    await claim.remember("fingerprint", "x")
    problem = (await refused(claim, "join-refused", refusal(category))).problem
    assert (problem.status, problem.detail, problem.meeting_id) == (status, "the platform said no", "m-1")
    assert await redis.exists("{idem-x}:claim") == kept
    await redis.aclose()


def test_no_reply_is_a_timeout_that_names_the_meeting():
    problem = no_reply("nobody is there", COMMAND).problem
    assert (problem.status, problem.type) == (504, "urn:chimein:problem:no-reply")
    assert (problem.detail, problem.meeting_id) == ("nobody is there", "m-1")
