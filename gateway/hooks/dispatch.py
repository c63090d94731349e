"""Sends the deliveries of one meeting, each when it is due, until it is taken or given up."""

import asyncio
import random
from collections import Counter

import msgspec
import structlog

from gateway import metrics
from gateway.hooks.courier import Courier
from gateway.hooks.deliveries import DELAYS_MS, Answer, Delivery, after, delivery_of, given_up
from gateway.hooks.endpoints import Endpoint, Endpoints, Health
from gateway.hooks.history import History
from gateway.hooks.messages import Message, body_of, message_of
from gateway.keeping import Keeper, Kept
from shared.bus import decoded, entries_of
from shared.clock import Clock
from shared.sessions import OwnedMeeting
from shared.waiting import first_of, until

MEETINGS_AT_ONCE = 4
AT_ONCE = 2
"""Calls to one endpoint under way, of one meeting: one that hangs holds up no other."""
PATIENCE_MS = 15 * 60 * 1000
H = 3600 * 1000

log = structlog.get_logger()


class Means(msgspec.Struct, frozen=True):
    """What clerks work with, and how patient they are."""

    courier: Courier
    base_url: str = ""
    """Of links in webhooks; they begin with / where it is empty."""
    delays_ms: tuple[int, ...] = DELAYS_MS
    disable_after_ms: float = 72 * H
    """An endpoint that takes nothing for so long is called no more."""
    patience_ms: int = PATIENCE_MS
    """So long after its end something may still come of a meeting, such as its last briefing."""
    look_every_s: float = 20.0
    turn: asyncio.Semaphore = msgspec.field(default_factory=lambda: asyncio.Semaphore(MEETINGS_AT_ONCE))
    """Many meetings may have much to be done at once, as after a deploy; Redis has others to serve."""


