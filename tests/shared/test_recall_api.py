"""Recall's calls, with the tries that each is worth."""

import msgspec
import pytest
from recall_wire import BOT, KEY, Answer, HastyClock, ScriptedRecall, api_to
from structlog.testing import capture_logs

from shared.errors import Category, MeetingError
from shared.recall_api import Leaving, RecallApi

MADE = Answer(status=201)
BUSY = Answer(status=503, text="")
GONE = Answer(status=404, text='{"detail": "Not found."}')
DETAIL = '{"code": "%s", "detail": "x"}'


def refused(status: int, retry_after: str = "", text: str = "") -> Answer:
    return Answer(status=status, text=text, headers={"Retry-After": retry_after} if retry_after else {})


# -- sending a bot -----------------------------------------------------------------------------------------------------


async def test_a_bot_is_created_with_an_idempotency_key() -> None:
    recall = ScriptedRecall(MADE)
    async with api_to(recall) as api:
        bot = await api.create_bot({"bot_name": "Chime"}, "m-1:1")
    method, path, _, body = recall.asked[0]
    assert (bot.id, method, path, recall.keys) == ("b1", "POST", "/api/v1/bot/", ["m-1:1"])
    assert msgspec.json.decode(body) == {"bot_name": "Chime"}


@pytest.mark.parametrize(
    ("refusal", "key", "least_s", "most_s"),
    [
        (refused(409, text=DETAIL % "conflict"), "m-1:1", 0.25, 0.5),
        (refused(500, text="<h1>Server Error</h1>"), "m-1:1", 0.25, 0.5),
        (refused(502, text="<html>Bad Gateway</html>"), "m-1:1", 0.25, 0.5),
        (refused(503), "m-1:1", 0.25, 0.5),
        (refused(504), "m-1:1", 0.25, 0.5),
        (refused(503, "3"), "m-1:1", 3, 4),
        (refused(429, "7"), "m-1:1", 7, 8),
        (refused(429), "m-1:1", 0.25, 0.5),
        (refused(507, text=DETAIL % "adhoc_pool_depleted"), "m-1:2", 30, 31),
        (refused(507, "5"), "m-1:2", 5, 6),
        (Answer(is_cut=True), "m-1:1", 0.25, 0.5),
        (Answer(hangs=True), "m-1:1", 0.25, 0.5),
    ],
)
async def test_what_may_pass_is_waited_for_and_asked_again_under_the_right_key(
    refusal: Answer, key: str, least_s: float, most_s: float
) -> None:
    recall, clock = ScriptedRecall(refusal, MADE), HastyClock()
    async with api_to(recall, answer_s=0.2, clock=clock) as api:
        assert (await api.create_bot({}, "m-1:1")).id == "b1"
    assert recall.keys == ["m-1:1", key]
    assert len(clock.slept) == 1
    assert least_s <= clock.slept[0] <= most_s


@pytest.mark.parametrize(
    ("refusal", "category", "reason"),
    [
        (refused(400, text='{"meeting_url": ["It is malformed."]}'), Category.INVALID, "meeting_url: It is malformed"),
        (refused(400, text="<html>"), Category.INVALID, "gave no reason"),
        (refused(401, text=DETAIL % "authentication_failed"), Category.AUTHENTICATION, "RECALL_REGION"),
        (refused(402), Category.AUTHENTICATION, "no credit"),
        (refused(403, text="<html><h1>403 Forbidden</h1></html>"), Category.AUTHENTICATION, "firewall"),
        (refused(404), Category.NOT_FOUND, "RECALL_REGION"),
        (refused(405), Category.INVALID, "does not allow"),
    ],
)
async def test_what_cannot_be_helped_is_told_at_once(refusal: Answer, category: Category, reason: str) -> None:
    recall = ScriptedRecall(refusal)
    async with api_to(recall) as api:
        with pytest.raises(MeetingError, match=reason) as raised:
            await api.create_bot({}, "m-1:1")
    assert raised.value.category is category
    assert len(recall.asked) == 1


async def test_an_empty_pool_is_asked_three_times_within_a_minute_each_with_a_key_of_its_own() -> None:
    recall, clock = ScriptedRecall(refused(507)), HastyClock()
    async with api_to(recall, clock=clock) as api:
        with pytest.raises(MeetingError, match="no free bot") as raised:
            await api.create_bot({}, "m-1:1")
    assert recall.keys == ["m-1:1", "m-1:2", "m-1:3"]
    assert (raised.value.category, raised.value.retry_after_s) == (Category.RATE_LIMIT, 30.0)


