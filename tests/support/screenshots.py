"""A picture of each state of the console, in screenshots/: `make screenshots`."""

import asyncio
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from browser import Page, browser_page
from console_stage import SCRIPT, ConsoleStage, console_stage
from support import valkey_binary

from shared.meetings import Status
from shared.ports import free_port
from shared.socket_tokens import guest_subject, new_token

FOLDER = Path("screenshots")
DESKTOP, PHONE = (1360, 860), (390, 844)
QUESTION = "Who talks to the platform group?"
ANSWER = "Maya said she will talk to Karen from the platform group right after the call."


async def empty(stage: ConsoleStage) -> str:
    return stage.url


async def history(stage: ConsoleStage) -> str:
    for number, (title, day) in enumerate((("Monday standup", 0), ("Design review", 1), ("Hiring panel", 1), ("", 6))):
        meeting = await stage.standup(6, title=title, ago_ms=day * 86_400_000 + number * 3_600_000 + 60_000)
        if number:
            await meeting.enter(Status.ENDED)
    return stage.url


async def lobby(stage: ConsoleStage) -> str:
    meeting = await stage.meeting()
    await meeting.enter(Status.WAITING_ROOM)
    return stage.page_of(meeting)


async def refused(stage: ConsoleStage) -> str:
    meeting = await stage.meeting(platform="zoom")
    await meeting.enter(Status.FAILED, "meeting_password_incorrect")
    return stage.page_of(meeting)


async def room(stage: ConsoleStage) -> str:
    meeting = await stage.meeting(platform="room")
    await meeting.enter(Status.WAITING_ROOM, "room_empty")
    return stage.page_of(meeting)


async def live(stage: ConsoleStage) -> str:
    await history(stage)
    meeting = await stage.standup(9)
    stage_of[stage.page_of(meeting)] = lambda: meeting.caption("Daniel", "and the search page is almost ready, I only")
    return stage.page_of(meeting)


async def answer(stage: ConsoleStage) -> str:
    await history(stage)
    meeting = await stage.standup(10)
    await meeting.lose(44_000, 46_300, "the bot's connection broke")
    first = await meeting.ask("What is blocking Tom?", by="Elena", via="voice", question_id="q0")
    await meeting.answer(first, "What is blocking Tom?", "He still needs the new certificate for staging.", 3)
    asked = await meeting.ask(QUESTION)
    await meeting.answer(asked, QUESTION, ANSWER, 4)
    await meeting.say(f"{asked}/0", ANSWER)
    await meeting.ask("When is the release?", question_id="q2")
    return stage.page_of(meeting)


async def briefing(stage: ConsoleStage) -> str:
    await history(stage)
    meeting = await stage.standup(len(SCRIPT.segments))
    await meeting.brief()
    await meeting.enter(Status.ENDED, "call_ended_by_host")
    await meeting.complete()
    return stage.page_of(meeting)


async def guest(stage: ConsoleStage) -> str:
    meeting = await stage.meeting(platform="room")
    token = new_token("secret", guest_subject(meeting.id), time.time())
    return f"{stage.url}room/{meeting.id}/{token}/"


async def erased(stage: ConsoleStage) -> str:
    return f"{stage.url}?meeting=m-03-{'0' * 20}"


STATES: dict[str, Callable[[ConsoleStage], Awaitable[str]]] = {
    one.__name__: one for one in (empty, history, lobby, refused, room, guest, live, answer, briefing, erased)
}
stage_of: dict[str, Callable[[], Awaitable[None]]] = {}
"""What is told once the page is open, by its address."""
SHOWN_TAB = {"answer": "#tab-ask", "briefing": "#tab-brief"}


async def take(page: Page, stage: ConsoleStage, name: str, *, is_phone: bool) -> None:
    """Of one state, as it is now."""
    await stage.bus.redis.flushall()
    url = await STATES[name](stage)
    await page.open("about:blank")
    await page.open(url)
    await page.until("document.readyState === 'complete' && document.querySelector('#side, #come-in')")
    if name == "guest":
        return
    await page.until("document.querySelector('#meetings').childElementCount || !document.querySelector('#none').hidden")
    await page.until(
        "document.body.dataset.view === 'home' || document.querySelector('#status').textContent !== 'Calling'"
    )
    if told := stage_of.get(url):
        await told()
    if tab := SHOWN_TAB.get(name):
        await page.press(tab)
    if name == "answer" and not is_phone:
        await page.press("#answers article:nth-child(2) .cite")


async def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        server = subprocess.Popen(  # once, at the start
            [valkey_binary(), "--port", str(port), "--dir", folder, "--save", ""], stdout=subprocess.DEVNULL
        )
        try:
            await until_open(port)
            async with console_stage(f"redis://127.0.0.1:{port}/0") as stage, browser_page() as page:
                await all_pictures(page, stage)
        finally:
            server.terminate()
            server.wait()


async def all_pictures(page: Page, stage: ConsoleStage) -> None:
    for device, size in (("desktop", DESKTOP), ("phone", PHONE)):
        await page.resize(*size, is_phone=device == "phone")
        for scheme in ("light", "dark"):
            await page.prefer(prefers_color_scheme=scheme, prefers_reduced_motion="reduce")
            for name in sys.argv[1:] or STATES:
                await take(page, stage, name, is_phone=device == "phone")
                await asyncio.sleep(0.6)  # until the fonts are there, and the strip beneath was told how the meeting is
                await page.picture(FOLDER / f"{name}-{device}-{scheme}.png")
    print("\n".join(page.complaints) or f"{len(list(FOLDER.glob('*.png')))} pictures in {FOLDER}/")


async def until_open(port: int) -> None:
    while True:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        await asyncio.sleep(0.02)


if __name__ == "__main__":
    asyncio.run(main())
