"""The answerer that needs no account and no network: it finds who said what, and quotes them. No language model."""

import asyncio
import importlib.util
from collections.abc import AsyncGenerator
from pathlib import Path

import structlog

from brain.adapters.finding import find_model
from brain.composing import Composer
from brain.ports import AnswerRequest, Done, Text
from brain.rules.quoting import Question, Score, answer
from brain.rules.retrieval import overlap

PACKAGES = ("numpy", "onnxruntime", "tokenizers")

log = structlog.get_logger()


class EmbeddedAnswerer:
    """Without the reranker's files it ranks by words alone."""

    name = "embedded: quotations, no language model"

    def __init__(self, score: Score | None = None) -> None:
        self._score = score or load_score(find_model())

    async def answer(self, request: AnswerRequest) -> AsyncGenerator[Text | Done, None]:
        """All at once, from a thread: reading takes about 0.1 s of one core."""
        question = Question(request.question, request.lines, request.assistant_name)
        text = await asyncio.to_thread(answer, question, self._score)
        if text := after(text, request):
            yield Text(text)
        yield Done()

    async def warm_up(self) -> None:
        """It is always ready."""

    async def close(self) -> None:
        """Nothing is open."""


def after(text: str, request: AnswerRequest) -> str:
    """What is left of an answer whose first sentences were published already; nothing when it came out otherwise."""
    if not request.said:
        return text
    composer = Composer(request.lines)
    sentences = composer.push(text) + composer.finish()
    count = len(request.said)
    if sentences[:count] != list(request.said) or len(sentences) == count:
        return ""
    numbers = {line.id: number for number, line in enumerate(request.lines, start=1)}
    return " ".join(sentences[count:]) + "".join(f" [{numbers[cite.line_id]}]" for cite in composer.cites)


def load_score(folder: Path | None) -> Score:
    missing = [package for package in PACKAGES if importlib.util.find_spec(package) is None]
    if not folder or missing:
        log.warning("reranker.missed", remedy="pip install 'chimein[local]'", missing=missing)
        return overlap
    from brain.adapters.reranker import Reranker

    return Reranker(folder).score