async def test_overload_is_borne_for_a_minute_in_pauses_that_stay_short() -> None:
    recall, clock = ScriptedRecall(BUSY), HastyClock()
    async with api_to(recall, clock=clock) as api:
        with pytest.raises(MeetingError, match="overloaded") as raised:
            await api.create_bot({}, "m-1:1")
    assert raised.value.category is Category.UNAVAILABLE
    assert 50 < sum(clock.slept) <= 65
    assert max(clock.slept) <= 8
    assert set(recall.keys) == {"m-1:1"}


async def test_nobody_is_kept_waiting_for_what_comes_too_late() -> None:
    recall, clock = ScriptedRecall(refused(429, "120")), HastyClock()
    async with api_to(recall, clock=clock) as api:
        with pytest.raises(MeetingError) as raised:
            await api.create_bot({}, "m-1:1")
    assert (len(recall.asked), clock.slept, raised.value.retry_after_s) == (1, [], 120.0)


async def test_a_try_that_fails_otherwise_ends_with_the_newest_reason() -> None:
    async with api_to(ScriptedRecall(BUSY, refused(402))) as api:
        with pytest.raises(MeetingError, match="no credit"):
            await api.create_bot({}, "m-1:1")


async def test_without_a_key_a_bot_is_asked_for_once_because_each_request_makes_one() -> None:
    recall = ScriptedRecall(BUSY)
    async with api_to(recall) as api:
        with pytest.raises(MeetingError):
            await api.create_bot({}, "")
    assert len(recall.asked) == 1


# -- looking -----------------------------------------------------------------------------------------------------------


async def test_a_bot_is_retrieved_at_the_second_try() -> None:
    recall = ScriptedRecall(BUSY, Answer())
    async with api_to(recall) as api:
        assert (await api.retrieve_bot("b1")).id == "b1"
    assert [(method, path, body) for method, path, _, body in recall.asked] == [("GET", "/api/v1/bot/b1/", b"")] * 2


async def test_an_id_cannot_leave_its_place_in_the_path() -> None:
    recall = ScriptedRecall(Answer())
    async with api_to(recall) as api:
        await api.retrieve_bot("../x?y#z")
    assert recall.asked[0][1] == "/api/v1/bot/..%2Fx%3Fy%23z/"


async def test_bots_are_listed_by_what_they_were_made_with() -> None:
    bots = ('{"id": "b1", "metadata": {"meeting_id": "m-1&x", "more": 1}}', '{"id": "b2", "metadata": null}')
    page = f'{{"count": 2, "next": null, "results": [{", ".join(bots)}]}}'
    recall = ScriptedRecall(Answer(text=page))
    async with api_to(recall) as api:
        found = await api.list_bots({"meeting_id": "m-1&x"})
    assert recall.asked[0][:2] == ("GET", "/api/v1/bot/?metadata__meeting_id=m-1%26x")
    assert [bot.id for bot in found] == ["b1"]


@pytest.mark.parametrize("text", ["<html>log in to the hotel</html>", "", "\xff", '{"results": {}}'])
async def test_a_page_of_somebody_else_is_not_taken_for_recall(text: str) -> None:
    async with api_to(ScriptedRecall(Answer(text=text))) as api:
        for looking in (api.retrieve_bot("b1"), api.list_bots({}), api.create_bot({}, "m-1:1")):
            with pytest.raises(MeetingError, match="not Recall"):
                await looking


# -- leaving -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "leaving"),
    [
        (Answer(), Leaving.LEFT),
        (GONE, Leaving.GONE),
        (refused(400, text=DETAIL % "cannot_command_completed_bot"), Leaving.GONE),
        (refused(400, text=DETAIL % "cannot_command_unstarted_bot"), Leaving.UNSTARTED),
    ],
)
async def test_leaving_tells_what_it_found(answer: Answer, leaving: Leaving) -> None:
    recall = ScriptedRecall(BUSY, answer)
    async with api_to(recall) as api:
        assert await api.leave_call("b1") is leaving
    assert [path for _, path, _, _ in recall.asked] == ["/api/v1/bot/b1/leave_call/"] * 2


@pytest.mark.parametrize(("status", "taken_back"), [(204, True), (405, False), (400, False), (404, False)])
async def test_a_bot_is_taken_back_only_while_it_is_scheduled(status: int, *, taken_back: bool) -> None:
    async with api_to(ScriptedRecall(BUSY, refused(status))) as api:
        assert await api.delete_bot("b1") is taken_back


@pytest.mark.parametrize("answer", [Answer(), GONE])
async def test_erasing_what_is_gone_is_harmless(answer: Answer) -> None:
    recall = ScriptedRecall(BUSY, answer)
    async with api_to(recall) as api:
        await api.delete_media("b1")
    assert recall.asked[1][1] == "/api/v1/bot/b1/delete_media/"


