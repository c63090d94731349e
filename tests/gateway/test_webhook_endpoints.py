"""Endpoints over HTTP: added once, secret shown once, rotated, removed, apart by tenant."""

import pytest

from gateway.hooks.endpoints import Endpoints
from gateway.webhook_endpoints import MOST

URL = "https://hooks.example.org/a"


async def added(rig, **fields: object) -> dict:
    response = await rig.client.post("/webhooks/endpoints", json={"url": URL, **fields})
    assert response.status == 201, await response.text()
    return await response.json()


async def listed(rig) -> list[dict]:
    return (await (await rig.client.get("/webhooks/endpoints")).json())["endpoints"]


class TestAdding:
    async def test_the_secret_is_shown_once(self, fake_rig):
        made = await added(fake_rig, events=["line", "line", "meeting.ended"], description="my\nnotes")
        assert made["secret"].startswith("whsec_")
        assert (made["events"], made["description"]) == (["line", "meeting.ended"], "my notes")
        one = await (await fake_rig.client.get(f"/webhooks/endpoints/{made['id']}")).json()
        assert one == {name: value for name, value in made.items() if name != "secret"}
        assert await listed(fake_rig) == [one]

    async def test_all_events_unless_some_are_named_and_no_text_unless_asked_for(self, fake_rig):
        made = await added(fake_rig)
        assert (len(made["events"]), made["include_text"], made["enabled"]) == (5, False, True)

    async def test_the_same_request_again_is_the_same_endpoint_and_secret(self, fake_rig):
        headers = {"Idempotency-Key": "k1"}
        answers = [
            await (await fake_rig.client.post("/webhooks/endpoints", json={"url": URL}, headers=headers)).json()
            for _ in range(3)
        ]
        assert answers[0] == answers[1] == answers[2]
        assert len(await listed(fake_rig)) == 1

    @pytest.mark.parametrize(
        "url",
        ["http://hooks.example.org/", "https://127.0.0.1/", "https://localhost/", "https://2130706433/", "nonsense"],
    )
    async def test_address_that_is_not_public_is_refused(self, fake_rig, url):
        response = await fake_rig.client.post("/webhooks/endpoints", json={"url": url})
        assert (response.status, (await response.json())["errors"][0]["field"]) == (422, "url")

    async def test_unknown_events_and_fields_are_refused(self, fake_rig):
        for wrong in ({"events": ["everything"]}, {"secret": "mine"}, {"url": 5}):
            assert (await fake_rig.client.post("/webhooks/endpoints", json={"url": URL, **wrong})).status == 422

    async def test_there_is_an_end_to_them(self, fake_rig):
        for _ in range(MOST):
            await added(fake_rig)
        response = await fake_rig.client.post("/webhooks/endpoints", json={"url": URL})
        assert (response.status, (await response.json())["type"]) == (409, "urn:chimein:problem:too-many-endpoints")


class TestChanging:
    async def test_after_a_rotation_two_secrets_sign_and_the_same_request_makes_no_third(self, fake_rig):
        made = await added(fake_rig)
        where, headers = f"/webhooks/endpoints/{made['id']}/rotate", {"Idempotency-Key": "r1"}
        fresh = [await (await fake_rig.client.post(where, headers=headers)).json() for _ in range(2)]
        assert fresh[0]["secret"] == fresh[1]["secret"] != made["secret"]
        assert fresh[0]["secrets"] == 2

    async def test_the_old_secret_signs_for_a_day_and_a_second_rotation_ends_it(self, fake_rig):
        made = await added(fake_rig)
        for _ in range(2):
            await fake_rig.client.post(f"/webhooks/endpoints/{made['id']}/rotate")
        endpoint, _ = await Endpoints(fake_rig.bus.redis, "default").one(made["id"])
        now = endpoint.secrets[1].until - 1
        assert [len(endpoint.keys(at)) for at in (now, now + 2)] == [2, 1]
        assert made["secret"] not in [secret.value for secret in endpoint.secrets]

    async def test_a_removed_one_is_gone(self, fake_rig):
        made = await added(fake_rig)
        where = f"/webhooks/endpoints/{made['id']}"
        assert (await fake_rig.client.delete(where)).status == 204
        assert [(await fake_rig.client.get(where)).status, (await fake_rig.client.delete(where)).status] == [404, 404]
        assert await listed(fake_rig) == []

    async def test_an_enabled_one_begins_with_a_clean_slate(self, fake_rig):
        made = await added(fake_rig)
        endpoints = Endpoints(fake_rig.bus.redis, "default")
        await endpoints.note_failure(made["id"], 5)
        await endpoints.disable(made["id"], "410", 7)
        (off,) = await listed(fake_rig)
        assert (off["enabled"], off["failing_since"], off["disabled_at"], off["disabled_reason"]) == (
            False,
            5,
            7,
            "410",
        )
        on = await (await fake_rig.client.post(f"/webhooks/endpoints/{made['id']}/enable")).json()
        assert (on["enabled"], on["failing_since"], on["disabled_reason"]) == (True, None, "")


class TestSecrets:
    async def test_no_list_no_log_and_no_representation_shows_one(self, fake_rig, caplog, capsys):
        made = await added(fake_rig)
        endpoint, _ = await Endpoints(fake_rig.bus.redis, "default").one(made["id"])
        shown = repr(endpoint) + caplog.text + capsys.readouterr().out + str(await listed(fake_rig))
        assert made["secret"].removeprefix("whsec_") not in shown

    async def test_another_tenant_has_none_of_it(self, fake_rig):
        made = await added(fake_rig)
        assert await Endpoints(fake_rig.bus.redis, "other").one(made["id"]) is None
