"""The names and terms that are likely to be said in a meeting, so that they are written right."""

from collections.abc import Iterable

from aiohttp import web

from gateway.answers import flat, respond
from gateway.bodies import body_of, meeting_id_of
from gateway.contract import VocabularyKept
from gateway.requests import VocabularyRequest
from gateway.resources import BUS, CLOCK
from shared.events import VocabularyChanged, new_id
from shared.tracing import new_trace


async def change_vocabulary(request: web.Request) -> web.Response:
    meeting_id, wanted = meeting_id_of(request), await body_of(request, VocabularyRequest)
    terms = cleaned(wanted.vocabulary)
    changed = VocabularyChanged(
        id=new_id(), meeting_id=meeting_id, at=request.app[CLOCK].now_ms(), trace=new_trace(), vocabulary=terms
    )
    await request.app[BUS].append(meeting_id, changed)
    return respond(VocabularyKept(meeting_id=meeting_id, vocabulary=terms))


def cleaned(terms: Iterable[str]) -> list[str]:
    """Each once, whatever its capitals; without control characters and needless space."""
    found: dict[str, str] = {}
    for term in terms:
        if words := flat(term):
            found.setdefault(words.casefold(), words)
    return list(found.values())