async def test_other_refusals_to_leave_or_erase_are_told() -> None:
    async with api_to(ScriptedRecall(refused(401))) as api:
        for going in (api.leave_call("b1"), api.delete_bot("b1"), api.delete_media("b1"), api.stop_output_audio("b1")):
            with pytest.raises(MeetingError, match="RECALL_API_KEY"):
                await going


async def test_a_command_is_tried_four_times() -> None:
    recall = ScriptedRecall(BUSY)
    async with api_to(recall) as api:
        with pytest.raises(MeetingError, match="overloaded"):
            await api.leave_call("b1")
    assert len(recall.asked) == 4


# -- being heard and read ----------------------------------------------------------------------------------------------


async def test_a_clip_goes_out_as_base64() -> None:
    recall = ScriptedRecall(Answer())
    async with api_to(recall) as api:
        await api.output_audio("b1", b"\xff\xf3mp3")
    method, path, _, body = recall.asked[0]
    assert (method, path) == ("POST", "/api/v1/bot/b1/output_audio/")
    assert msgspec.json.decode(body) == {"kind": "mp3", "b64_data": "//NtcDM="}


@pytest.mark.parametrize("failure", [BUSY, refused(409), Answer(is_cut=True), Answer(hangs=True)])
async def test_a_clip_that_may_have_been_taken_is_not_sent_again(failure: Answer) -> None:
    recall = ScriptedRecall(failure)
    async with api_to(recall, answer_s=0.2) as api:
        with pytest.raises(MeetingError):
            await api.output_audio("b1", b"mp3")
    assert len(recall.asked) == 1


async def test_a_clip_that_was_refused_for_haste_is_sent_again() -> None:
    recall, clock = ScriptedRecall(refused(429, "1"), Answer()), HastyClock()
    async with api_to(recall, clock=clock) as api:
        await api.output_audio("b1", b"mp3")
    assert len(recall.asked) == 2
    assert 1 <= clock.slept[0] <= 2


@pytest.mark.parametrize("answer", [refused(204), GONE, refused(400, text=DETAIL % "cannot_command_completed_bot")])
async def test_stopping_what_does_not_play_is_harmless(answer: Answer) -> None:
    recall = ScriptedRecall(BUSY, answer)
    async with api_to(recall) as api:
        await api.stop_output_audio("b1")
    assert [method for method, _, _, _ in recall.asked] == ["DELETE", "DELETE"]


def chats(recall: ScriptedRecall) -> list[dict[str, object]]:
    return [msgspec.json.decode(body) for _, _, _, body in recall.asked]


async def test_a_message_goes_to_everyone_in_the_chat_and_again_under_its_key() -> None:
    recall = ScriptedRecall(BUSY, Answer())
    async with api_to(recall) as api:
        await api.send_chat_message("b1", "I write down what is said.")
    assert recall.asked[0][1] == "/api/v1/bot/b1/send_chat_message/"
    assert chats(recall)[0] == {"to": "everyone", "message": "I write down what is said.", "pin": False}
    assert recall.keys[0] == recall.keys[1] != ""


async def test_a_long_message_goes_out_in_pieces_that_meet_takes_and_with_keys_of_their_own() -> None:
    recall = ScriptedRecall(Answer())
    async with api_to(recall) as api:
        await api.send_chat_message("b1", "word " * 150 + "x" * 700)
    pieces = [str(chat["message"]) for chat in chats(recall)]
    assert max(map(len, pieces)) <= 500
    assert " ".join(pieces).replace(" ", "") == "word" * 150 + "x" * 700
    assert len(set(recall.keys)) == len(pieces)


# -- secrets and logs --------------------------------------------------------------------------------------------------


async def test_the_key_never_shows_in_an_error() -> None:
    async with api_to(ScriptedRecall(refused(400, text=f'{{"detail": "bad key {KEY}"}}'))) as api:
        with pytest.raises(MeetingError) as raised:
            await api.create_bot({}, "m-1:1")
    assert "CANARY" not in str(raised.value)
    assert "bad key ***" in str(raised.value)


async def test_another_try_is_logged_without_what_was_sent() -> None:
    async with api_to(ScriptedRecall(BUSY, MADE)) as api:
        with capture_logs() as logs:
            await api.create_bot({"url": "wss://x/?token=CANARY"}, "m-1:1")
    assert [(entry["event"], entry["call"], entry["outcome"]) for entry in logs] == [
        ("recall.call_repeated", "create_bot", "503")
    ]
    assert "CANARY" not in str(logs)


async def test_a_plain_answer_takes_no_waiting_and_no_log() -> None:
    clock = HastyClock()
    async with api_to(ScriptedRecall(Answer(text=BOT)), clock=clock) as api:
        with capture_logs() as logs:
            await look(api)
    assert (clock.slept, logs) == ([], [])


async def look(api: RecallApi) -> None:
    await api.retrieve_bot("b1")
    await api.delete_media("b1")
