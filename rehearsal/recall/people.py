"""Who is in a rehearsed meeting, when each one speaks, and the sound of each one alone."""

from collections import deque
from collections.abc import Iterable

import msgspec

from rehearsal.recall.frames import Person
from rehearsal.recall.options import Faults
from rehearsal.recordings import Recording

BYTES_PER_MS = 32


class Cue(msgspec.Struct, frozen=True):
    """Somebody begins to speak, or stops."""

    at_ms: float
    kind: str
    participant_id: int


class Track:
    """One participant's part of a recording: zero samples where only others speak. Asked from front to back."""

    def __init__(self, spans: Iterable[tuple[int, int]]) -> None:
        """Of bytes, in order of time."""
        self._spans = deque(spans)

    def cut(self, pcm: bytes, begin: int, end: int) -> bytes:
        """From byte to byte of the recording; what lies behind its end is silence."""
        while self._spans and self._spans[0][1] <= begin:
            self._spans.popleft()
        sound = bytearray(end - begin)
        for span in self._spans:
            first, last = max(span[0], begin), min(span[1], end, len(pcm))
            if first < last:
                sound[first - begin : last - begin] = pcm[first:last]
        return bytes(sound)

    def is_silent(self, begin: int, end: int) -> bool:
        return not any(first < end and begin < last for first, last in self._spans)


def people_of(recording: Recording | None, faults: Faults) -> list[Person]:
    """Recall numbers participants within the call: 100, 200, … The first one is taken for the host."""
    names = recording.speakers if recording else ()
    return [as_faults_say(Person(id=100 * (n + 1), name=name, is_host=n == 0), faults) for n, name in enumerate(names)]


def as_faults_say(person: Person, faults: Faults) -> Person:
    name = None if person.id in faults.nameless else person.name
    platform = "dial-in" if person.id in faults.phoned_in else person.platform
    return msgspec.structs.replace(person, name=name, platform=platform)


def ids_of(recording: Recording | None) -> dict[str, int]:
    return {name: 100 * (n + 1) for n, name in enumerate(recording.speakers if recording else ())}


def cues_of(recording: Recording | None) -> list[Cue]:
    """In order of time."""
    ids, cues = ids_of(recording), []
    for segment in recording.script.segments if recording else []:
        cues.append(Cue(segment.start * 1000, "speech_on", ids[segment.speaker]))
        cues.append(Cue(segment.end * 1000, "speech_off", ids[segment.speaker]))
    return sorted(cues, key=lambda cue: cue.at_ms)


def tracks_of(recording: Recording | None) -> dict[int, Track]:
    """By participant."""
    return {ids_of(recording)[name]: Track(spans) for name, spans in (spans_of(recording) if recording else {}).items()}


def spans_of(recording: Recording) -> dict[str, list[tuple[int, int]]]:
    """By speaker, in bytes: each segment with half of the pauses around it, so that a script that is short by a
    little loses no sound."""
    segments = sorted(recording.script.segments, key=lambda segment: segment.start)
    spans: dict[str, list[tuple[int, int]]] = {name: [] for name in recording.speakers}
    middles, reached = {}, 0.0
    for segment in segments:
        if segment.start > reached:
            middles[reached] = middles[segment.start] = (reached + segment.start) / 2
        reached = max(reached, segment.end)
    if segments:
        middles[segments[0].start], middles[reached] = 0.0, max(reached, recording.duration_ms / 1000)
    for segment in segments:
        begin, end = (middles.get(moment, moment) for moment in (segment.start, segment.end))
        spans[segment.speaker].append((byte_at(begin), byte_at(end)))
    return spans


def byte_at(seconds: float) -> int:
    """At the boundary of a sample."""
    return round(seconds * 1000 * BYTES_PER_MS / 2) * 2
