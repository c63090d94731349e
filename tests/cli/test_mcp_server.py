"""`chimein mcp` as assistants use it: the official client over stdio, the real command, a real gateway."""

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from clerks import make_meeting, say, until_indexed
from mcp import Client, StdioServerParameters
from processes import system
from support import eventually

from shared.bus import Bus
from shared.clock import SystemClock
from shared.events import (
    CODEC,
    AskQuestion,
    Brief,
    BriefWritten,
    Point,
    QuestionAnswered,
    SayText,
    SentenceComposed,
    WriteBrief,
    effect,
)
from shared.streams import BRAIN, ShardKeys

ROOT = Path(__file__).parents[2]
BRIEF = Brief(
    title="Stand-up",
    summary="s",
    key_points=[],
    decisions=[Point(text="Friday.", cites=[])],
    action_items=[],
    open_questions=[],
    made_by="rules",
)
KEY = "a-key-of-the-mcp-test"
SHARD = 7
pytestmark = pytest.mark.process


@contextlib.asynccontextmanager
async def assistant(url: str, key: str = KEY) -> AsyncIterator[Client]:
    environ = {"CHIMEIN_URL": url, "CHIMEIN_API_KEY": key, "PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"]}
    command = StdioServerParameters(command=sys.executable, args=["-m", "cli.app", "mcp"], env=environ)
    async with Client(command, read_timeout_seconds=30) as client:
        yield client


@contextlib.asynccontextmanager
async def gateway(redis_url: str, logs: Path) -> AsyncIterator[str]:
    with system(redis_url, logs, CHIMEIN_API_KEYS=KEY) as running:
        running.start("gateway")
        url = f"http://127.0.0.1:{running.gateway_port}"

        async def listens() -> bool:
            try:
                async with aiohttp.ClientSession() as session, session.get(f"{url}/health") as answer:
                    return answer.status == 200
            except aiohttp.ClientError:
                return False

        await eventually(listens, within_s=20)
        yield url


async def play_brain(bus: Bus) -> None:
    """Answers every question and says every text of the shard."""
    clock, after = SystemClock(), "0"
    while True:
        found = await bus.redis.xread({ShardKeys(SHARD).commands(BRAIN): after}, block=200)
        for _, entries in found.items() if found else ():
            for entry_id, fields in entries:
                after, command = entry_id, CODEC.decode(fields)
                if isinstance(command, AskQuestion):
                    what = {"question": command.question, "asked_by": command.asked_by, "answer": "On Friday."}
                    fact = effect(QuestionAnswered, command, "answer", clock, cites=[], spoken=False, **what)
                elif isinstance(command, WriteBrief):
                    fact = effect(BriefWritten, command, "brief", clock, brief=BRIEF)
                else:
                    assert isinstance(command, SayText)
                    said = {"n": 0, "text": command.text, "speak": True, "is_last": True}
                    fact = effect(SentenceComposed, command, 0, clock, **said)
                await bus.append(command.meeting_id, fact)


def text_of(result) -> str:
    return "".join(part.text for part in result.content)


async def test_an_assistant_lists_reads_searches_asks_and_speaks(redis_url: str, bus: Bus, tmp_path: Path):
    meeting_id = await make_meeting(bus, shard=SHARD, title="Stand-up")
    await say(bus, meeting_id, "The new release date is Friday.", "Fine.", speaker="Karen Moe")
    async with gateway(redis_url, tmp_path) as url:
        await until_indexed(bus, meeting_id)
        brain = asyncio.create_task(play_brain(bus))
        async with assistant(url) as client:
            named = {tool.name for tool in (await client.list_tools()).tools}
            listed = await client.call_tool("list_meetings", {})
            status = await client.call_tool("meeting_status", {"meeting_id": meeting_id})
            read = await client.call_tool("read_transcript", {"meeting_id": meeting_id, "limit": 1})
            found = await client.call_tool("search_meetings", {"words": "release dat", "speaker": "karen"})
            asked = await client.call_tool("ask_meeting", {"meeting_id": meeting_id, "question": "When?"})
            brief = await client.call_tool("brief_meeting", {"meeting_id": meeting_id, "level": "short"})
            said = await client.call_tool("say_in_meeting", {"meeting_id": meeting_id, "text": "Hello."})
        brain.cancel()
        await asyncio.wait({brain})
    assert named == {
        "list_meetings",
        "meeting_status",
        "read_transcript",
        "search_meetings",
        "ask_meeting",
        "brief_meeting",
        "say_in_meeting",
    }
    assert not any(result.is_error for result in (listed, status, read, found, asked, brief, said))
    assert meeting_id in text_of(listed)
    assert '"listening"' in text_of(status)
    assert text_of(read).startswith("[mixed-1000] 0:01 Karen Moe: The new release date is Friday.\n(1 more lines;")
    assert found.structured_content["hits"][0]["fragment"] == "The new release date is Friday."
    assert asked.structured_content["answer"] == "On Friday."
    assert brief.structured_content["decisions"][0]["text"] == "Friday."
    assert said.structured_content["sentences"] == 1


async def test_refusals_come_in_words_and_no_key_opens_nothing(redis_url: str, bus: Bus, tmp_path: Path):
    async with gateway(redis_url, tmp_path) as url:
        async with assistant(url) as client:
            unknown = await client.call_tool("meeting_status", {"meeting_id": f"m-07-{'0' * 20}"})
            elsewhere = await client.call_tool("meeting_status", {"meeting_id": "../../health"})
            wrong = await client.call_tool("search_meetings", {"words": "?!"})
        async with assistant(url, key="not-a-key-of-it") as client:
            locked = await client.call_tool("list_meetings", {})
    assert all(result.is_error for result in (unknown, elsewhere, wrong, locked))
    assert "there is no such meeting" in text_of(unknown)
    assert "is no id" in text_of(elsewhere)
    assert "send at least one word" in text_of(wrong)
    assert "CHIMEIN_API_KEYS" in text_of(locked)


async def test_without_a_gateway_it_says_what_to_start(tmp_path: Path):
    async with assistant("http://127.0.0.1:9") as client:
        result = await client.call_tool("list_meetings", {})
    assert result.is_error
    assert "chimein up" in text_of(result)


async def test_without_the_package_it_says_how_to_install_it(tmp_path: Path):
    (tmp_path / "mcp.py").write_text("raise ModuleNotFoundError(\"No module named 'mcp'\", name='mcp')\n")
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "cli.app",
        "mcp",
        env={"PYTHONPATH": f"{tmp_path}:{ROOT}", "PATH": os.environ["PATH"]},
        stderr=asyncio.subprocess.PIPE,
        cwd=tmp_path,
    )
    _, errors = await process.communicate()
    assert process.returncode == 1
    assert b"pip install 'chimein[mcp]'" in errors
