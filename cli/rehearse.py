"""`chimein rehearse`: a recording plays the meeting; questions are asked and answered aloud; figures are taken."""

import asyncio
import contextlib
import signal
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec
from rich.console import Console
from rich.markup import escape

from cli.client import GatewayError
from cli.rehearsal_report import Report, failures_of, write_files
from cli.screen import Screen
from cli.stage import Setting, Stage, stage
from cli.witness import Witness
from rehearsal.recordings import Recording, load
from shared.events import Brief

MEETING_URL = "https://meet.google.com/reh-ears-als"
FIRST_QUESTION_AT = 0.6
LAST_QUESTION_AT = 0.9
SETTLE_S = 30.0
"""How long after the recording its last words and answers may take."""


class Rehearsal(msgspec.Struct, frozen=True, kw_only=True):
    """What to play and what to ask."""

    file: Path
    questions: tuple[str, ...]
    speed: float = 1.0
    out: Path = Path("rehearsal-output")
    barge_in: bool = False
    """People in a recording do not wait for the answer; with this they cut it short."""
    setting: Setting = Setting()


async def rehearse(plan: Rehearsal, environ: Mapping[str, str], console: Console) -> int:
    """Returns 0, or 1 when something of it failed. SIGTERM ends it as Ctrl-C does, with all that it started."""
    task = asyncio.current_task()
    assert task
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    recording = await asyncio.to_thread(load, plan.file)
    began = time.monotonic()
    console.print("Starting the system …", style="dim")
    async with stage(environ, plan.setting, recording) as ready:
        performance = Performance(plan, recording, ready, Screen(console, recording))
        try:
            await performance.play()
        finally:
            for death in ready.deaths():
                console.print(f"[red]died:[/red] {escape(death)}", highlight=False)
        report = performance.report(time.monotonic() - began)
        await asyncio.to_thread(write_files, plan.out, report, ready.recall)
    failures = failures_of(report, plan.out)
    report.show(console, plan.out)
    for failure in failures:
        console.print(f"[red]failed:[/red] {escape(failure)}", highlight=False)
    return 1 if failures else 0


class Performance:
    """One recording, played once."""

    def __init__(self, plan: Rehearsal, recording: Recording, ready: Stage, screen: Screen) -> None:
        self._plan, self._recording, self._screen = plan, recording, screen
        self._gateway, self._recall = ready.gateway, ready.recall
        self._witness = Witness()
        self._changed = asyncio.Event()
        self._meeting_id = ""
        self._subtitles = b""
        self._brief: Brief | None = None

    async def play(self) -> None:
        self._recall.play(self._recording, self._plan.speed)
        body = {"meeting_url": MEETING_URL, "force": True, "barge_in": self._plan.barge_in}
        joined = await self._gateway.post("/meetings/join", body)
        self._meeting_id = str(joined["meeting_id"])
        watching = asyncio.create_task(self._watch(), name="watch")
        try:
            with self._screen:
                async with asyncio.TaskGroup() as tasks:
                    moving = tasks.create_task(self._move(), name="progress")
                    tasks.create_task(self._ask_all(), name="questions")
                    await self._recall.finished()
                    moving.cancel()
                await self._until(self._is_all_heard, SETTLE_S)
                await self._gateway.post(f"/meetings/{self._meeting_id}/leave")
                await self._until(self._is_complete, SETTLE_S)
            await self._collect()
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)

    def report(self, wall_s: float) -> Report:
        return Report(
            meeting_id=self._meeting_id,
            recording=self._recording,
            speed=self._plan.speed,
            witness=self._witness,
            sent_at=self._recall.sent_at,
            subtitles=self._subtitles,
            brief=self._brief,
            wall_s=wall_s,
        )

    async def _watch(self) -> None:
        async for event in self._gateway.events(self._meeting_id):
            self._witness.note(event)
            self._screen.show(event)
            self._changed.set()

    async def _move(self) -> None:
        """The bar follows what was sent."""
        for ms in range(0, self._recording.duration_ms, 250):
            await self._sent(ms)
            self._screen.move(ms)

    async def _ask_all(self) -> None:
        questions = self._plan.questions
        for n, question in enumerate(questions):
            share = FIRST_QUESTION_AT + (LAST_QUESTION_AT - FIRST_QUESTION_AT) * n / len(questions)
            await self._sent(share * self._recording.duration_ms)
            self._witness.asked_at_ms[question] = time.time() * 1000
            body = {"question": question, "asked_by": "HTTP"}
            with contextlib.suppress(GatewayError):  # the failure is on the timeline, and in the report
                await self._gateway.post(f"/meetings/{self._meeting_id}/ask", body)

    async def _sent(self, source_ms: float) -> None:
        while self._recall.sent_at(source_ms) is None:  # noqa: ASYNC110  # the moment is a clock's, not an event's
            await asyncio.sleep(0.05)

    async def _until(self, is_true: Callable[[], bool], within_s: float) -> None:
        """Gives up quietly: what is missing is told by the report."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                while not is_true():
                    self._changed.clear()
                    await self._changed.wait()

    def _is_all_heard(self) -> bool:
        """The last line that was spoken is there, and every question and sentence has its outcome."""
        segments = self._recording.script.segments
        last_ms = segments[-1].end * 1000 if segments else self._recording.duration_ms
        lines = self._witness.lines
        is_heard = bool(lines) and lines[-1].end_ms >= last_ms - 1500
        return is_heard and self._witness.is_everything_said

    def _is_complete(self) -> bool:
        return self._witness.completed is not None

    async def _collect(self) -> None:
        path = f"/meetings/{self._meeting_id}"
        self._subtitles = await self._gateway.call("GET", f"{path}/transcript.vtt")
        with contextlib.suppress(GatewayError):  # a missing briefing is a failure of the report
            self._brief = msgspec.json.decode(await self._gateway.call("GET", f"{path}/brief"), type=Brief)
