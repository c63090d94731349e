"""Asking the meeting, having the bot say something, and making it stop."""

from aiohttp import web

from gateway.answers import EVENT_STREAM, JSON, accepted, respond, wait_of
from gateway.bodies import body_of, meeting_id_of
from gateway.contract import AnswerGiven, AnswerPending, SaidText, SpeechHushed
from gateway.idempotency import CLAIM
from gateway.live import Waiter
from gateway.problems import ProblemError, failed_stage, wrong_field
from gateway.requests import AskRequest, SayRequest
from gateway.resources import BUS, CLOCK, LIVE, SETTINGS
from gateway.sending import absence_of, ensure_kept, send, view_of
from gateway.sse import EventStream
from shared.errors import Category
from shared.events import (
    Asked,
    AskQuestion,
    Event,
    Hushed,
    QuestionAnswered,
    QuestionFailed,
    SayText,
    SentenceComposed,
    effect,
)
from shared.streams import BRAIN
from shared.tracing import new_trace

NOBODY_SAID = "somebody over HTTP"


# -- ask -----------------------------------------------------------------------------------------------------------


async def ask(request: web.Request) -> web.StreamResponse:
    """The answer; or a link to it when it takes longer than the caller waits; or its sentences as they come."""
    wanted = await body_of(request, AskRequest)
    media_type = accepted(request, [JSON, EVENT_STREAM])
    question = question_of(request, wanted)
    after = request[CLAIM].sent_after or await put(request, question)
    wait_s = wait_of(request, request.app[SETTINGS].ask_wait_s)
    with request.app[LIVE].wait(question.meeting_id, question.id, after, wait_s) as waiter:
        if media_type == EVENT_STREAM:
            return await stream_answer(request, waiter)
        outcome = await waiter.first(QuestionAnswered, QuestionFailed)
    if isinstance(outcome, QuestionAnswered):
        return respond(answer_of(outcome))
    if isinstance(outcome, QuestionFailed):
        raise await request[CLAIM].failed(failure_of(outcome))
    return await pending(request, question)


def question_of(request: web.Request, wanted: AskRequest) -> AskQuestion:
    """Raises ProblemError."""
    return AskQuestion(
        id=request[CLAIM].command_id,
        meeting_id=meeting_id_of(request),
        at=request.app[CLOCK].now_ms(),
        trace=new_trace(),
        question=spoken_text("question", wanted.question),
        asked_by=wanted.asked_by.strip(),
        speak=wanted.speak,
    )


def spoken_text(field: str, text: str) -> str:
    """Raises ProblemError."""
    if not (words := " ".join(text.split())):
        raise wrong_field(field, "holds nothing but space", f"send {field} as text")
    return words


async def put(request: web.Request, question: AskQuestion) -> bytes:
    """The question on the timeline and at the brain: both or neither."""
    asked = effect(
        Asked,
        question,
        "asked",
        request.app[CLOCK],
        question=question.question,
        asked_by=question.asked_by or NOBODY_SAID,
        via="api",
        question_id=question.id,
    )
    return await request[CLAIM].mark_sent(await send(request.app[BUS], BRAIN, question, asked))


async def stream_answer(request: web.Request, waiter: Waiter) -> web.StreamResponse:
    """Sentences, then the answer or the failure; `pending` when the wait is over first."""
    stream = EventStream(request, request.app[SETTINGS].send_wait_s)
    await stream.open()
    while event := await waiter.next():
        if isinstance(event, SentenceComposed):
            await stream.send_event(event)
        if isinstance(event, QuestionAnswered | QuestionFailed):
            await stream.send_event(event)
            return stream.response
    await stream.send("pending", b"{}")
    return stream.response


async def pending(request: web.Request, question: AskQuestion) -> web.Response:
    where = f"/meetings/{question.meeting_id}/requests/{question.id}"
    why = await absence_of(request.app[BUS], request.app[CLOCK], BRAIN)
    body = AnswerPending(request_id=question.id, status="pending", detail=f"look at {where} later; {why}")
    return respond(body, status=202, headers={"Location": where, "Retry-After": "2"})


async def show_request(request: web.Request) -> web.Response:
    """A question asked before: its answer, or that it is still being worked on."""
    meeting_id, request_id = meeting_id_of(request), request.match_info["request_id"]
    await ensure_kept(request.app[BUS], meeting_id)
    exchange = (await view_of(request.app[BUS], meeting_id)).exchanges.get(request_id)
    if exchange is None or exchange.asked is None:
        raise ProblemError(404, "unknown-request", "no such question was asked in this meeting")
    if exchange.answered:
        return respond(answer_of(exchange.answered))
    if exchange.failed:
        raise failure_of(exchange.failed)
    body = AnswerPending(request_id=request_id, status="pending", detail="the answer is not there yet")
    return respond(body, status=202, headers={"Location": request.path, "Retry-After": "2"})


def answer_of(event: QuestionAnswered) -> AnswerGiven:
    return AnswerGiven(answer=event.answer, cites=event.cites, spoken=event.spoken, request_id=event.cause_id)


def failure_of(event: QuestionFailed) -> ProblemError:
    return failed_stage("question-failed", event.reason, event.category).about(event.meeting_id, event.cause_id)


# -- say and hush --------------------------------------------------------------------------------------------------


async def say(request: web.Request) -> web.Response:
    """Answers once all of the text is handed to the voice."""
    wanted = await body_of(request, SayRequest)
    claim, settings = request[CLAIM], request.app[SETTINGS]
    command = SayText(
        id=claim.command_id,
        meeting_id=meeting_id_of(request),
        at=request.app[CLOCK].now_ms(),
        trace=new_trace(),
        text=spoken_text("text", wanted.text),
    )
    after = claim.sent_after or await claim.mark_sent(await send(request.app[BUS], BRAIN, command))
    with request.app[LIVE].wait(command.meeting_id, command.id, after, settings.ask_wait_s) as waiter:
        sentences = await sentences_until_last(waiter)
    if not sentences:
        why = await absence_of(request.app[BUS], request.app[CLOCK], BRAIN)
        raise failed_stage("no-reply", f"nothing was said yet: {why}", Category.TIMEOUT).about(command.meeting_id)
    return respond(SaidText(request_id=command.id, sentences=sentences))


async def sentences_until_last(waiter: Waiter) -> int:
    """How many there are; 0 when time is over before the last."""
    numbers = set()
    while isinstance(event := await waiter.first(SentenceComposed), SentenceComposed):
        numbers.add(event.n)
        if event.is_last:
            return len(numbers)
    return 0


async def hush(request: web.Request) -> web.Response:
    meeting_id, claim = meeting_id_of(request), request[CLAIM]
    hushed: Event = Hushed(
        id=claim.command_id, meeting_id=meeting_id, at=request.app[CLOCK].now_ms(), trace=new_trace(), by="api"
    )
    if claim.sent_after is None:
        written = await request.app[BUS].append(meeting_id, hushed)
        await claim.mark_sent(written[0])
    return respond(SpeechHushed(meeting_id=meeting_id))
