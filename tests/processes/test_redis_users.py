"""A Redis user per process, by deploy/redis/users.acl: each can do its work, and none the work of another."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import redis.exceptions
from processes import ROOT

from rehearsal.promises.rig import Load, Rig
from rehearsal.promises.stage import staged
from rehearsal.redis_servers import RedisServer, server_binaries
from shared.bus import Bus, new_bus
from shared.ports import free_port
from shared.streams import API_KEYS, MIXED, MeetingKeys, ShardKeys, new_meeting_id

ACL = ROOT / "deploy" / "redis" / "users.acl"
ROLES = ("gateway", "ingest", "transcriber", "brain", "speaker")
RIG = "user rig on >rig ~* &* +@all\n"


@pytest.fixture
async def guarded(tmp_path: Path) -> AsyncIterator[int]:
    """The port of a server with these users, and one for the test itself."""
    users = tmp_path / "users.acl"
    told = [line for line in ACL.read_text().splitlines() if line.startswith("user ")]
    users.write_text("\n".join(told) + "\n" + RIG)
    server = RedisServer(next(iter(server_binaries().values())), tmp_path, free_port(), ["--aclfile", str(users)])
    await server.start()
    yield server.port
    await server.stop()


def url_of(port: int, user: str) -> str:
    password = "rig" if user == "rig" else f"change-me-{user}"
    return f"redis://{user}:{password}@127.0.0.1:{port}/0"


@pytest.mark.process
@pytest.mark.timeout(90)
async def test_a_meeting_goes_from_sound_to_spoken_answers(guarded: int, tmp_path: Path) -> None:
    bus = new_bus(url_of(guarded, "rig"))
    rig = Rig(bus, url_of(guarded, "rig"), Load(meetings=1, seconds=4), tmp_path)
    ways = {f"{role}-1": {"REDIS_URL": url_of(guarded, role)} for role in ROLES} | {
        "gateway": {"REDIS_URL": url_of(guarded, "gateway")}
    }
    failures: list[str] = []
    try:
        async with staged(rig, workers=1, ways=ways) as stage:
            await asyncio.gather(
                stage.play(),
                stage.post(f"/meetings/{stage.quiet[0]}/say", {"text": "One. And two."}),
                stage.post(f"/meetings/{stage.meetings[0]}/ask", {"question": "Who said 1?", "speak": False}),
            )
            figures = await stage.judge(failures)
            refused = [name for name in rig.supervisors if await names_refusals(tmp_path, name)]
            async with stage.http.get("/search?q=n3") as reply:
                assert reply.status == 200
    finally:
        await rig.stop()
        await bus.close()
    assert (failures, refused) == ([], [])
    assert (figures["answered"], figures["spoken"]) == (1, 2)


async def names_refusals(logs: Path, name: str) -> bool:
    text = await asyncio.to_thread((logs / f"{name}.log").read_text)
    return "NOPERM" in text or "NoPermission" in text


MEETING = MeetingKeys(new_meeting_id(3))
FORBIDDEN = {
    "gateway": MEETING.audio(MIXED),
    "ingest": API_KEYS,
    "transcriber": ShardKeys(3).commands("brain"),
    "brain": MEETING.audio(MIXED),
    "speaker": MEETING.audio(MIXED),
}


@pytest.mark.parametrize("user", ROLES)
async def test_nobody_reaches_what_is_not_theirs_or_what_rules_the_server(guarded: int, user: str) -> None:
    bus: Bus = new_bus(url_of(guarded, user))
    try:
        for work in (bus.redis.exists(FORBIDDEN[user]), bus.redis.flushall(), bus.redis.config_get("*")):
            with pytest.raises(redis.exceptions.NoPermissionError):
                await work
        assert await bus.redis.ping()
    finally:
        await bus.close()
