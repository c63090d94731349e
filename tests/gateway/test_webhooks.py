"""Recall's status webhooks: verified, passed on once recognisable, and never an error that makes Recall repeat."""

import base64
import time

import msgspec
import pytest
from structlog.testing import capture_logs

from shared.clock import SystemClock
from shared.config import Secret
from shared.events import CODEC, ReportBotStatus
from shared.signatures import signature_of
from shared.streams import MeetingKeys

CLOCK = SystemClock()
SECRET = b"0123456789abcdef0123456789abcdef"
SETTING = Secret("whsec_" + base64.b64encode(SECRET).decode())


def today(meeting_id: object, code: str = "in_call_recording", **status: object):
    about = {"code": code, "sub_code": None, "updated_at": "2026-01-10T09:00:20.000000+00:00", **status}
    return {
        "event": f"bot.{code}",
        "data": {"data": about, "bot": {"id": "bot-1", "metadata": {"meeting_id": meeting_id}}},
    }


def before(meeting_id: str | None):
    status = {
        "code": "call_ended",
        "sub_code": "bot_kicked_from_call",
        "created_at": "2026-01-10T09:00:20Z",
        "message": None,
    }
    bot = {"bot": {"metadata": {"meeting_id": meeting_id}}} if meeting_id else {}
    return {"event": "bot.status_change", "data": {"bot_id": "bot-1", "status": status, **bot}}


async def post(
    rig,
    payload,
    *,
    secret: bytes = SECRET,
    delivery: str = "msg-1",
    at: int = 0,
    family: str = "webhook",
    **headers: str,
):
    body = payload if isinstance(payload, bytes) else msgspec.json.encode(payload)
    timestamp = str(at or int(time.time()))
    signed = signature_of(secret, f"{delivery}.{timestamp}.".encode() + body).decode()
    named = {"id": delivery, "timestamp": timestamp, "signature": signed}
    signature = {f"{family}-{name}": value for name, value in named.items()}
    return await rig.client.post("/webhooks/recall", data=body, headers={**signature, **headers})


async def sent(rig):
    entries = await rig.bus.redis.xrange("{s0007}:commands:ingest")
    return [CODEC.decode(fields) for _, fields in entries]


class TestSigned:
    async def test_status_becomes_a_command_to_ingest(self, rig_with):
        async with rig_with(recall_webhook_secret=SETTING) as rig:
            meeting_id = await rig.meeting()
            response = await post(rig, today(meeting_id))
            (command,) = await sent(rig)
        assert response.status == 204
        assert isinstance(command, ReportBotStatus)
        assert (command.meeting_id, command.bot_id, command.code) == (meeting_id, "bot-1", "in_call_recording")
        assert (command.sub_code, command.updated_at_ms) == ("", 1_768_035_620_000)

    async def test_older_form_is_understood(self, rig_with):
        async with rig_with(recall_webhook_secret=SETTING) as rig:
            assert (await post(rig, before(await rig.meeting()))).status == 204
            (command,) = await sent(rig)
        assert (command.code, command.sub_code, command.bot_id) == ("call_ended", "bot_kicked_from_call", "bot-1")

    async def test_older_form_without_metadata_finds_the_meeting_of_its_bot(self, rig_with):
        async with rig_with(recall_webhook_secret=SETTING) as rig:
            others = [await rig.meeting(bot_id=f"bot-{n}") for n in (2, 3)]
            meeting_id = await rig.meeting(bot_id="bot-1")
            for one in (*others, meeting_id):
                await rig.bus.redis.sadd(MeetingKeys(one).shard.active, one)
            await post(rig, before(None))
            assert [command.meeting_id for command in await sent(rig)] == [meeting_id]

    async def test_older_form_about_a_bot_that_is_not_ours_is_taken_quietly(self, rig_with):
        async with rig_with(recall_webhook_secret=SETTING) as rig:
            await rig.meeting(bot_id="bot-2")
            assert (await post(rig, before(None))).status == 204
            assert await sent(rig) == []

    async def test_state_keeps_when_the_last_one_came(self, rig_with):
        async with rig_with(recall_webhook_secret=SETTING) as rig:
            meeting_id = await rig.meeting()
            await post(rig, today(meeting_id))
            state = await rig.bus.state(meeting_id)
        assert abs(int(state["webhook_at"]) - CLOCK.now_ms()) < 60_000

    @pytest.mark.parametrize("how", ["other secret", "changed body", "no signature"])
    async def test_bad_signature_is_401_and_writes_nothing(self, rig_with, how):
        async with rig_with(recall_webhook_secret=SETTING) as rig:
            payload = today(await rig.meeting())
            if how == "other secret":
                response = await post(rig, payload, secret=b"x" * 32)
            elif how == "changed body":
                response = await post(rig, payload, **{"webhook-id": "msg-9"})
            else:
                response = await rig.client.post("/webhooks/recall", json=payload)
            assert (response.status, await sent(rig)) == (401, [])

    async def test_webhook_needs_no_api_key(self, rig_with):
        async with rig_with(recall_webhook_secret=SETTING, chimein_api_keys=Secret("k" * 20)) as rig:
            assert (await post(rig, today(await rig.meeting()))).status == 204


