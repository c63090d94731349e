"""The audit log over HTTP: what was done is there, what was said is not."""

from gateway.auditing import DEEDS
from gateway.routes import ROUTES
from shared.clock import SystemClock
from shared.events import BotJoined, JoinMeeting, effect
from shared.streams import INGEST, SHARDS

CLOCK = SystemClock()


async def records(rig, **query: object) -> list[dict[str, object]]:
    answer = await rig.client.get("/audit", params={name: str(value) for name, value in query.items()})
    return (await answer.json())["records"]


def test_every_deed_is_one_of_the_routes() -> None:
    assert set(DEEDS) <= {(route.method, route.path) for route in ROUTES}


async def test_a_join_is_written_down_with_its_meeting(rig) -> None:
    def script(command):
        assert isinstance(command, JoinMeeting)
        return [effect(BotJoined, command, "joined", CLOCK, bot_id="b")]

    rig.play(INGEST, script, shards=range(SHARDS))
    url = "https://meet.google.com/abc-defg-hij"
    joined = await (await rig.client.post("/meetings/join", json={"meeting_url": url})).json()
    (record,) = await records(rig)
    assert (record["deed"], record["by"], record["meeting_id"]) == ("join", "this machine", joined["meeting_id"])
    assert record["request_id"]


async def test_reading_a_transcript_is_an_export(fake_rig) -> None:
    meeting_id = await fake_rig.meeting()
    for name in ("transcript", "transcript.vtt"):
        await fake_rig.client.get(f"/meetings/{meeting_id}/{name}")
    assert [(one["deed"], one["meeting_id"]) for one in await records(fake_rig)] == [("export", meeting_id)] * 2


async def test_what_was_refused_is_not_written_down(fake_rig) -> None:
    await fake_rig.client.get(f"/meetings/m-07-{'0' * 20}/transcript")
    assert await records(fake_rig) == []


async def test_it_goes_page_by_page_from_the_newest(fake_rig) -> None:
    meetings = [await fake_rig.meeting() for _ in range(3)]
    for meeting_id in meetings:
        await fake_rig.client.get(f"/meetings/{meeting_id}/transcript")
    first = await (await fake_rig.client.get("/audit?limit=2")).json()
    rest = await (await fake_rig.client.get(f"/audit?limit=2&before={first['next_before']}")).json()
    assert [one["meeting_id"] for one in first["records"] + rest["records"]] == meetings[::-1]
    assert rest["next_before"] is None
