import asyncio
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import aiohttp
import pytest
from ears import Ear, bot_body
from meetings_played import send_bot, stand_in

from rehearsal.recall.options import Delays, Faults
from rehearsal.recall.routes import PAGE


async def ask(url: str, method: str, path: str, body: object = None) -> tuple[int, object]:
    """The status and the JSON of the answer; the text where it is none."""
    async with aiohttp.request(method, f"{url}/api/v1/bot/{path}", json=body) as response:
        is_json = response.content_type == "application/json" and response.status != 204
        return response.status, await response.json() if is_json else await response.text()


def later(minutes: int) -> str:
    return (datetime.now(UTC) + timedelta(minutes=minutes)).isoformat()


async def test_a_new_bot_is_described_as_documented() -> None:
    async with stand_in(delays=Delays(dispatch_s=60)) as recall:
        status, bot = await ask(recall.url, "POST", "", bot_body())
    assert status == 201
    assert bot["meeting_url"] == {"meeting_id": "1234567890", "meeting_password": "open", "platform": "zoom"}
    assert (bot["status_changes"], bot["recordings"], bot["metadata"]) == ([], [], {"meeting_id": "m-1"})
    assert "status" not in bot
    assert "b64_data" not in str(bot)


async def test_a_bad_request_is_refused_field_by_field() -> None:
    async with stand_in() as recall:
        status, answer = await ask(recall.url, "POST", "", bot_body(meeting_url="https://example.org", bot_name=""))
    assert (status, set(answer)) == (400, {"meeting_url", "bot_name"})


async def test_what_is_not_json_is_refused() -> None:
    async with stand_in() as recall, aiohttp.request("POST", f"{recall.url}/api/v1/bot/", data=b"{") as response:
        assert response.status == 400


async def test_a_bot_can_be_retrieved_and_shows_how_it_came_in() -> None:
    async with stand_in() as recall:
        bot = await send_bot(recall)
        await bot.reached["in_call_not_recording"].wait()
        _, answer = await ask(recall.url, "GET", f"{bot.id}/")
    assert [change["code"] for change in answer["status_changes"]] == ["joining_call", "in_call_not_recording"]
    assert set(answer["status_changes"][0]) == {"code", "message", "created_at", "sub_code"}


@pytest.mark.parametrize(
    ("method", "command"),
    [
        ("GET", ""),
        ("PATCH", ""),
        ("DELETE", ""),
        ("POST", "leave_call/"),
        ("POST", "output_audio/"),
        ("DELETE", "output_audio/"),
        ("POST", "output_media/"),
        ("DELETE", "output_media/"),
        ("POST", "start_recording/"),
        ("POST", "request_recording_permission/"),
        ("POST", "send_chat_message/"),
        ("POST", "delete_media/"),
    ],
)
async def test_an_unknown_bot_is_not_found(method: str, command: str) -> None:
    async with stand_in() as recall:
        assert await ask(recall.url, method, f"nobody/{command}") == (404, {"detail": "Not found."})


async def test_bots_are_listed_by_metadata_and_status() -> None:
    async with stand_in() as recall:
        bot = await send_bot(recall, metadata={"run": "1"})
        await send_bot(recall, metadata={"run": "2"})
        await bot.reached["in_call_not_recording"].wait()
        _, by_run = await ask(recall.url, "GET", "?metadata__run=1&status=in_call_not_recording")
        _, by_status = await ask(recall.url, "GET", "?status=fatal")
    assert ([found["id"] for found in by_run["results"]], by_run["count"]) == ([bot.id], 1)
    assert by_status["results"] == []


async def test_a_scheduled_bot_can_be_deleted() -> None:
    async with stand_in() as recall:
        bot = await send_bot(recall, join_at=later(30))
        assert (await ask(recall.url, "DELETE", f"{bot.id}/"))[0] == 204
        assert (await ask(recall.url, "GET", f"{bot.id}/"))[0] == 404


async def test_a_bot_that_is_due_soon_or_has_joined_cannot_be_deleted() -> None:
    async with stand_in() as recall:
        soon, joined = await send_bot(recall, join_at=later(5)), await send_bot(recall)
        await joined.reached["in_call_not_recording"].wait()
        for bot in (soon, joined):
            assert (await ask(recall.url, "DELETE", f"{bot.id}/"))[0] == 405


