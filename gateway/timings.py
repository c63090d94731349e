"""How long each answer took, stage by stage."""

from aiohttp import web

from gateway.answers import respond
from gateway.bodies import meeting_id_of
from gateway.contract import AnswerTimings, MeetingTimings
from gateway.resources import BUS
from gateway.sending import ensure_kept, pages
from shared.bus import decoded
from shared.stages import StageBook, Stages
from shared.streams import MeetingKeys


async def show_timings(request: web.Request) -> web.Response:
    meeting_id, bus = meeting_id_of(request), request.app[BUS]
    await ensure_kept(bus, meeting_id)
    book, answers = StageBook(), []
    async for entry in pages(bus.redis, MeetingKeys(meeting_id).timeline):
        if (fact := decoded(entry)) and (stages := book.note(fact)):
            answers.append(timings_of(stages))
    return respond(MeetingTimings(meeting_id=meeting_id, answers=answers))


def timings_of(stages: Stages) -> AnswerTimings:
    return AnswerTimings(
        request_id=stages.question_id,
        via=stages.via,
        last_word_at=stages.last_word_at,
        final_text_at=stages.final_at,
        addressed_at=stages.asked_at,
        model_asked_at=stages.model_asked_at,
        first_token_at=stages.first_token_at,
        first_sentence_at=stages.text_at,
        voice_asked_at=stages.voice_asked_at,
        first_speech_at=stages.first_audio_at,
        turn_at=stages.turn_at,
        handed_at=stages.handed_at,
        whole_ms=stages.whole_ms,
        own_ms=stages.own_ms,
        vendor_ms=stages.vendor_ms,
        waited_ms=stages.waited_ms,
    )
