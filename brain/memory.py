"""What the brain remembers of meetings: views that are brought up to date whenever they are asked for."""

from collections import OrderedDict

from shared.bus import Bus, decoded
from shared.view import MeetingView

KEPT = 200
"""Meetings in memory; any other is read again from its timeline."""


class Memory:
    """Nothing here is lost with the process: a view is only what its timeline says."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._views: OrderedDict[str, tuple[MeetingView, bytes]] = OrderedDict()
        self._connects = bus.connects.count

    async def view(self, meeting_id: str) -> MeetingView:
        """The meeting up to this moment. After a new connection, as Redis knows it: it may have forgotten something."""
        if self._connects != self._bus.connects.count:
            self._connects = self._bus.connects.count
            self._views.clear()
        view, last = self._views.pop(meeting_id, (MeetingView(), b"-"))
        for entry in await self._bus.timeline(meeting_id, after=last):
            if fact := decoded(entry):
                view.apply(fact)
            last = entry.id
        self._views[meeting_id] = (view, last)
        if len(self._views) > KEPT:
            self._views.popitem(last=False)
        return view
