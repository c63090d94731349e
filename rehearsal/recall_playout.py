"""A recording played out in time: who comes, who speaks, and the sound, frame by frame."""

import asyncio
import math
import random
import time
from typing import Protocol

from rehearsal.recall_frames import Person
from rehearsal.recall_options import Faults, Options
from rehearsal.recordings import Recording

BYTES_PER_MS = 32


class Listener(Protocol):
    """Who is told what happens in the meeting."""

    def on_audio(self, pcm: bytes, source_ms: float) -> None: ...
    def on_own_audio(self, person: Person, pcm: bytes, source_ms: float) -> None: ...
    def on_person(self, kind: str, person: Person, source_ms: float) -> None: ...
    def on_cut(self) -> None: ...


class Playout:
    """Plays once. Without a recording the meeting is silent."""

    def __init__(self, recording: Recording | None, speed: float, options: Options, faults: Faults) -> None:
        self._pcm = recording.pcm if recording else b""
        self._speed, self._options, self._faults = speed, options, faults
        self._sent_at: list[float] = []
        self._random = random.Random(faults.seed)  # noqa: S311  # a fault that replays from its seed
        self.people = people_of(recording)
        self.cues = cues_of(recording, self.people)
        self._own = own_sounds_of(recording, self.people)
        self.duration_ms = len(self._pcm) / BYTES_PER_MS
        self.finished = asyncio.Event()
        """All of the recording was sent."""

    async def run(self, listener: Listener) -> None:
        """A frame leaves when its last sample is over, as from a real bot."""
        for person in self.people:
            listener.on_person("join", person, 0)
        loop = asyncio.get_running_loop()
        due = loop.time()
        while self.position_ms < self.duration_ms + self._options.tail_s * 1000:
            due += self._options.frame_ms / 1000 / self.speed()
            await asyncio.sleep(max(0.0, due - loop.time() + self.lateness_s()))
            self.step(listener)

    def speed(self) -> float:
        """The silence after a recording is not hurried through: people then wait for answers in their own time."""
        return min(1.0, self._speed) if self.finished.is_set() else self._speed

    def lateness_s(self) -> float:
        return self._random.uniform(0, self._faults.jitter_ms) / 1000

    def step(self, listener: Listener) -> None:
        """Sends one frame and what happens while it lasts."""
        index, end_ms = len(self._sent_at), self.position_ms + self._options.frame_ms
        while self.cues and self.cues[0][0] < end_ms:
            at_ms, kind, person = self.cues.pop(0)
            listener.on_person(kind, person, at_ms)
        while self._faults.cut_at_ms and self._faults.cut_at_ms[0] < end_ms:
            self._faults.cut_at_ms.pop(0)
            listener.on_cut()
        begin, end = self.edge(index), self.edge(index + 1)
        frame = self._pcm[begin:end].ljust(end - begin, b"\0")
        every = self._faults.duplicate_every
        for _ in range(2 if every and index % every == every - 1 else 1):
            listener.on_audio(frame, begin / BYTES_PER_MS)
            for person, pcm in self._own:
                own = pcm[begin:end].ljust(end - begin, b"\0")
                listener.on_own_audio(person, own, begin / BYTES_PER_MS)
        self._sent_at.append(time.time() * 1000)
        if end_ms >= self.duration_ms:
            self.finished.set()

    def edge(self, index: int) -> int:
        """Where frame `index` begins, in bytes."""
        return index * self._options.frame_ms * BYTES_PER_MS + (index % 2 if self._faults.odd_sizes else 0)

    @property
    def position_ms(self) -> float:
        """Source time up to which everything was sent."""
        return len(self._sent_at) * self._options.frame_ms

    def sent_at(self, source_ms: float) -> float | None:
        """When that moment of the meeting was sent, in Unix ms; None while it was not."""
        index = math.floor(source_ms / self._options.frame_ms)
        return self._sent_at[index] if 0 <= index < len(self._sent_at) else None


def people_of(recording: Recording | None) -> list[Person]:
    """Recall numbers participants within the call: 100, 200, … The first one is taken for the host."""
    names = recording.speakers if recording else ()
    return [Person(id=100 * (n + 1), name=name, is_host=n == 0) for n, name in enumerate(names)]


def own_sounds_of(recording: Recording | None, people: list[Person]) -> list[tuple[Person, bytes]]:
    """Each person's track: what they say where the script has them speak, and zeros where they are silent.

    The recording is cut in the middle of each pause, so that no sound is lost where the script is short by a little.
    """
    if recording is None:
        return []
    tracks = {person.name: bytearray(len(recording.pcm)) for person in people}
    segments = sorted(recording.script.segments, key=lambda segment: segment.start)
    begin = 0
    for n, segment in enumerate(segments):
        following = segments[n + 1].start if n + 1 < len(segments) else math.inf
        middle_s = (segment.end + max(segment.end, following)) / 2
        end = len(recording.pcm) if math.isinf(middle_s) else round(middle_s * 1000) * BYTES_PER_MS
        tracks[segment.speaker][begin:end] = recording.pcm[begin:end]
        begin = end
    return [(person, bytes(tracks[person.name])) for person in people]


def cues_of(recording: Recording | None, people: list[Person]) -> list[tuple[float, str, Person]]:
    """Who begins and stops to speak, in order of time."""
    by_name = {person.name: person for person in people}
    cues = []
    for segment in recording.script.segments if recording else []:
        cues.append((segment.start * 1000, "speech_on", by_name[segment.speaker]))
        cues.append((segment.end * 1000, "speech_off", by_name[segment.speaker]))
    return sorted(cues, key=lambda cue: cue[0])
