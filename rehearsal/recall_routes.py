"""The REST interface of the Recall stand-in."""

import asyncio
import base64
import io
import time

import msgspec
from aiohttp import web

from rehearsal.audio import SoundError, decode
from rehearsal.heard import RATE_HZ
from rehearsal.recall_bots import IN_CALL, OVER, Bot
from rehearsal.recall_checks import clip_complaint, problems_of
from rehearsal.recall_doors import Doors, refusal
from rehearsal.recall_workspace import Workspace

SCHEDULED_S = 600
"""A bot that is due later than this can be taken back."""
LONGEST_REQUEST = 4 << 20
LONGEST_CHAT = 4096


def build_app(workspace: Workspace) -> web.Application:
    """The routes; slashes at the end belong to them, as at Recall."""
    app = web.Application(middlewares=Doors(workspace).middlewares, client_max_size=LONGEST_REQUEST)
    calls = Calls(workspace)
    app.add_routes(
        [
            web.post("/api/v1/bot/", calls.create),
            web.get("/api/v1/bot/", calls.list),
            web.get("/api/v1/bot/{id}/", calls.retrieve),
            web.delete("/api/v1/bot/{id}/", calls.delete),
            web.post("/api/v1/bot/{id}/leave_call/", calls.leave),
            web.post("/api/v1/bot/{id}/output_audio/", calls.output_audio),
            web.delete("/api/v1/bot/{id}/output_audio/", calls.stop_output_audio),
            web.post("/api/v1/bot/{id}/send_chat_message/", calls.send_chat_message),
            web.post("/api/v1/bot/{id}/delete_media/", calls.delete_media),
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
        bot = await self._workspace.make_bot(body)
        return web.json_response(bot.described(), status=201)

    async def list(self, request: web.Request) -> web.Response:
        bots = [bot.described() for bot in self._workspace.bots.values() if is_wanted(bot, request)]
        return web.json_response({"count": len(bots), "next": None, "previous": None, "results": bots})

    async def retrieve(self, request: web.Request) -> web.Response:
        return web.json_response(self.bot(request).described())

    async def delete(self, request: web.Request) -> web.Response:
        bot = self.bot(request)
        if bot.status or bot.seconds_to_join() < SCHEDULED_S:
            return web.json_response({"detail": 'Method "DELETE" not allowed.'}, status=405)
        bot.end("deleted")
        del self._workspace.bots[bot.id]
        return web.Response(status=204)

    async def leave(self, request: web.Request) -> web.Response:
        bot = self.bot(request)
        if answer := not_commandable(bot):
            return answer
        bot.end("bot_received_leave_call")
        return web.json_response(bot.described())

    async def output_audio(self, request: web.Request) -> web.Response:
        bot = self.bot(request)
        clip = await body_of(request)
        if answer := not_commandable(bot) or not_audible(bot):
            return answer
        if complaint := clip_complaint(clip):
            field, _, problem = complaint.partition(": ")
            return web.json_response({field: [problem]}, status=400)
        try:
            mp3 = io.BytesIO(base64.b64decode(str(clip["b64_data"])))
            pcm = await asyncio.to_thread(decode, mp3, RATE_HZ)
        except SoundError:
            return web.json_response({"b64_data": ["This is not an MP3 file."]}, status=400)
        if not await self._workspace.heard.begin(bot.id, pcm, time.time() * 1000):
            return refusal(400, "already_playing", "The bot is already playing audio.")
        return web.json_response(bot.described())

    async def stop_output_audio(self, request: web.Request) -> web.Response:
        bot = self.bot(request)
        if answer := not_commandable(bot):
            return answer
        self._workspace.heard.stop(bot.id, time.time() * 1000)
        return web.Response(status=204)

    async def send_chat_message(self, request: web.Request) -> web.Response:
        bot = self.bot(request)
        message = (await body_of(request)).get("message")
        if answer := not_commandable(bot):
            return answer
        if not isinstance(message, str) or not 1 <= len(message) <= LONGEST_CHAT:
            problem = f"Ensure this field has between 1 and {LONGEST_CHAT} characters."
            return web.json_response({"message": [problem]}, status=400)
        bot.chats.append(message)
        return web.json_response(bot.described())

    async def delete_media(self, request: web.Request) -> web.Response:
        bot = self.bot(request)
        bot.media_deleted = True
        return web.json_response(bot.described())

    def bot(self, request: web.Request) -> Bot:
        if bot := self._workspace.bots.get(request.match_info["id"]):
            return bot
        raise web.HTTPNotFound(text='{"detail": "Not found."}', content_type="application/json")


async def body_of(request: web.Request) -> dict[str, object]:
    try:
        return msgspec.json.decode(await request.read(), type=dict[str, object])
    except msgspec.DecodeError as error:
        text = '{"detail": "JSON parse error"}'
        raise web.HTTPBadRequest(text=text, content_type="application/json") from error


def is_wanted(bot: Bot, request: web.Request) -> bool:
    """By the filters `status` and `metadata__<key>`."""
    statuses = request.query.getall("status", [])
    metadata = {
        name.removeprefix("metadata__"): value for name, value in request.query.items() if name.startswith("metadata__")
    }
    return (not statuses or bot.status in statuses) and metadata.items() <= bot.metadata.items()


def not_commandable(bot: Bot) -> web.Response | None:
    if not bot.status:
        detail = "Cannot send a command to a bot which has not been started."
        return refusal(400, "cannot_command_unstarted_bot", detail)
    if bot.status in OVER:
        return refusal(400, "cannot_command_completed_bot", "Cannot send a command to a bot which has completed.")
    return None


def not_audible(bot: Bot) -> web.Response | None:
    """Documented as required; the form of the refusal is not."""
    if bot.status not in IN_CALL:
        detail = "Cannot send a command to a bot which has not been started."
        return refusal(400, "cannot_command_unstarted_bot", detail)
    if bot.body.get("output_media") or not bot.body.get("automatic_audio_output"):
        detail = "output_audio needs automatic_audio_output to be set when the bot is created."
        return refusal(400, "output_audio_not_configured", detail)
    return None
