"""What a bot records and passes on in real time; it begins, pauses and ends as it is told."""

import asyncio
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime

from rehearsal.recall import frames
from rehearsal.recall.echo import Echo
from rehearsal.recall.endpoints import Endpoint
from rehearsal.recall.frames import MIXED, SEPARATE, Origin, Person
from rehearsal.recall.incidents import ClockJumps, Cut, Ends, Enters, Gap, Incident, Strays, Unheard
from rehearsal.recall.order import RecordingConfig
from rehearsal.recall.platform import Platform
from rehearsal.recall.playout import Playout
from rehearsal.recall.socket import State
from rehearsal.recall.standing import Standing
from rehearsal.recall.takes import Take

UNREACHED = {"code": "endpoint_unreachable", "message": "The endpoint could not be reached."}


class Recorder:
    """The Listener of its playout. Real-time data flow only while it records."""

    def __init__(self, standing: Standing, playout: Playout, platform: Platform) -> None:
        self._standing, self._playout, self._platform = standing, playout, platform
        self._echo = Echo(platform.heard, standing.bot_id)
        self._began_at = datetime.now(UTC)
        """The moment of source time 0."""
        self._silent_until_ms = 0.0
        self.takes: list[Take] = []
        self.endpoints: list[Endpoint] = []
        """Of all takes; those of the present one come last."""
        self._current: list[Endpoint] = []
        self.begun = asyncio.Event()

    @property
    def config(self) -> RecordingConfig:
        return self._standing.request.order.recording_config or RecordingConfig()

    @property
    def take(self) -> Take | None:
        """The one that is not done yet."""
        return self.takes[-1] if self.takes and self.takes[-1].code != "done" else None

    # -- commands ----------------------------------------------------------------------------------------------------

    def ask(self) -> None:
        """The host says whether it may be recorded."""
        if denied := self._platform.faults.recording_denied:
            self._standing.enter("recording_permission_denied", denied)
            return
        if self._platform.options.asks_permission:
            self._standing.enter("recording_permission_allowed")
        self.start()

    def start(self) -> None:
        """Every recording has an id, a clock and sockets of its own."""
        if not self.takes:
            self._began_at = datetime.now(UTC)
        take = Take()
        self.takes.append(take)
        self._standing.enter("in_call_recording")
        self.tell(take, "processing")
        self._current = [
            Endpoint(order, self.origin(take), self._platform, self.on_endpoint)
            for order in self.config.realtime_endpoints
            if order.type == "websocket"
        ]
        self.endpoints += self._current
        self.begun.set()

    def pause(self) -> None:
        self.turn("paused", "in_call_not_recording")

    def resume(self) -> None:
        self.turn("processing", "in_call_recording")

    def turn(self, code: str, state: str) -> None:
        if take := self.take:
            take.turn(code)
            self._standing.enter(state)
            self._standing.tell("recording", code, recording=take.part)

    async def stop(self) -> None:
        """Its sockets end with a recording."""
        self._standing.enter("in_call_not_recording")
        self.finish()
        await self.hang_up()

    async def hang_up(self) -> None:
        await asyncio.gather(*(endpoint.hang_up() for endpoint in self.endpoints))

    def finish(self) -> None:
        if take := self.take:
            take.turn("done")
            self.tell(take, "done")

    def delete(self) -> None:
        for take in self.takes:
            self.tell(take, "deleted")

    # -- what it tells -----------------------------------------------------------------------------------------------

    def tell(self, take: Take, code: str) -> None:
        """Of the recording and of what it consists of."""
        self._standing.tell("recording", code, recording=take.part)
        for artifact in self.config.artifacts:
            part = {"id": f"{artifact}-{take.id}", "metadata": {}}
            self._standing.tell(artifact, code, recording=take.part, **{artifact: part})

    def origin(self, take: Take) -> Origin:
        return Origin(
            bot_id=self._standing.bot_id,
            recording_id=take.id,
            endpoint_id=str(uuid.uuid4()),
            started_at=self._began_at,
            metadata=self._standing.request.order.metadata or {},
            relative_ms=-self._playout.position_ms,
        )

    def on_endpoint(self, endpoint: Endpoint) -> None:
        error = {"error": UNREACHED} if endpoint.code == State.FAILED else {}
        origin = endpoint.origin
        self._standing.tell(
            "realtime_endpoint",
            endpoint.code,
            realtime_endpoint={"id": origin.endpoint_id, "metadata": {}},
            recording={"id": origin.recording_id, "metadata": {}},
            **error,
        )

    # -- the meeting -------------------------------------------------------------------------------------------------

    def listening(self, event: str, source_ms: float) -> Iterator[Endpoint]:
        """Endpoints that are to be told of it now."""
        take = self.take
        if take is None or take.code == "paused" or not self.config.allows(event):
            return
        for endpoint in self._current:
            if event in endpoint.order.events:
                endpoint.notice_reconnect(source_ms)
                yield endpoint

    def on_audio(self, pcm: bytes, source_ms: float) -> None:
        pcm = self._echo.added_to(pcm) if self.config.includes_bot else pcm
        if source_ms < self._silent_until_ms:
            return
        for endpoint in self.listening(MIXED, source_ms):
            endpoint.say(frames.audio(endpoint.origin, pcm, source_ms), source_ms)

    def on_own_audio(self, person: Person, pcm: bytes, source_ms: float) -> None:
        if source_ms < self._silent_until_ms:
            return
        for endpoint in self.listening(SEPARATE, source_ms):
            endpoint.say(frames.separate_audio(endpoint.origin, person, pcm, source_ms), source_ms)

    def on_person(self, kind: str, person: Person, source_ms: float, detail: dict[str, str] | None = None) -> None:
        for endpoint in self.listening(f"participant_events.{kind}", source_ms):
            message = frames.participant_event(endpoint.origin, kind, person, source_ms, detail)
            endpoint.say(message, source_ms)
        if kind == "leave" and not self._playout.people:
            leave = self._standing.automatic_leave
            self._standing.wait("people", leave.everyone_left_s, "timeout_exceeded_everyone_left")
        elif kind == "join":
            self._standing.wait("people", None, "")

    # -- incidents ---------------------------------------------------------------------------------------------------

    def on_incident(self, incident: Incident) -> None:
        match incident:
            case Ends():
                self._standing.end(incident.sub_code, incident.code)
            case Enters():
                self._standing.enter(incident.code, incident.sub_code)
            case Cut():
                self.cut(incident)
            case Gap():
                self._silent_until_ms = incident.at_ms + incident.lasts_ms
            case ClockJumps():
                for endpoint in self._current:
                    endpoint.set_clock(incident.relative_ms, incident.absolute_ms)
            case Strays() | Unheard():
                self.stray(incident)

    def cut(self, incident: Cut) -> None:
        for number, endpoint in enumerate(self._current, 1):
            if incident.endpoint in {0, number}:
                endpoint.line.cut(incident.failing_dials)

    def stray(self, incident: Strays | Unheard) -> None:
        """Asked for or not."""
        for endpoint in self._current:
            if isinstance(incident, Strays):
                endpoint.line.send(incident.message)
            else:
                inner = {"timestamp": frames.timestamp(endpoint.origin, incident.at_ms), "tomorrow": [1]}
                endpoint.line.send(frames.envelope(endpoint.origin, incident.event, "tomorrow", inner))
