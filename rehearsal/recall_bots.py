"""A bot of the Recall stand-in: from the request to `done`, with its sockets, its recording and its webhooks."""

import asyncio
import math
import uuid
from datetime import UTC, datetime
from functools import partial

import msgspec

from rehearsal import recall_frames
from rehearsal.recall_frames import Origin, Person, iso
from rehearsal.recall_options import Options
from rehearsal.recall_playout import Playout
from rehearsal.recall_socket import Line, State
from rehearsal.recall_webhooks import Webhooks
from shared.meeting_urls import parse_meeting_url

IN_CALL = frozenset({"in_call_not_recording", "in_call_recording"})
OVER = frozenset({"call_ended", "done", "fatal"})
GOODBYE_S = 3.0
UNANSWERED_WEBHOOKS_S = 2.0


class Endpoint(msgspec.Struct, frozen=True):
    """Where real-time events go."""

    type: str
    url: str
    events: list[str]


class RecordingConfig(msgspec.Struct, frozen=True):
    """What is recorded."""

    realtime_endpoints: list[Endpoint] = []


class Order(msgspec.Struct, frozen=True):
    """The parts of a request for a bot that change what the bot does."""

    meeting_url: str
    join_at: datetime | None = None
    metadata: dict[str, str] | None = None
    recording_config: RecordingConfig | None = None


