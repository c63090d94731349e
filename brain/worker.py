"""How the brain is put together."""

import asyncio
import contextlib
import functools

from brain.adapters.embedded import EmbeddedAnswerer
from brain.adapters.embedded_brief import EmbeddedBriefer
from brain.attending import attend
from brain.budget import Budget
from brain.config import BrainSettings
from brain.handlers import GIVEN_UP, HANDLERS, Brain
from brain.memory import Memory
from brain.ports import Answerer, Briefer
from shared.bus import Epoch
from shared.commands import CommandLoop
from shared.connections import LOST
from shared.events import AskQuestion, Event
from shared.sessions import Owner
from shared.spending import load_prices
from shared.streams import BRAIN
from shared.waiting import rest
from shared.worker import Worker, run


def main(settings: BrainSettings) -> None:
    run(BRAIN, settings, functools.partial(work, settings=settings), status_port=settings.brain_status_port)


async def work(worker: Worker, settings: BrainSettings) -> None:
    answerer, briefer = build_model(settings)
    worker.health.engine = answerer.name
    brain = Brain(
        worker.bus,
        Memory(worker.bus),
        answerer,
        briefer,
        worker.clock,
        answer_limit_s=settings.answer_limit_s,
        brief_limit_s=settings.brief_limit_s,
        zone=settings.zone,
        audit_days=settings.audit_days,
        budget=Budget(
            worker.bus,
            worker.clock,
            load_prices(settings.prices_file),
            model=settings.answer_model if settings.has_model else "",
            meeting_usd=settings.meeting_cap_usd,
            month_usd=settings.month_cap_usd,
        ),
    )
    try:
        await Desk(worker, brain).run()
    finally:
        await answerer.close()
        await briefer.close()


def build_model(settings: BrainSettings) -> tuple[Answerer, Briefer]:
    if not settings.has_model:
        return EmbeddedAnswerer(), EmbeddedBriefer()
    # Imported only where it is used: the SDK costs most of a second at every start.
    from brain.adapters.chat_client import Patience
    from brain.adapters.openai_chat import OpenAIAnswerer, OpenAIBriefer

    key, base_url = settings.openai_api_key.reveal(), settings.openai_base_url
    first_s = settings.answer_patience_s or (15.0 if base_url else 4.5)
    return (
        OpenAIAnswerer(key, model=settings.answer_model, base_url=base_url, patience=Patience(first_s=first_s)),
        OpenAIBriefer(key, model=settings.brief_model, base_url=base_url),
    )


FINISH_WITHIN_S = 4.0
"""An answer that is longer in the making when its shard is handed over is gone on with by the heir."""
STALE_MS = 3_000
"""A command in the hands of a brain that has said nothing for so long is taken over."""


class Desk:
    """The commands of the shards that this brain owns, and attention to their meetings."""

    def __init__(self, worker: Worker, brain: Brain) -> None:
        self._worker = worker
        self._owner = Owner(
            worker, functools.partial(attend, brain=brain), gained=self._gained, finish=self._finish, lost=self._lost
        )
        self._commands = CommandLoop(
            worker, HANDLERS, brain, given_up=GIVEN_UP, owner_of=self._owner.epoch_of, lane_of=lane_of
        )

    async def run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._owner.run(), name="owner")
            tasks.create_task(self._commands.run(), name="commands")
            tasks.create_task(self._commands.take_over_stale(STALE_MS), name="stale")

    async def _gained(self, epoch: Epoch) -> None:
        """What the owner before left in hand is ours at once: the epoch keeps it from answering too."""
        while True:
            try:
                await self._commands.add([epoch.shard], claim_idle_ms=0)
                return
            except LOST:
                await rest(self._worker.clock, 0.2)

    async def _finish(self, epoch: Epoch) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(FINISH_WITHIN_S):
                await self._commands.finish(epoch.shard)

    async def _lost(self, epoch: Epoch) -> None:
        self._commands.remove(epoch.shard)


def lane_of(command: Event) -> str:
    """What is said aloud is composed one after the other; nothing else holds up anything."""
    if isinstance(command, AskQuestion) and not command.speak:
        return command.id
    return f"{command.meeting_id}/{type(command).__name__}"
