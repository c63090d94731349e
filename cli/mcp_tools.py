"""Meetings as tools of an assistant: calls of the gateway's API, with its key and its limits."""

import asyncio
from typing import Annotated, Any, Literal, cast

from mcp.server.mcpserver.exceptions import ToolError
from pydantic import Field

from cli.client import Gateway, GatewayError
from cli.reading import clock_of

MOST_LINES = 500
TRIES, TRY_EVERY_S = 60, 1.0
"""For an answer that takes longer than the gateway waits for it."""
Json = dict[str, object]
MeetingId = Annotated[str, Field(description="Id of a meeting, as list_meetings tells it.")]


class Tools:
    """Each method is a tool; its docstring is what the assistant is told of it."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    async def list_meetings(self, limit: Annotated[int, Field(ge=1, le=100)] = 20) -> Json:
        """The meetings that are kept, newest first, with their status."""
        return await self._get("/meetings", limit=str(limit))

    async def meeting_status(self, meeting_id: MeetingId) -> Json:
        """How a meeting is: its state in words, who is there, how much was heard, what is missing, what it cost."""
        return await self._get(f"/meetings/{plain(meeting_id)}/status")

    async def read_transcript(
        self,
        meeting_id: MeetingId,
        from_minute: Annotated[float, Field(ge=0, description="Only what was said from this minute on.")] = 0.0,
        limit: Annotated[int, Field(ge=1, le=MOST_LINES, description="At most so many lines.")] = 200,
    ) -> str:
        """What was said: a row per line with its id, time, speaker and words."""
        found = await self._get(f"/meetings/{plain(meeting_id)}/transcript")
        lines = cast("list[dict[str, Any]]", found["lines"])
        wanted = [line for line in lines if line["start_ms"] >= from_minute * 60_000]
        rows = [
            f"[{line['id']}] {clock_of(line['start_ms'])} {line['speaker']}: {line['text']}" for line in wanted[:limit]
        ]
        if len(wanted) > limit:
            rows.append(
                f"({len(wanted) - limit} more lines; go on from minute {wanted[limit]['start_ms'] / 60_000:.2f})"
            )
        summary = cast("dict[str, str]", found["coverage"])["summary"]
        return "\n".join([*(rows or ["Nothing was said."]), f"({summary})"])

    async def search_meetings(
        self,
        words: Annotated[str, Field(min_length=1, max_length=200, description="Words that were said in one line.")],
        speaker: Annotated[str, Field(description="Who said it: the name, or a part of it.")] = "",
        since: Annotated[str, Field(description="Said at this time or later, ISO 8601.")] = "",
        until: Annotated[str, Field(description="Said before this time, ISO 8601.")] = "",
        meeting_id: Annotated[str, Field(description="In this meeting only.")] = "",
        order: Literal["newest", "best"] = "best",
        limit: Annotated[int, Field(ge=1, le=50)] = 20,
    ) -> Json:
        """Finds what was said in all meetings, by whom and when; each hit names its meeting and its line."""
        wanted = {"q": words, "speaker": speaker, "from": since, "to": until, "meeting_id": meeting_id, "order": order}
        found = await self._get("/search", limit=str(limit), **{name: text for name, text in wanted.items() if text})
        hits = cast("list[dict[str, Any]]", found["hits"])
        return {"hits": [{**hit, "fragment": "".join(piece["text"] for piece in hit["fragment"])} for hit in hits]}

    async def ask_meeting(
        self,
        meeting_id: MeetingId,
        question: Annotated[str, Field(min_length=1, max_length=2000)],
        aloud: Annotated[bool, Field(description="The bot also says the answer in the meeting.")] = False,
    ) -> Json:
        """Asks a question about one meeting so far; the answer cites the lines that it relies on."""
        body = {"question": question, "speak": aloud, "asked_by": "assistant"}
        answer = await self._post(f"/meetings/{plain(meeting_id)}/ask", body)
        for _ in range(TRIES):
            if answer.get("status") != "pending":
                return answer
            await asyncio.sleep(TRY_EVERY_S)
            answer = await self._get(f"/meetings/{plain(meeting_id)}/requests/{plain(str(answer['request_id']))}")
        raise ToolError("there is no answer yet: ask again later")

    async def brief_meeting(
        self,
        meeting_id: MeetingId,
        since: Annotated[str, Field(description="From here on: h:mm:ss, the id of a line, or joined:NAME.")] = "",
        level: Literal["glance", "short", "full"] = "full",
    ) -> Json:
        """Title, summary, key points, decisions, action items and open questions, each with the lines it relies on."""
        params = {"level": level, **({"since": since} if since else {})}
        return await self._get(f"/meetings/{plain(meeting_id)}/brief", **params)

    async def say_in_meeting(
        self, meeting_id: MeetingId, text: Annotated[str, Field(min_length=1, max_length=2000)]
    ) -> Json:
        """The bot says this text aloud in the meeting: everybody there hears it. Only when the user wants it said."""
        return await self._post(f"/meetings/{plain(meeting_id)}/say", {"text": text})

    async def _get(self, path: str, **params: str) -> Json:
        try:
            return await self._gateway.get(path, **params)
        except GatewayError as error:
            raise ToolError(str(error)) from error

    async def _post(self, path: str, body: Json) -> Json:
        try:
            return await self._gateway.post(path, body)
        except GatewayError as error:
            raise ToolError(str(error)) from error


def plain(name: str) -> str:
    """An id, which goes into a path. Raises ToolError for what would lead elsewhere."""
    if not name or not all(char.isascii() and (char.isalnum() or char in "-_") for char in name):
        raise ToolError(f"{name!r} is no id: list_meetings tells them")
    return name