class Bot:
    """One bot; `live` runs its whole life. It is the Listener of its playout."""

    def __init__(self, body: dict[str, object], options: Options, webhooks: Webhooks, playout: Playout) -> None:
        self.id = str(uuid.uuid4())
        self.body, self.order, self.playout = body, msgspec.convert(body, Order), playout
        self._options, self._webhooks = options, webhooks
        self._over: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._recording_id = str(uuid.uuid4())
        self._started_at = datetime.now(UTC)
        self._line_tasks: list[asyncio.Task[None]] = []
        self.lines: list[tuple[Line, Origin, frozenset[str]]] = []
        """Each endpoint with what it says about itself and the events it asked for."""
        self.status_changes: list[dict[str, str | None]] = []
        self.reached = {code: asyncio.Event() for code in (*IN_CALL, *OVER)}
        self.admitted = asyncio.Event()
        self.chats: list[str] = []
        self.media_deleted = False

    @property
    def status(self) -> str:
        """Empty until it is dispatched."""
        return str(self.status_changes[-1]["code"]) if self.status_changes else ""

    @property
    def metadata(self) -> dict[str, str]:
        return self.order.metadata or {}

    async def live(self) -> None:
        staying = asyncio.create_task(self.stay(), name=f"bot {self.id}")
        try:
            sub_code = await self._over
        finally:
            staying.cancel()
            await asyncio.gather(staying, return_exceptions=True)
        await self.depart(sub_code)

    def end(self, sub_code: str) -> None:
        """The call is over for the bot; the first reason counts."""
        if not self._over.done():
            self._over.set_result(sub_code)

    async def stay(self) -> None:
        """Until somebody ends it."""
        delays = self._options.delays
        await asyncio.sleep(max(self.seconds_to_join(), delays.dispatch_s))
        self.enter("joining_call")
        await asyncio.sleep(delays.join_s)
        await self.wait_in_lobby()
        self.enter("in_call_not_recording")
        if self.order.recording_config is None:
            return
        await asyncio.sleep(delays.consent_s)
        self.begin_recording()
        for line, _, _ in self.lines:
            await line.tried.wait()
        await self.playout.run(self)

    def seconds_to_join(self) -> float:
        if not self.order.join_at:
            return 0.0
        return (self.order.join_at.astimezone(UTC) - datetime.now(UTC)).total_seconds()

    async def wait_in_lobby(self) -> None:
        if not (lobby_s := self._options.delays.lobby_s):
            return
        self.enter("in_waiting_room")
        try:
            async with asyncio.timeout(None if math.isinf(lobby_s) else lobby_s):
                await self.admitted.wait()
        except TimeoutError:
            self.admitted.set()

    def begin_recording(self) -> None:
        self._started_at = datetime.now(UTC)
        self.enter("in_call_recording")
        self._webhooks.emit("recording.processing", self.event_data("processing", recording={"id": self._recording_id}))
        for endpoint in self.endpoints():
            origin = Origin(
                bot_id=self.id,
                recording_id=self._recording_id,
                endpoint_id=str(uuid.uuid4()),
                started_at=self._started_at,
                metadata=self.metadata,
            )
            self.dial(endpoint, origin)

    def endpoints(self) -> list[Endpoint]:
        config = self.order.recording_config or RecordingConfig()
        return [endpoint for endpoint in config.realtime_endpoints if endpoint.type == "websocket"]

    def dial(self, endpoint: Endpoint, origin: Origin) -> None:
        on_state = partial(self.on_endpoint_state, origin.endpoint_id)
        line = Line(endpoint.url, self._options.webhook_secret.reveal(), self._options.delays.redial_s, on_state)
        self.lines.append((line, origin, frozenset(endpoint.events)))
        self._line_tasks.append(asyncio.create_task(line.run(), name=f"line of bot {self.id}"))

    async def depart(self, sub_code: str) -> None:
        if self.status == "":
            return
        for person in self.playout.people:
            self.on_person("leave", person, self.playout.position_ms)
        for line, _, _ in self.lines:
            line.end()
        self.enter("call_ended", sub_code)
        await self.hang_up()
        await asyncio.sleep(self._options.delays.upload_s)
        self.enter("done")
        await self._webhooks.flush(UNANSWERED_WEBHOOKS_S)

    async def hang_up(self) -> None:
        """What is still on its way gets a moment; a receiver that takes nothing does not hold the bot."""
        for task in self._line_tasks:
            await asyncio.wait({task}, timeout=GOODBYE_S)
            task.cancel()
        await asyncio.gather(*self._line_tasks, return_exceptions=True)

    def enter(self, code: str, sub_code: str | None = None) -> None:
        now = iso(datetime.now(UTC))
        self.status_changes.append({"code": code, "message": None, "created_at": now, "sub_code": sub_code})
        if code in self.reached:
            self.reached[code].set()
        self._webhooks.emit(f"bot.{code}", self.event_data(code, sub_code))

    def on_endpoint_state(self, endpoint_id: str, state: State) -> None:
        self._webhooks.emit(f"realtime_endpoint.{state}", self.event_data(state, realtime_endpoint={"id": endpoint_id}))

    def event_data(self, code: str, sub_code: str | None = None, **parts: object) -> dict[str, object]:
        now = datetime.now(UTC).isoformat(timespec="microseconds")
        state = {"code": code, "sub_code": sub_code, "updated_at": now}
        return {"data": state, "bot": {"id": self.id, "metadata": self.metadata}, **parts}

    def on_audio(self, pcm: bytes, source_ms: float) -> None:
        for line, origin, events in self.lines:
            if "audio_mixed_raw.data" in events:
                line.send(recall_frames.audio(origin, pcm, source_ms))

    def on_own_audio(self, person: Person, pcm: bytes, source_ms: float) -> None:
        for line, origin, events in self.lines:
            if "audio_separate_raw.data" in events:
                line.send(recall_frames.separate_audio(origin, person, pcm, source_ms))

    def on_person(self, kind: str, person: Person, source_ms: float, detail: dict[str, str] | None = None) -> None:
        for line, origin, events in self.lines:
            if f"participant_events.{kind}" in events:
                line.send(recall_frames.participant_event(origin, kind, person, source_ms, detail))

    def on_cut(self) -> None:
        for line, _, _ in self.lines:
            line.cut()

    def described(self) -> dict[str, object]:
        """The Bot object of Recall's answers."""
        link = parse_meeting_url(self.order.meeting_url)
        absent = ("output_media", "automatic_video_output", "chat", "variant", "zoom", "google_meet", "breakout_room")
        return {
            "id": self.id,
            "meeting_url": {"meeting_id": link.key.partition(":")[2], "platform": link.platform},
            "bot_name": self.body.get("bot_name", "Meeting Notetaker"),
            "join_at": self.body.get("join_at"),
            "recording_config": self.body.get("recording_config"),
            "status_changes": self.status_changes,
            "recordings": self.recordings(),
            "automatic_audio_output": None,
            "automatic_leave": self.body.get("automatic_leave") or {},
            "calendar_meetings": [],
            "slack_team": None,
            **{name: self.body.get(name) for name in absent},
            "metadata": self.metadata,
        }

    def recordings(self) -> list[dict[str, object]]:
        if not self.reached["in_call_recording"].is_set() or self.media_deleted:
            return []
        code = "done" if self.reached["done"].is_set() else "processing"
        began = iso(self._started_at)
        status = {"code": code, "sub_code": None, "updated_at": str(self.status_changes[-1]["created_at"])}
        return [
            {
                "id": self._recording_id,
                "created_at": began,
                "started_at": began,
                "completed_at": status["updated_at"] if code == "done" else None,
                "expires_at": None,
                "status": status,
                "media_shortcuts": {"video_mixed": None, "transcript": None, "participant_events": None},
                "metadata": {},
            }
        ]
