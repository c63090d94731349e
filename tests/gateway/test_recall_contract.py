"""Every webhook that Recall sends, as its reference has them: ours take them, whatever is added, left out or null, and
the stand-in sends the same."""

import asyncio
import contextlib
import copy
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from ears import bot_body, listening
from meetings_played import QUICK, send_bot, stand_in
from msgspec import structs

from gateway.problems import ProblemError
from gateway.recall_reports import read
from rehearsal.recall.options import Faults
from rehearsal.recall.server import RecallServer
from shared.events import CODEC
from shared.ports import free_port

GOLDEN = Path(__file__).parent / "golden" / "recall_webhooks.jsonl"
MEETING = "m-07-" + "a" * 20
BOT = "5f0e6c1a-2f1b-4c58-9d63-0c6d0f5f8a11"
SAYING = {
    *("event", "data", "data.data", "data.data.code", "data.data.sub_code", "data.data.updated_at"),
    *("data.bot", "data.bot.id", "data.bot.metadata", "data.bot.metadata.meeting_id", "data.bot_id"),
    *("data.status", "data.status.code", "data.status.sub_code", "data.status.created_at"),
    *("data.log", "data.log.level", "data.data.error", "data.data.error.code"),
}
"""Without these a webhook may say nothing; everything else may be missing, or null."""

Steps = tuple[str | int, ...]

HOOKS = {hook["event"]: hook for hook in map(json.loads, GOLDEN.read_text().splitlines())}
STATES = [event for event, hook in HOOKS.items() if event.startswith("bot.") and "bot" in hook["data"]]
SILENT = [event for event in HOOKS if not event.startswith(("bot.", "realtime_endpoint."))]


# -- forms -------------------------------------------------------------------------------------------------------------


def paths_of(value: object, path: Steps = ()) -> Iterator[Steps]:
    """Of every field, however deep."""
    for key, part in value.items() if isinstance(value, dict) else ():
        yield (*path, key)
        yield from paths_of(part, (*path, key))


def changed(hook: dict, path: Steps, *values: object) -> dict:
    """Without the field, or with another value in it."""
    hook = copy.deepcopy(hook)
    parent = hook
    for key in path[:-1]:
        parent = parent[key]
    del parent[path[-1]]
    for value in values:
        parent[path[-1]] = value
    return hook


def extended(value: object) -> object:
    """With a field that nobody has heard of in each object."""
    if isinstance(value, dict):
        return {**{key: extended(part) for key, part in value.items()}, "tomorrow": {"deep": [1, None]}}
    return value


def form_of(value: object) -> object:
    """The keys, and nothing else."""
    return {key: form_of(part) for key, part in value.items()} if isinstance(value, dict) else None


def said(hook: object) -> tuple[object, ...] | None:
    """What ours make of it."""
    report = read(json.dumps(hook).encode())
    return report and (report.status, report.bot_id, report.meeting_id, report.complaint)


# -- what ours read ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("event", STATES)
def test_a_state_of_the_bot_is_read(event: str) -> None:
    report, about = read(json.dumps(HOOKS[event]).encode()), HOOKS[event]["data"]["data"]
    assert (report.status.code, report.status.sub_code) == (about["code"], about["sub_code"])
    assert (report.bot_id, report.meeting_id, report.complaint) == (BOT, MEETING, None)


def test_the_older_form_is_read() -> None:
    report = read(json.dumps(HOOKS["bot.status_change"]).encode())
    assert (report.status.code, report.status.sub_code) == ("call_ended", "bot_kicked_from_call")
    assert (report.bot_id, report.meeting_id) == (BOT, None)


@pytest.mark.parametrize(
    ("event", "complaint"),
    [
        ("realtime_endpoint.running", None),
        ("realtime_endpoint.done", None),
        ("realtime_endpoint.failed", "endpoint_unreachable"),
        ("bot.log", "error"),
        ("bot.output_log", "error"),
    ],
)
def test_what_is_no_state_is_at_most_a_complaint(event: str, complaint: str | None) -> None:
    report = read(json.dumps(HOOKS[event]).encode())
    assert (report.status, report.complaint) == (None, complaint)


@pytest.mark.parametrize("event", SILENT)
def test_what_becomes_of_the_media_says_nothing_to_us(event: str) -> None:
    assert read(json.dumps(HOOKS[event]).encode()) is None


async def test_every_webhook_is_taken_and_states_become_commands(rig) -> None:
    meeting_id = await rig.meeting(bot_id=BOT)
    for golden_hook in HOOKS.values():
        hook = json.loads(json.dumps(golden_hook).replace(MEETING, meeting_id))
        for payload in (hook, extended(hook), {**hook, "event": f"{hook['event']}_of_tomorrow"}):
            response = await rig.client.post("/webhooks/recall", json=payload)
            assert response.status == 204, payload["event"]
    entries = await rig.bus.redis.xrange("{s0007}:commands:ingest")
    commands = [CODEC.decode(fields) for _, fields in entries]
    codes = [HOOKS[event]["data"]["data"]["code"] for event in STATES for _ in range(3)]
    assert [command.code for command in commands][: len(codes)] == codes
    assert {command.meeting_id for command in commands} == {meeting_id}


