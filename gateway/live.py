"""One reader of all timelines, shared by those who wait for a reply and those who watch a meeting."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator, Mapping
from types import TracebackType

import structlog
from redis.asyncio import Redis

from gateway.frames import CoverageChanged, Seen
from gateway.metrics import fact_to_watcher
from gateway.problems import restarting
from shared.bus import Entry, decoded
from shared.clock import SystemClock
from shared.errors import MeetingGoneError
from shared.events import AnyEvent, CaptionChanged, LineHeard, MeetingErased
from shared.streams import MeetingKeys
from shared.tail import Follower, Tail

ROOM = 200
"""Events that wait for one watcher; more stay in Redis until it has read them."""

log = structlog.get_logger()


def now_ms() -> int:
    """To be compared with Redis's clock, not with ours."""
    return SystemClock().now_ms()


class Waiter:
    """The effects of one command, in order, until time is over."""

    def __init__(self, live: "Live", follower: Follower, cause_id: str, wait_s: float) -> None:
        self._live, self._follower, self._cause_id = live, follower, cause_id
        self._deadline = asyncio.get_running_loop().time() + wait_s

    async def next(self) -> AnyEvent | None:
        """Returns None when time is over. Raises MeetingGoneError when the meeting is erased meanwhile."""
        with contextlib.suppress(TimeoutError):
            async with self._live.until(self._deadline):
                return await self._next()
        if self._live.is_closing:
            raise restarting()
        return None

    async def _next(self) -> AnyEvent | None:
        async for entry in self._follower:
            event = decoded(entry)
            if event is None:
                continue
            if event.cause_id == self._cause_id:
                return event
            if isinstance(event, MeetingErased):
                raise MeetingGoneError(event.meeting_id)
        return None

    async def first(self, *kinds: type) -> AnyEvent | None:
        """The first effect of one of these kinds."""
        while (event := await self.next()) and not isinstance(event, kinds):
            pass
        return event

    def __enter__(self) -> "Waiter":
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._follower.close()


class Watch:
    """Everything that happens in one meeting, captions included; the line that ends a caption comes after it."""

    def __init__(self, timeline: Follower, captions: Follower, quiet_s: float, final_ms: Mapping[str, int]) -> None:
        self._followers, self._quiet_s, self._final_ms = (timeline, captions), quiet_s, dict(final_ms)
        self._queue: asyncio.Queue[Seen | None] = asyncio.Queue(ROOM)
        self._pumps = [
            asyncio.create_task(self._pump_timeline(timeline), name="watch-timeline"),
            asyncio.create_task(self._pump_captions(captions), name="watch-captions"),
        ]
        self._since_ms = now_ms()
        self.is_over = False

    async def next(self) -> Seen | None:
        """Returns None when nothing came for a while, and when it is over."""
        try:
            async with asyncio.timeout(self._quiet_s):
                seen = await self._queue.get()
        except TimeoutError:
            return None
        if seen is None or isinstance(seen.event, MeetingErased):
            self.is_over = True
        return seen

    def begin(self, first: Seen) -> None:
        """What comes before everything else."""
        self._queue.put_nowait(first)

    def tell(self, news: CaptionChanged | CoverageChanged) -> bool:
        """Drops what finds no room: the next one replaces it anyway. Returns whether it found room."""
        if self._queue.full():
            return False
        self._queue.put_nowait(Seen(news, ""))
        return True

    async def _pump_timeline(self, follower: Follower) -> None:
        async for entry in follower:
            if event := decoded(entry):
                self._measure(entry)
                if isinstance(event, LineHeard):
                    self._final_ms[event.line.track] = max(event.line.end_ms, self._final_ms.get(event.line.track, -1))
                await self._queue.put(Seen(event, entry.id.decode()))

    def _measure(self, entry: Entry) -> None:
        """Facts from before are history that a client catches up with."""
        at_ms = int(entry.id.partition(b"-")[0])
        if at_ms >= self._since_ms:
            fact_to_watcher.observe(max(0, now_ms() - at_ms) / 1000)

    async def _pump_captions(self, follower: Follower) -> None:
        """A caption of what is final already is left out; one without words takes the last one away."""
        async for entry in follower:
            event = decoded(entry)
            if isinstance(event, CaptionChanged) and self._is_news(event):
                self.tell(event)

    def _is_news(self, caption: CaptionChanged) -> bool:
        return not caption.text or caption.end_ms > self._final_ms.get(caption.track, -1)

    def end(self) -> None:
        """What was not sent yet is left to the client's return."""
        self.close()
        while not self._queue.empty():
            self._queue.get_nowait()
        self._queue.put_nowait(None)

    def close(self) -> None:
        for follower in self._followers:
            follower.close()
        for pump in self._pumps:
            pump.cancel()


class Live:
    """`run` must be running for anybody to get anything."""

    def __init__(self, client: Redis, quiet_s: float) -> None:
        self._tail, self._quiet_s = Tail(client), quiet_s
        self._watches: set[Watch] = set()
        self._deadlines: set[asyncio.Timeout] = set()
        self.is_closing = False
        self.dead = asyncio.Event()
        """Set when the reader has failed for good."""

    async def run(self) -> None:
        try:
            await self._tail.run()
        except Exception as error:
            log.exception("task.died", task="tail", error=type(error).__name__)
            self.dead.set()

    def wait(self, meeting_id: str, cause_id: str, after: bytes, wait_s: float) -> Waiter:
        """For the effects of a command; `after` is where the timeline ended before it was sent."""
        return Waiter(self, self._tail.follow(MeetingKeys(meeting_id).timeline, after), cause_id, wait_s)

    @contextlib.asynccontextmanager
    async def until(self, deadline: float) -> AsyncIterator[None]:
        """Raises TimeoutError at the deadline, and at once when the gateway closes."""
        if self.is_closing:
            raise TimeoutError
        async with asyncio.timeout_at(deadline) as timeout:
            self._deadlines.add(timeout)
            try:
                yield
            finally:
                self._deadlines.discard(timeout)

    @contextlib.contextmanager
    def follow(self, key: str, after: str) -> Iterator[Follower]:
        """Any other stream."""
        follower = self._tail.follow(key, after)
        try:
            yield follower
        finally:
            follower.close()

    @contextlib.contextmanager
    def watch(
        self, meeting_id: str, after: str, final_ms: Mapping[str, int] | None = None, first: Seen | None = None
    ) -> Iterator[Watch]:
        """Events after the timeline ID `after`; `first` before them all. `final_ms`: what is final of each track."""
        keys = MeetingKeys(meeting_id)
        timeline, captions = self._tail.follow(keys.timeline, after), self._tail.follow(keys.live)
        watch = Watch(timeline, captions, self._quiet_s, final_ms or {})
        if first:
            watch.begin(first)
        self._watches.add(watch)
        if self.is_closing:
            watch.end()
        try:
            yield watch
        finally:
            watch.close()
            self._watches.discard(watch)

    def close(self) -> None:
        """Ends every wait and every watch."""
        self.is_closing = True
        now = asyncio.get_running_loop().time()
        for timeout in list(self._deadlines):
            timeout.reschedule(now)
        for watch in list(self._watches):
            watch.end()
