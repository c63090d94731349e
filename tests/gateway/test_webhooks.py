"""Recall's status webhooks: verified, passed on once recognisable, and never an error that makes Recall repeat."""

import base64
import time

import msgspec
import pytest

from gateway.signatures import signature_of
from shared.config import Secret
from shared.events import CODEC, ReportBotStatus

SECRET = b"0123456789abcdef0123456789abcdef"
SETTING = Secret("whsec_" + base64.b64encode(SECRET).decode())


def today(meeting_id: object, code: str = "in_call_recording", **status: object):
    about = {"code": code, "sub_code": None, "updated_at": "2026-01-10T09:00:20.000000+00:00", **status}
    return {
        "event": f"bot.{code}",
        "data": {"data": about, "bot": {"id": "bot-1", "metadata": {"meeting_id": meeting_id}}},
    }


def before(meeting_id: str):
    status = {
        "code": "call_ended",
        "sub_code": "bot_kicked_from_call",
        "created_at": "2026-01-10T09:00:20Z",
        "message": None,
    }
    bot = {"metadata": {"meeting_id": meeting_id}}
    return {"event": "bot.status_change", "data": {"bot_id": "bot-1", "status": status, "bot": bot}}


async def post(rig, payload, *, secret: bytes = SECRET, delivery: str = "msg-1", **headers: str):
    body = payload if isinstance(payload, bytes) else msgspec.json.encode(payload)
    timestamp = str(int(time.time()))
    signed = signature_of(secret, f"{delivery}.{timestamp}.".encode() + body).decode()
    signature = {"webhook-id": delivery, "webhook-timestamp": timestamp, "webhook-signature": signed}
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

    async def test_repeat_has_the_same_id_and_another_delivery_has_not(self, rig_with):
        async with rig_with(recall_webhook_secret=SETTING) as rig:
            meeting_id = await rig.meeting()
            for delivery in ("msg-1", "msg-1", "msg-2"):
                await post(rig, today(meeting_id), delivery=delivery)
            ids = [command.id for command in await sent(rig)]
        assert ids[0] == ids[1] != ids[2]

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
