"""A recording played out in time: who comes, who speaks, and the sound, frame by frame."""

import asyncio
import random
import time
from bisect import bisect_right
from collections import deque
from itertools import chain
from typing import Protocol

import msgspec

from rehearsal.recall.frames import Person
from rehearsal.recall.incidents import Chats, Cut, Incident, Joins, Leaves, Renames
from rehearsal.recall.options import Faults, Options
from rehearsal.recall.people import BYTES_PER_MS, cues_of, people_of, tracks_of
from rehearsal.recordings import Recording


class Listener(Protocol):
    """Who is told what happens in the meeting."""

    def on_audio(self, pcm: bytes, source_ms: float) -> None: ...
    def on_own_audio(self, person: Person, pcm: bytes, source_ms: float) -> None: ...
    def on_person(self, kind: str, person: Person, source_ms: float, detail: dict[str, str] | None = None) -> None: ...
    def on_incident(self, incident: Incident) -> None:
        """One that is not about people."""


class Playout:
    """Plays once. Without a recording the meeting is silent."""

    def __init__(self, recording: Recording | None, speed: float, options: Options, faults: Faults) -> None:
        self._pcm = recording.pcm if recording else b""
        self._speed, self._options, self._faults = speed, options, faults
        self._random = random.Random(faults.seed)  # noqa: S311  # a fault that replays from its seed
        self._ends_ms: list[float] = []
        """Of each frame, in source time."""
        self._sent_at: list[float] = []
        self._edge = 0
        """Bytes that were sent."""
        self._past: list[Incident] = []
        self._cues, self._tracks = deque(cues_of(recording)), tracks_of(recording)
        self._present = {person.id: person for person in people_of(recording, faults)}
        self.duration_ms = len(self._pcm) / BYTES_PER_MS
        self.finished = asyncio.Event()
        """All of the recording was sent."""

    @property
    def people(self) -> list[Person]:
        """Who is there, under their present names."""
        return list(self._present.values())

    @property
    def is_empty(self) -> bool:
        """Nobody is there. In a recording without a script nobody is named, and yet somebody speaks."""
        return not self._present and not self._pcm

    @property
    def position_ms(self) -> float:
        """Source time up to which everything was sent."""
        return self._ends_ms[-1] if self._ends_ms else 0.0

    def sent_at(self, source_ms: float) -> float | None:
        """When that moment of the meeting was sent, in Unix ms; None while it was not."""
        return self._sent_at[bisect_right(self._ends_ms, source_ms)] if 0 <= source_ms < self.position_ms else None

    # -- time --------------------------------------------------------------------------------------------------------

    async def run(self, listener: Listener) -> None:
        """A frame leaves when its last sample is over, as from a real bot."""
        for person in self.people:
            listener.on_person("join", person, 0.0 - self._faults.joined_before_ms)
        loop = asyncio.get_running_loop()
        due = loop.time()
        while self.position_ms < self.duration_ms + self._options.tail_s * 1000:
            length_ms = self._options.frame_ms + self._random.randint(0, self._faults.uneven_ms)
            due += length_ms / 1000 / self.speed()
            await asyncio.sleep(max(0.0, due - loop.time() + self.lateness_s()))
            self.step(self.position_ms + length_ms, listener)

    def speed(self) -> float:
        """The silence after a recording is not hurried through: people then wait for answers in their own time."""
        return min(1.0, self._speed) if self.finished.is_set() else self._speed

    def lateness_s(self) -> float:
        return self._random.uniform(0, self._faults.jitter_ms) / 1000

    def step(self, end_ms: float, listener: Listener) -> None:
        """Sends one frame and what happens while it lasts."""
        while self._cues and self._cues[0].at_ms < end_ms:
            cue = self._cues.popleft()
            if person := self._present.get(cue.participant_id):
                listener.on_person(cue.kind, person, cue.at_ms)
        for incident in self.due(end_ms):
            self.strike(incident, listener)
        self.sound(end_ms, listener)
        self._ends_ms.append(end_ms)
        self._sent_at.append(time.time() * 1000)
        if end_ms >= self.duration_ms:
            self.finished.set()

    # -- sound -------------------------------------------------------------------------------------------------------

    def sound(self, end_ms: float, listener: Listener) -> None:
        index, begin = len(self._ends_ms), self._edge
        end = round(end_ms) * BYTES_PER_MS + (self._faults.odd_sizes and index % 2 == 0)
        self._edge, source_ms = end, begin // 2 * 2 / BYTES_PER_MS
        every = self._faults.duplicate_every
        for _ in range(2 if every and index % every == every - 1 else 1):
            listener.on_audio(self._pcm[begin:end].ljust(end - begin, b"\0"), source_ms)
            for person in self.people:
                track = self._tracks.get(person.id)
                if track and not (self._options.mutes_silent and track.is_silent(begin, end)):
                    listener.on_own_audio(person, track.cut(self._pcm, begin, end), source_ms)

    # -- incidents ---------------------------------------------------------------------------------------------------

    def due(self, end_ms: float) -> list[Incident]:
        """Other bots of the workspace meet with the same."""
        planned = chain(self._faults.incidents, (Cut(at_ms=at_ms) for at_ms in self._faults.cut_at_ms))
        due = [incident for incident in planned if incident.at_ms < end_ms and incident not in self._past]
        self._past += due
        return sorted(due, key=lambda incident: incident.at_ms)

    def strike(self, incident: Incident, listener: Listener) -> None:
        match incident:
            case Joins():
                self._present[incident.person.id] = incident.person
                listener.on_person("join", incident.person, incident.at_ms)
            case Leaves():
                if person := self._present.pop(incident.participant_id, None):
                    listener.on_person("leave", person, incident.at_ms)
            case Renames():
                if person := self._present.get(incident.participant_id):
                    self._present[person.id] = msgspec.structs.replace(person, name=incident.name)
                    listener.on_person("update", self._present[person.id], incident.at_ms)
            case Chats():
                if person := self._present.get(incident.participant_id):
                    detail = {"text": incident.text, "to": incident.to}
                    listener.on_person("chat_message", person, incident.at_ms, detail)
            case _:
                listener.on_incident(incident)
