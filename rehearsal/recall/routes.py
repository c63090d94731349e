"""The REST interface of the Recall stand-in: its routes, and the calls that make, find and change bots."""

from datetime import datetime

from aiohttp import web

from rehearsal.recall.bots import Bot
from rehearsal.recall.checks import problems_of
from rehearsal.recall.commands import Commands, body_of, bot_in
from rehearsal.recall.doors import Doors, refusal
from rehearsal.recall.workspace import Workspace

SCHEDULED_S = 600
"""A bot that is due later than this has an instance of its own, and can be taken back."""
LONGEST_REQUEST = 4 << 20
PAGE = 100
EMPTY_POOL_S = 30


def build_app(workspace: Workspace) -> web.Application:
    """The routes; slashes at the end belong to them, as at Recall."""
    app = web.Application(middlewares=Doors(workspace).middlewares, client_max_size=LONGEST_REQUEST)
    calls, commands = Calls(workspace), Commands(workspace)
    bots, bot = "/api/v1/bot/", "/api/v1/bot/{id}/"
    app.add_routes(
        [
            web.post(bots, calls.create),
            web.get(bots, calls.list),
            web.get(bot, calls.retrieve, allow_head=False),
            web.patch(bot, calls.update),
            web.delete(bot, calls.delete),
            web.get("/api/v1/realtime_endpoint/", calls.list_endpoints),
            web.post(f"{bot}leave_call/", commands.leave),
            web.post(f"{bot}output_audio/", commands.output_audio),
            web.delete(f"{bot}output_audio/", commands.stop_output_audio),
            web.post(f"{bot}output_media/", commands.output_media),
            web.delete(f"{bot}output_media/", commands.stop_output_media),
            web.post(f"{bot}send_chat_message/", commands.send_chat_message),
            web.post(f"{bot}delete_media/", commands.delete_media),
            web.post(f"{bot}{{verb:start|stop|pause|resume}}_recording/", commands.turn_recording),
            web.post(f"{bot}request_recording_permission/", commands.request_permission),
        ]
    )
    return app


class Calls:
    """One method per call."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    async def create(self, request: web.Request) -> web.Response:
        body = await body_of(request)
        if problems := problems_of(body):
            return web.json_response(problems, status=400)
        if not is_scheduled(body.get("join_at")) and not self._workspace.takes_instance():
            answer = {"code": "adhoc_pool_depleted", "detail": "No bots are available right now. Try again later."}
            return web.json_response(answer, status=507, headers={"Retry-After": str(EMPTY_POOL_S)})
        bot = await self._workspace.make_bot(body)
        return web.json_response(bot.described(), status=201)

    async def list(self, request: web.Request) -> web.Response:
        bots = [bot.described() for bot in self._workspace.bots.values() if is_wanted(bot, request)]
        page = int(request.query.get("page", "1"))
        last = page * PAGE >= len(bots)
        return web.json_response(
            {
                "count": len(bots),
                "next": None if last else str(request.url.update_query(page=page + 1)),
                "previous": None if page == 1 else str(request.url.update_query(page=page - 1)),
                "results": bots[(page - 1) * PAGE : page * PAGE],
            }
        )

    async def retrieve(self, request: web.Request) -> web.Response:
        return web.json_response(bot_in(self._workspace, request).described())

    async def update(self, request: web.Request) -> web.Response:
        """Only before it is dispatched, and not to a moment that is too close."""
        bot, changes = bot_in(self._workspace, request), await body_of(request)
        body = {**bot.request.body, **changes}
        if bot.status or not is_scheduled(body.get("join_at")):
            return refusal(400, "update_bot_failed", "The bot has been dispatched, or would be too soon.")
        if problems := problems_of(body):
            return web.json_response(problems, status=400)
        bot.change(body)
        return web.json_response(bot.described())

    async def delete(self, request: web.Request) -> web.Response:
        bot = bot_in(self._workspace, request)
        if bot.status or bot.order.seconds_to_join < SCHEDULED_S:
            return web.json_response({"detail": 'Method "DELETE" not allowed.'}, status=405)
        bot.end("deleted")
        del self._workspace.bots[bot.id]
        return web.Response(status=204)

    async def list_endpoints(self, request: web.Request) -> web.Response:
        """By the filters `recording_id`, `status_code` and `type`."""
        wanted = request.query
        found = [
            endpoint.described()
            for bot in self._workspace.bots.values()
            for endpoint in bot.recorder.endpoints
            if wanted.get("recording_id", endpoint.origin.recording_id) == endpoint.origin.recording_id
            and wanted.get("status_code", endpoint.code) == endpoint.code
            and wanted.get("type", endpoint.order.type) == endpoint.order.type
        ]
        return web.json_response({"next": None, "previous": None, "results": found})


def is_scheduled(join_at: object) -> bool:
    """Far enough ahead for an instance of its own."""
    try:
        moment = datetime.fromisoformat(str(join_at)).astimezone()
    except ValueError:
        return False
    return (moment - datetime.now(moment.tzinfo)).total_seconds() > SCHEDULED_S


def is_wanted(bot: Bot, request: web.Request) -> bool:
    """By the filters of Recall."""
    query = request.query
    statuses, platforms = query.getall("status", []), query.getall("platform", [])
    metadata = {
        name.removeprefix("metadata__"): value for name, value in query.items() if name.startswith("metadata__")
    }
    return (
        (not statuses or bot.status in statuses)
        and (not platforms or bot.order.platform in platforms)
        and query.get("meeting_url", bot.order.meeting_url) == bot.order.meeting_url
        and metadata.items() <= bot.metadata.items()
        and is_between(bot.order.join_at, query.get("join_at_after"), query.get("join_at_before"))
    )


def is_between(moment: datetime | None, after: str | None, before: str | None) -> bool:
    """A bot without a time is in no span of time."""
    if moment is None:
        return not (after or before)
    since = datetime.fromisoformat(after).astimezone() if after else moment
    until = datetime.fromisoformat(before).astimezone() if before else moment
    return since <= moment.astimezone() <= until