class Dispatch:
    """`run` must be running for anything to be sent."""

    def __init__(self, meeting: OwnedMeeting, means: Means, endpoints: Endpoints, history: History) -> None:
        self._meeting, self._means, self._endpoints, self._history = meeting, means, endpoints, history
        self._keeper = Keeper(meeting.bus, meeting.id, meeting.epoch)
        self._clock: Clock = meeting.clock
        self._pending: dict[str, Delivery] = {}
        self._under_way: dict[str, str] = {}
        """The endpoint of each."""
        self._news = asyncio.Event()
        self._chance = random.Random()  # noqa: S311  # spreads tries, guards nothing

    @property
    def is_idle(self) -> bool:
        return not self._pending

    async def load(self) -> None:
        """What another clerk left, and what somebody wants replayed."""
        kept = await self._history.of_meeting(self._meeting.id)
        waiting = [one for one in kept if one.state == "pending" and one.id not in self._under_way]
        await self._history.add(waiting)
        self.add(waiting)

    async def deliveries_of(self, news: list[tuple[Message, str]]) -> list[Delivery]:
        """For each endpoint that asked for it, of what happened since it is there."""
        endpoints, now = (await self._endpoints.all() if news else {}), self._clock.now_ms()
        found: dict[str, Delivery] = {}
        for message, cursor in news:
            for endpoint, health in endpoints.values():
                if message.kind in endpoint.events and message.at >= endpoint.created_at:
                    delivery = delivery_of(message, self._meeting.id, endpoint.id, cursor, now)
                    found.setdefault(delivery.id, withheld(delivery, health))
        return list(found.values())

    async def accept(self, fresh: list[Delivery]) -> None:
        """What was written just now."""
        await self._history.add(fresh)
        self.add(fresh)

    def add(self, deliveries: list[Delivery]) -> None:
        self._pending.update((one.id, one) for one in deliveries if one.state == "pending")
        self._news.set()

    async def run(self) -> None:
        """Until cancelled. Raises FencedError, MeetingGoneError."""
        async with asyncio.TaskGroup() as tasks:
            while True:
                self._news.clear()
                if self._meeting.changed.is_set():
                    self._meeting.changed.clear()
                    await self.load()
                for delivery in self._due():
                    self._under_way[delivery.id] = delivery.endpoint_id
                    tasks.create_task(self._deliver(delivery), name="webhook")
                await first_of(self._news.wait(), self._meeting.changed.wait(), self._next_due())

    def _due(self) -> list[Delivery]:
        now, busy, due = self._clock.now_ms(), Counter(self._under_way.values()), list[Delivery]()
        for one in self._waiting():
            if one.next_at <= now and busy[one.endpoint_id] < AT_ONCE:
                busy[one.endpoint_id] += 1
                due.append(one)
        return due

    def _waiting(self) -> list[Delivery]:
        return [one for one in self._pending.values() if one.id not in self._under_way]

    async def _next_due(self) -> None:
        """Of endpoints that have room; where one gets room, there is news."""
        busy = Counter(self._under_way.values())
        times = [one.next_at for one in self._waiting() if busy[one.endpoint_id] < AT_ONCE]
        if not times:
            await asyncio.Event().wait()
        await until(self._clock, min(times))

    async def _deliver(self, delivery: Delivery) -> None:
        try:
            done = await self._tried(delivery)
            await self._keeper.write_surely(Kept(deliveries=(done,)), self._clock)
            metrics.webhooks_sent.labels(done.state).inc()
            if done.state == "failed":
                log.warning("webhook.given_up", delivery_id=done.id, webhook=done.type, reason=done.reason)
            self._pending.pop(delivery.id)
            self.add([done])
        finally:
            self._under_way.pop(delivery.id, None)
            self._news.set()

    async def _tried(self, delivery: Delivery) -> Delivery:
        found = await self._endpoints.one(delivery.endpoint_id)
        if found is None:
            return given_up(delivery, "the endpoint was deleted")
        endpoint, health = found
        if (held := withheld(delivery, health)).state == "failed":
            return held
        body = await self._body(delivery, endpoint)
        if body is None:
            return given_up(delivery, "what it tells of is not kept any more")
        answer = await self._means.courier.call(endpoint.url, delivery.id, body, endpoint.keys(self._clock.now_ms()))
        await self._note(endpoint, health, answer)
        return after(delivery, answer, self._clock.now_ms(), self._chance.random(), self._means.delays_ms)

    async def _body(self, delivery: Delivery, endpoint: Endpoint) -> bytes | None:
        """The same at every try: it is made of what stands in the timeline."""
        found = await self._meeting.bus.redis.xrange(self._meeting.keys.timeline, delivery.cursor, delivery.cursor)
        event = next((decoded(entry) for entry in entries_of(found)), None)
        message = message_of(event) if event else None
        if message is None:
            return None
        return body_of(
            message, self._meeting.id, delivery.cursor, self._means.base_url, with_words=endpoint.include_text
        )

    async def _note(self, endpoint: Endpoint, health: Health, answer: Answer) -> None:
        """Disables an endpoint that said so, or that has failed for long."""
        if answer.is_taken:
            if health.failing_since:
                await self._endpoints.note_success(endpoint.id)
            return
        now = self._clock.now_ms()
        since = await self._endpoints.note_failure(endpoint.id, now)
        if answer.is_gone:
            reason = "the receiver said 410 Gone"
        elif now - since > self._means.disable_after_ms:
            reason = f"it has taken nothing for {(now - since) / H:.0f} h; the last try: {answer.told}"
        else:
            return
        await self._endpoints.disable(endpoint.id, reason, now)
        log.warning("endpoint.disabled", endpoint_id=endpoint.id, reason=reason)


def withheld(delivery: Delivery, health: Health) -> Delivery:
    """Given up where the endpoint is disabled; it can be replayed when it is enabled again."""
    return given_up(delivery, f"the endpoint is disabled: {health.disabled_reason}") if health.disabled_at else delivery
