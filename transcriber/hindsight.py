"""Lines whose speaker turns out to be another: each is corrected once, when that has become firm."""

from collections.abc import Iterable
from dataclasses import dataclass

from shared.events import Line
from transcriber.opinions import Judge
from transcriber.turns import LAG_MS
from transcriber.voices import Voices

KEPT_LINES = 500
LATE_MS = 2000
"""The platform tells this much after the sound, at the most: then a line is settled."""


@dataclass
class Said:
    """A line that may get another speaker."""

    line: Line
    participant_id: str
    is_settled: bool = False
    is_corrected: bool = False


class Hindsight:
    """Keeps lines until they are certain. Voices are learned from settled lines only, lest late facts mislead."""

    def __init__(self, judge: Judge, voices: Voices) -> None:
        self._judge, self._voices = judge, voices
        self._said: dict[str, Said] = {}
        self._due: dict[str, str] = {}
        """Participants by the lines that shall be theirs."""

    def note_line(self, line: Line) -> None:
        self._said[line.id] = said = Said(line, line.participant_id)
        self._review([said])

    def note_correction(self, line_id: str, participant_id: str) -> None:
        self._due.pop(line_id, None)
        if said := self._said.get(line_id):
            said.participant_id, said.is_corrected = participant_id, True

    def note_turn(self, at_ms: int) -> None:
        """A turn began or ended there."""
        self._review(said for said in self._said.values() if said.line.end_ms >= at_ms - LAG_MS)

    def reach(self, source_ms: int) -> None:
        """Facts tell of the meeting up to here."""
        for said in list(self._said.values()):
            if not said.is_settled and said.line.end_ms + LATE_MS <= source_ms:
                self._settle(said)

    def forget(self, before_ms: int) -> None:
        old = [line_id for line_id, said in self._said.items() if said.line.end_ms < before_ms]
        for line_id in old or list(self._said)[:-KEPT_LINES]:
            del self._said[line_id]

    def drop(self, line_ids: Iterable[str]) -> None:
        """Nobody shall be told to have said them."""
        for line_id in line_ids:
            self._said.pop(line_id, None)
            self._due.pop(line_id, None)

    def take_due(self) -> dict[str, str]:
        """Hands out each correction once."""
        due, self._due = self._due, {}
        return due

    def _settle(self, said: Said) -> None:
        said.is_settled = True
        self._review([said])
        line = said.line
        certain = self._judge.opinion(line.start_ms, line.end_ms, line.voice).certain
        if not certain:
            return
        if certain.participant_id == said.participant_id:
            del self._said[line.id]
        if self._voices.learn(line.voice, certain.participant_id, certain.sure_ms):
            self._review(one for one in self._said.values() if one.line.voice == line.voice)

    def _review(self, lines: Iterable[Said]) -> None:
        for said in lines:
            if not said.is_corrected and (participant_id := self._better(said)):
                self._due[said.line.id] = said.participant_id = participant_id
                said.is_corrected = True

    def _better(self, said: Said) -> str:
        """A name that was given is not taken back before the line is settled; who had none gets one at once."""
        line = said.line
        opinion = self._judge.opinion(line.start_ms, line.end_ms, line.voice)
        is_ripe = said.is_settled or (opinion.certain and not said.participant_id)
        is_best = opinion.is_firm or not (said.participant_id or line.voice)
        return opinion.participant_id if is_ripe and is_best and opinion.participant_id != said.participant_id else ""