class TestRepeats:
    async def test_copy_is_refused_and_a_new_try_of_the_platform_is_taken_without_effect(self, rig_with):
        async with rig_with(recall_webhook_secret=SETTING) as rig:
            payload, now = today(await rig.meeting()), int(time.time())
            times = (now - 2, now - 2, now - 1, now - 2, now - 1, now)
            statuses = [(await post(rig, payload, at=at)).status for at in times]
            assert statuses == [204, 401, 204, 401, 401, 204]
            assert len(await sent(rig)) == 1

    async def test_copy_is_refused_by_another_gateway_too(self, rig_with):
        async with rig_with(recall_webhook_secret=SETTING) as rig, rig_with(recall_webhook_secret=SETTING) as other:
            payload = today(await rig.meeting())
            answers = [await post(gateway, payload, at=int(time.time()) // 10 * 10) for gateway in (rig, other)]
            problem = await answers[1].json()
        assert [answer.status for answer in answers] == [204, 401]
        assert problem["type"] == "urn:chimein:problem:replayed"

    async def test_copy_with_unsigned_headers_of_the_other_family_is_still_a_copy(self, rig_with):
        async with rig_with(recall_webhook_secret=SETTING) as rig:
            payload, now = today(await rig.meeting()), int(time.time())
            forged = {"webhook-id": "msg-9", "webhook-timestamp": str(now + 1), "webhook-signature": "v1,AAAA"}
            first = await post(rig, payload, family="svix", at=now)
            copy = await post(rig, payload, family="svix", at=now, **forged)
            assert (first.status, copy.status, len(await sent(rig))) == (204, 401, 1)

    async def test_gateway_that_died_after_sending_repeats_the_command_under_its_id(self, rig_with):
        async with rig_with(recall_webhook_secret=SETTING) as rig:
            payload, now = today(await rig.meeting()), int(time.time())
            await post(rig, payload, at=now)
            await rig.bus.redis.delete(*await rig.bus.redis.keys("{webhook-*"))
            await post(rig, payload, at=now + 1)
            await post(rig, payload, at=now + 1, delivery="msg-2")
            first, repeated, other = [command.id for command in await sent(rig)]
        assert first == repeated != other

    async def test_delivery_is_not_remembered_before_its_command_is_sent(self, mortal_valkey, rig_with_url):
        async with rig_with_url(mortal_valkey.url, recall_webhook_secret=SETTING) as rig:
            payload = today(await rig.meeting())
            await rig.bus.redis.config_set("maxmemory", "1")
            assert (await post(rig, payload)).status == 503
            await rig.bus.redis.config_set("maxmemory", "0")
            assert (await post(rig, payload)).status == 204
            assert len(await sent(rig)) == 1

    async def test_what_is_remembered_goes_after_some_days(self, rig_with):
        async with rig_with(recall_webhook_secret=SETTING) as rig:
            await post(rig, today(await rig.meeting()))
            (name,) = await rig.bus.redis.keys("{webhook-*")
            assert 24 * 3600 < await rig.bus.redis.ttl(name) <= 7 * 24 * 3600


class TestUnsigned:
    async def test_without_secret_this_machine_may_send(self, rig):
        response = await rig.client.post("/webhooks/recall", json=today(await rig.meeting()))
        assert (response.status, len(await sent(rig))) == (204, 1)

    async def test_without_secret_a_tunnel_may_not(self, rig):
        meeting_id = await rig.meeting()
        headers = {"Host": "meet.example.org"}
        response = await rig.client.post("/webhooks/recall", json=today(meeting_id), headers=headers)
        assert (response.status, await sent(rig)) == (503, [])
        assert "RECALL_WEBHOOK_SECRET" in (await response.json())["detail"]

    async def test_without_secret_an_open_gateway_refuses(self, rig_with):
        async with rig_with(bind_host="0.0.0.0", chimein_api_keys=Secret("k" * 20)) as rig:
            assert (await rig.client.post("/webhooks/recall", json=today(await rig.meeting()))).status == 503


class TestNothingToDo:
    @pytest.mark.parametrize(
        "payload",
        [
            today(f"m-07-{'0' * 20}"),
            today("nonsense"),
            today(7),
            {"event": "bot.log", "data": {"bot_id": "b", "log": {}}},
            {"event": "realtime_endpoint.running", "data": {"data": {"code": "running"}}},
            {"event": "transcript.done", "data": {"data": {"code": "done"}}},
            {"event": "bot.future", "data": {"data": {"code": 5}}},
            {"event": "bot.done", "data": {}},
        ],
    )
    async def test_events_that_say_nothing_to_us_are_taken_quietly(self, rig, payload):
        assert (await rig.client.post("/webhooks/recall", json=payload)).status == 204
        assert await sent(rig) == []

    @pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff", b"[" * 5000])
    async def test_body_that_is_no_webhook_is_400(self, rig, body):
        assert (await rig.client.post("/webhooks/recall", data=body)).status == 400

    async def test_time_that_cannot_be_read_becomes_now(self, rig):
        await rig.client.post("/webhooks/recall", json=today(await rig.meeting(), updated_at="yesterday"))
        (command,) = await sent(rig)
        assert abs(command.updated_at_ms - time.time() * 1000) < 60_000


class TestComplaints:
    @pytest.mark.parametrize(
        ("event", "about", "code"),
        [
            (
                "realtime_endpoint.failed",
                {"data": {"code": "failed", "error": {"code": "gone", "message": "canary"}}},
                "gone",
            ),
            ("bot.log", {"bot_id": "b", "log": {"level": "error", "message": "canary"}}, "error"),
            ("bot.output_log", {"bot_id": "b", "log": {"level": "warning", "message": "canary"}}, "warning"),
        ],
    )
    async def test_platform_that_complains_is_heard_in_the_log_by_code_alone(self, rig, event, about, code):
        bot = {"bot": {"id": "bot-1", "metadata": {"meeting_id": await rig.meeting()}}}
        with capture_logs() as logged:
            response = await rig.client.post("/webhooks/recall", json={"event": event, "data": {**about, **bot}})
        warnings = [entry for entry in logged if entry["log_level"] == "warning"]
        assert (response.status, await sent(rig)) == (204, [])
        assert warnings == [{"event": "platform.complained", "event_type": event, "code": code, "log_level": "warning"}]
        assert "canary" not in str(logged)