# -- what never breaks ours --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("hook", HOOKS.values(), ids=HOOKS.keys())
def test_new_fields_change_nothing(hook: dict) -> None:
    assert said(extended(hook)) == said(hook)


@pytest.mark.parametrize("hook", HOOKS.values(), ids=HOOKS.keys())
def test_fields_that_are_missing_or_null_change_nothing(hook: dict) -> None:
    for path in paths_of(hook):
        if ".".join(map(str, path)) not in SAYING:
            assert said(changed(hook, path)) == said(changed(hook, path, None)) == said(hook), path


@pytest.mark.parametrize("hook", HOOKS.values(), ids=HOOKS.keys())
@pytest.mark.parametrize("value", [None, 7, "x", [], {}, [{}], True])
def test_a_field_of_any_other_form_is_never_more_than_a_webhook_that_says_nothing(hook: dict, value: object) -> None:
    for path in paths_of(hook):
        if path == ("event",) and not isinstance(value, str):
            with pytest.raises(ProblemError):
                said(changed(hook, path, value))
        else:
            said(changed(hook, path, value))


@pytest.mark.parametrize("sub_code", ["from_tomorrow", "", None, "x" * 5000, "🦆"])
@pytest.mark.parametrize("code", ["from_tomorrow", "recording_done", "analysis_failed", "x" * 5000, "🦆"])
def test_codes_are_an_open_set(code: str, sub_code: str | None) -> None:
    hook = changed(HOOKS["bot.done"], ("data", "data", "code"), code)
    report = read(json.dumps(changed(hook, ("data", "data", "sub_code"), sub_code)).encode())
    assert (report.status.code, report.status.sub_code, report.meeting_id) == (code, sub_code, MEETING)


# -- what the stand-in sends -------------------------------------------------------------------------------------------


class Inbox:
    """Keeps what comes."""

    def __init__(self) -> None:
        self.hooks: list[dict] = []

    async def take(self, request: web.Request) -> web.Response:
        self.hooks.append(await request.json())
        return web.Response(status=204)

    @property
    def forms(self) -> dict[str, object]:
        return {hook["event"]: form_of(hook) for hook in self.hooks}


@contextlib.asynccontextmanager
async def played(faults: Faults, **options: object) -> AsyncIterator[tuple[RecallServer, Inbox]]:
    inbox, app = Inbox(), web.Application()
    app.router.add_post("/webhooks/recall", inbox.take)
    async with TestServer(app) as server:
        url = str(server.make_url("/webhooks/recall"))
        async with stand_in(faults, webhook_url=url, **options) as recall:
            yield recall, inbox


async def has_sent(recall: RecallServer, event: str) -> None:
    async with asyncio.timeout(5):
        while event not in recall.webhooks.sent:
            await asyncio.sleep(0.005)


def golden(inbox: Inbox) -> dict[str, object]:
    return {event: form_of(HOOKS[event]) for event in inbox.forms}


async def test_the_stand_in_tells_of_a_whole_call_in_the_same_form() -> None:
    faults, delays = Faults(recording_denied="zoom_host_not_present"), structs.replace(QUICK, lobby_s=0.001)
    async with listening() as ear, played(faults, asks_permission=True, delays=delays) as (recall, inbox):
        bot = await send_bot(recall, ear, metadata={"meeting_id": MEETING})
        await bot.reached["recording_permission_denied"].wait()
        faults.recording_denied = ""
        bot.recorder.ask()
        await has_sent(recall, "realtime_endpoint.running")
        bot.recorder.pause()
        bot.recorder.resume()
        bot.standing.complain("The chat message could not be sent.")
        bot.end("call_ended_by_host")
        await bot.reached["done"].wait()
        bot.recorder.delete()
        await recall.webhooks.flush(5)
    assert inbox.forms == golden(inbox)
    media = [f"{kind}.{code}" for kind in ("recording", "audio_mixed") for code in ("processing", "done", "deleted")]
    sockets = ["realtime_endpoint.running", "realtime_endpoint.done"]
    assert {*STATES, *media, *sockets, "recording.paused", "bot.log"} - {"bot.fatal"} <= inbox.forms.keys()


async def test_the_stand_in_tells_of_failures_in_the_same_form() -> None:
    faults, delays = Faults(), structs.replace(QUICK, redial_s=0.001)
    async with played(faults, delays=delays) as (recall, inbox):
        nowhere = bot_body(f"ws://127.0.0.1:{free_port()}/recall/m-1/")["recording_config"]
        await send_bot(recall, recording_config=nowhere, metadata={"meeting_id": MEETING})
        await has_sent(recall, "realtime_endpoint.failed")
        faults.fatal = "meeting_not_found"
        lost = await send_bot(recall, metadata={"meeting_id": MEETING})
        await lost.reached["fatal"].wait()
        await recall.webhooks.flush(5)
    assert inbox.forms == golden(inbox)
    assert {"realtime_endpoint.failed", "bot.fatal"} <= inbox.forms.keys()


async def test_the_stand_in_has_the_older_form_too() -> None:
    async with played(Faults(), legacy_webhooks=True) as (recall, inbox):
        bot = await send_bot(recall)
        await bot.reached["in_call_not_recording"].wait()
        await recall.webhooks.flush(5)
    assert inbox.forms == {"bot.status_change": form_of(HOOKS["bot.status_change"])}
