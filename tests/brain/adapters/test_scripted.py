import pytest
from transcripts import meeting

from brain.adapters.scripted import PIECES, ScriptedAnswerer, ScriptedBriefer
from brain.ports import AnswerRequest, BriefRequest, Done, Text
from shared.errors import AnswerError, Category
from shared.events import Usage


def request(*said: str) -> AnswerRequest:
    return AnswerRequest(
        meeting_id="m-1", question="When?", asked_by="Tom", lines=[], participants=[], assistant_name="Chime", said=said
    )


async def test_it_says_what_it_was_told_to() -> None:
    answerer = ScriptedAnswerer(usage=Usage(prompt_tokens=3))
    parts = [part async for part in answerer.answer(request())]
    assert parts == [*(Text(piece) for piece in PIECES), Done(Usage(prompt_tokens=3))]
    assert answerer.requests == [request()]


async def test_it_goes_on_after_what_was_said() -> None:
    parts = [part async for part in ScriptedAnswerer().answer(request("It moves."))]
    assert parts[0] == Text(PIECES[1])


async def test_it_fails_where_it_was_told_to() -> None:
    answerer = ScriptedAnswerer(lambda _: ["It ", AnswerError("gone", category=Category.TIMEOUT)])
    parts = answerer.answer(request())
    assert await anext(parts) == Text("It ")
    with pytest.raises(AnswerError):
        await anext(parts)


async def test_a_briefing_fails_where_it_was_told_to() -> None:
    briefer = ScriptedBriefer(error=AnswerError("gone"))
    asked = BriefRequest(meeting_id="m-1", lines=meeting("Maya: Hi."), participants=[])
    with pytest.raises(AnswerError):
        await briefer.brief(asked)
    assert briefer.requests == [asked]