async def test_bots_are_listed_by_platform_url_and_time() -> None:
    async with stand_in(delays=Delays(dispatch_s=60)) as recall:
        zoom = await send_bot(recall, join_at=later(60))
        meet = await send_bot(recall, meeting_url="https://meet.google.com/abc-defg-hij")
        found = []
        for query in (
            {"platform": "google_meet"},
            {"meeting_url": zoom.order.meeting_url},
            {"join_at_after": later(30), "join_at_before": later(90)},
            {"join_at_after": later(90)},
        ):
            _, answer = await ask(recall.url, "GET", f"?{urlencode(query)}")
            found.append([bot["id"] for bot in answer["results"]])
    assert found == [[meet.id], [zoom.id], [zoom.id], []]


async def test_many_bots_are_listed_page_by_page() -> None:
    async with stand_in(delays=Delays(dispatch_s=60)) as recall, aiohttp.ClientSession() as session:
        for _ in range(PAGE + 1):
            await session.post(f"{recall.url}/api/v1/bot/", json=bot_body())
        _, first = await ask(recall.url, "GET", "")
        async with session.get(first["next"]) as response:
            second = await response.json()
    assert (first["count"], len(first["results"]), first["previous"]) == (PAGE + 1, PAGE, None)
    assert (len(second["results"]), second["next"]) == (1, None)


async def test_a_scheduled_bot_can_be_changed() -> None:
    async with stand_in() as recall:
        bot = await send_bot(recall, join_at=later(30))
        moment = later(60)
        status, answer = await ask(recall.url, "PATCH", f"{bot.id}/", {"join_at": moment, "bot_name": "Other"})
    assert (status, answer["join_at"], answer["bot_name"]) == (200, moment, "Other")
    assert 3500 < bot.order.seconds_to_join <= 3600


async def test_a_change_is_checked_like_a_request() -> None:
    async with stand_in() as recall:
        bot = await send_bot(recall, join_at=later(30))
        status, answer = await ask(recall.url, "PATCH", f"{bot.id}/", {"bot_name": ""})
    assert (status, list(answer)) == (400, ["bot_name"])


@pytest.mark.parametrize("dispatched", [True, False])
async def test_a_bot_that_is_dispatched_or_would_be_too_soon_cannot_be_changed(*, dispatched: bool) -> None:
    async with stand_in() as recall:
        bot = await send_bot(recall, join_at=None if dispatched else later(30))
        if dispatched:
            await bot.reached["joining_call"].wait()
        status, answer = await ask(recall.url, "PATCH", f"{bot.id}/", {"join_at": later(30 if dispatched else 5)})
    assert (status, answer["code"]) == (400, "update_bot_failed")


async def test_a_bot_whose_time_was_changed_comes_at_the_new_one() -> None:
    async with stand_in() as recall:
        bot = await send_bot(recall, join_at=later(30))
        bot.change({**bot.request.body, "join_at": datetime.now(UTC).isoformat()})
        async with asyncio.timeout(5):
            await bot.reached["joining_call"].wait()


async def test_an_empty_pool_is_a_507_that_its_key_remembers_and_a_scheduled_bot_does_not_meet() -> None:
    async with stand_in(Faults()) as recall, aiohttp.ClientSession() as session:
        answers = []
        for key, join_at, left in (("a", None, 1), ("b", None, 0), ("b", None, 1), ("c", later(30), 0)):
            recall.faults.pool = left
            body, headers = bot_body(join_at=join_at), {"Idempotency-Key": key}
            async with session.post(f"{recall.url}/api/v1/bot/", json=body, headers=headers) as response:
                answers.append((response.status, response.headers.get("Retry-After")))
    assert answers == [(201, None), (507, "30"), (507, "30"), (201, None)]


async def test_each_bot_that_joins_at_once_takes_an_instance() -> None:
    async with stand_in(Faults(pool=2)) as recall:
        statuses = [(await ask(recall.url, "POST", "", bot_body()))[0] for _ in range(3)]
    assert statuses == [201, 201, 507]


async def test_real_time_endpoints_are_listed_with_their_state(ear: Ear) -> None:
    async with stand_in() as recall:
        bot = await send_bot(recall, ear)
        await ear.wait_until(lambda: ear.messages)
        take = bot.recorder.takes[0]
        found = []
        for query in ("", f"?recording_id={take.id}", "?status_code=running", "?status_code=failed", "?type=webhook"):
            async with aiohttp.request("GET", f"{recall.url}/api/v1/realtime_endpoint/{query}") as response:
                found.append((await response.json())["results"])
    assert [len(results) for results in found] == [1, 1, 1, 0, 0]
    endpoint = found[0][0]
    assert (endpoint["url"], endpoint["status"]["code"], endpoint["recording"]["id"]) == (ear.url, "running", take.id)
