"""No line is written before people were told, or before it is on record that they could not be."""

from shared.events import ConsentAnnounced
from shared.meetings import write_of
from shared.sessions import OwnedMeeting
from shared.waiting import first_of
from transcriber.situation import Situation

PATIENCE_S = 30.0
"""The sound waits in Redis meanwhile."""
NOBODY = "no speaker was there to say it"


async def announced(meeting: OwnedMeeting, situation: Situation) -> None:
    """Returns when the announcement is on the timeline, or another worker goes on."""
    if situation.announced.is_set():
        return
    name = f"announcement in {meeting.id}"
    meeting.health.worry(name, "people have not been told yet that it listens: is a speaker running?")
    try:
        waits = (situation.announced.wait(), situation.audio_ended.wait(), meeting.leaving.wait())
        await first_of(*waits, meeting.clock.sleep(PATIENCE_S))
    finally:
        meeting.health.calm(name)
    if situation.announced.is_set() or meeting.leaving.is_set():
        return
    missed = ConsentAnnounced(
        id=f"{meeting.id}/unannounced",
        meeting_id=meeting.id,
        at=meeting.clock.now_ms(),
        via="none",
        text="",
        problem=NOBODY,
    )
    await meeting.write(write_of(missed))
    situation.announced.set()
