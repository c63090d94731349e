"""What a bot of the Recall stand-in can be told to do."""

import asyncio
import base64
import io
import time

import msgspec
from aiohttp import web

from rehearsal.audio import SoundError, decode
from rehearsal.heard import RATE_HZ
from rehearsal.recall.bots import Bot
from rehearsal.recall.command_checks import chat_complaint, clip_complaint, page_complaint
from rehearsal.recall.doors import refusal
from rehearsal.recall.standing import OVER
from rehearsal.recall.workspace import Workspace

TURNED_FROM = {"start": ["done"], "stop": ["processing", "paused"], "pause": ["processing"], "resume": ["paused"]}
"""The states of a recording in which it takes a command; documented are the commands only."""
UNSHOWN = "The chat message could not be sent."


class Commands:
    """One method per command."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    async def leave(self, request: web.Request) -> web.Response:
        bot = self.bot(request)
        if answer := not_commandable(bot):
            return answer
        bot.end("bot_received_leave_call")
        return web.json_response(bot.described())

    # -- speaking ----------------------------------------------------------------------------------------------------

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

    async def output_media(self, request: web.Request) -> web.Response:
        """A page in place of the camera; never beside automatic outputs."""
        bot = self.bot(request)
        page = await body_of(request)
        if answer := not_commandable(bot):
            return answer
        if bot.request.has_automatic_outputs:
            detail = "output_media cannot be combined with automatic_audio_output or automatic_video_output."
            return refusal(400, "output_media_not_allowed", detail)
        if complaint := page_complaint(page):
            return web.json_response({"output_media": [complaint]}, status=400)
        bot.output_media.update(page)
        return web.json_response(bot.described())

    async def stop_output_media(self, request: web.Request) -> web.Response:
        """Only what the body names; without a body nothing happens."""
        bot = self.bot(request)
        named = await body_of(request) if await request.read() else {}
        if answer := not_commandable(bot):
            return answer
        for place in [place for place, is_named in named.items() if is_named is True]:
            bot.output_media.pop(place, None)
        return web.Response(status=204)

    async def send_chat_message(self, request: web.Request) -> web.Response:
        """200 means accepted, not displayed."""
        bot = self.bot(request)
        chat = await body_of(request)
        if answer := not_commandable(bot):
            return answer
        if complaint := chat_complaint(chat, bot.order.platform):
            field, _, problem = complaint.partition(": ")
            return web.json_response({field: [problem]}, status=400)
        if self._workspace.faults.hides_chat:
            bot.standing.complain(UNSHOWN)
        else:
            bot.chats.append(str(chat["message"]))
        return web.json_response(bot.described())

    # -- recording ---------------------------------------------------------------------------------------------------

    async def turn_recording(self, request: web.Request) -> web.Response:
        """`verb` is start, stop, pause or resume."""
        bot, verb = self.bot(request), request.match_info["verb"]
        if answer := not_commandable(bot) or not_in_call(bot):
            return answer
        recorder = bot.recorder
        state = recorder.take.code if recorder.take else "done"
        if state not in TURNED_FROM[verb]:
            return refusal(400, "recording_command_failed", f"Cannot {verb} a recording that is {state}.")
        if verb == "stop":
            await recorder.stop()
        else:
            {"start": recorder.ask, "pause": recorder.pause, "resume": recorder.resume}[verb]()
        return web.json_response(bot.described())

    async def request_permission(self, request: web.Request) -> web.Response:
        """The host is asked once more."""
        bot = self.bot(request)
        if answer := not_commandable(bot) or not_in_call(bot):
            return answer
        if bot.recorder.take is None:
            bot.recorder.ask()
        return web.json_response(bot.described())

    async def delete_media(self, request: web.Request) -> web.Response:
        bot = self.bot(request)
        bot.media_deleted = True
        bot.recorder.delete()
        return web.json_response(bot.described())

    def bot(self, request: web.Request) -> Bot:
        return bot_in(self._workspace, request)


def bot_in(workspace: Workspace, request: web.Request) -> Bot:
    if bot := workspace.bots.get(request.match_info["id"]):
        return bot
    raise web.HTTPNotFound(text='{"detail": "Not found."}', content_type="application/json")


async def body_of(request: web.Request) -> dict[str, object]:
    try:
        return msgspec.json.decode(await request.read(), type=dict[str, object])
    except msgspec.DecodeError as error:
        text = '{"detail": "JSON parse error"}'
        raise web.HTTPBadRequest(text=text, content_type="application/json") from error


# -- refusals --------------------------------------------------------------------------------------------------------


def not_commandable(bot: Bot) -> web.Response | None:
    if not bot.status:
        return unstarted()
    if bot.status in OVER:
        return refusal(400, "cannot_command_completed_bot", "Cannot send a command to a bot which has completed.")
    return None


def not_in_call(bot: Bot) -> web.Response | None:
    return None if bot.is_in_call else unstarted()


def not_audible(bot: Bot) -> web.Response | None:
    """Documented as required; the form of the refusal is not."""
    if bot.is_in_call and not bot.takes_clips:
        detail = "output_audio needs automatic_audio_output to be set when the bot is created."
        return refusal(400, "output_audio_not_configured", detail)
    return not_in_call(bot)


def unstarted() -> web.Response:
    detail = "Cannot send a command to a bot which has not been started."
    return refusal(400, "cannot_command_unstarted_bot", detail)
