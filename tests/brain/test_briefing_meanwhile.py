"""A briefing that is being written while somebody's words are erased."""

from evaluation import FixedMemory

from brain.adapters.scripted import ScriptedAnswerer, ScriptedBriefer
from brain.handlers import Brain, on_write_brief
from brain.ports import BriefRequest
from shared.clock import ManualClock
from shared.erased import ERASED
from shared.events import Brief, BriefWritten, Line, LineHeard, Usage, WordsErased, WriteBrief
from shared.view import MeetingView

ABOUT = {"meeting_id": "m", "at": 1}


class InterruptedBriefer(ScriptedBriefer):
    """Words are erased while it writes the first time."""

    def __init__(self, view: MeetingView) -> None:
        super().__init__()
        self._view = view

    async def brief(self, request: BriefRequest) -> tuple[Brief, Usage]:
        gone = WordsErased(**ABOUT, id="w", participant_id="7", until_ms=900, line_ids=frozenset({"l1"}))
        self._view.apply(gone)
        return await super().brief(request)


async def test_it_is_written_anew_of_what_is_left() -> None:
    view = MeetingView()
    said = Line(id="l1", track="mixed", speaker="Maya", participant_id="7", start_ms=0, end_ms=900, text="A secret.")
    view.apply(LineHeard(**ABOUT, id="h1", line=said))
    briefer = InterruptedBriefer(view)
    brain = Brain(
        bus=None, memory=FixedMemory(view), answerer=ScriptedAnswerer(), briefer=briefer, clock=ManualClock(5)
    )
    (written,) = [fact async for fact in on_write_brief(WriteBrief(**ABOUT, id="b"), brain)]
    assert isinstance(written, BriefWritten)
    assert [[line.text for line in request.lines] for request in briefer.requests] == [["A secret."], [ERASED]]
