"""One person of a meeting: what they said and wrote is erased at their wish."""

from aiohttp import web

from gateway.answers import respond
from gateway.auditing import who_of
from gateway.bodies import meeting_id_of
from gateway.problems import ProblemError, failed_stage
from gateway.receipts import WordsReceipt
from gateway.replies import reply_to
from gateway.resources import BUS, CLOCK, SETTINGS
from gateway.sending import absence_of, send, view_of
from gateway.vendors import vendor_erasure
from shared.errors import Category
from shared.events import EraseWords, WordsErased, new_id
from shared.streams import INGEST
from shared.tracing import new_trace
from shared.view import MeetingView


async def erase_words(request: web.Request) -> web.Response:
    """A receipt; who asks again gets one of what has come since."""
    meeting_id, bus = meeting_id_of(request), request.app[BUS]
    participant_id = request.match_info["participant_id"]
    if not was_there(participant_id, await view_of(bus, meeting_id)):
        raise ProblemError(
            404,
            "unknown-participant",
            "nobody of that id was in the meeting: see participant_id in the transcript",
        )
    command = EraseWords(
        id=new_id(),
        meeting_id=meeting_id,
        at=request.app[CLOCK].now_ms(),
        trace=new_trace(),
        participant_id=participant_id,
        by=who_of(request).name,
    )
    after = await send(bus, INGEST, command)
    reply = await reply_to(request, command, after, request.app[SETTINGS].erase_wait_s)
    if not isinstance(reply, WordsErased):
        reason = await absence_of(bus, request.app[CLOCK], INGEST)
        raise failed_stage("no-reply", f"the words are not erased yet: {reason}", Category.TIMEOUT).about(meeting_id)
    return respond(receipt_from(reply))


def was_there(participant_id: str, view: MeetingView) -> bool:
    return participant_id in view.participants_ever or any(line.participant_id == participant_id for line in view.lines)


def receipt_from(event: WordsErased) -> WordsReceipt:
    return WordsReceipt(
        meeting_id=event.meeting_id,
        participant_id=event.participant_id,
        lines=sorted(event.line_ids),
        stores=event.stores,
        vendors=[vendor_erasure(name, state) for name, state in event.vendors.items()],
        erased_at=event.at,
    )
