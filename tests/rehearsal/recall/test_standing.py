import asyncio

import msgspec
from ears import bot_body
from meetings_played import QUICK

from rehearsal.heard import Heard
from rehearsal.recall.options import Faults, Options
from rehearsal.recall.order import Request
from rehearsal.recall.platform import Platform
from rehearsal.recall.standing import Standing
from rehearsal.recall.webhooks import Webhooks

HURRIED = msgspec.structs.replace(QUICK, leaving=0.0001)


class Desk(Webhooks):
    """Keeps what would be sent."""

    def __init__(self, options: Options) -> None:
        super().__init__(options)
        self.said: list[tuple[str, dict[str, object]]] = []

    def emit(self, event: str, data: dict[str, object]) -> None:
        self.said.append((event, data))


def standing(**options: object) -> tuple[Standing, Desk]:
    chosen = Options(**{"delays": HURRIED, **options})
    desk = Desk(chosen)
    return Standing("bot1", Request(bot_body()), Platform(chosen, Faults(), desk, Heard())), desk


async def test_every_state_is_kept_and_told() -> None:
    bot, desk = standing()
    bot.enter("joining_call")
    bot.enter("in_breakout_room", "from_tomorrow")
    assert [(change["code"], change["sub_code"]) for change in bot.changes] == [
        ("joining_call", None),
        ("in_breakout_room", "from_tomorrow"),
    ]
    assert bot.code == "in_breakout_room"
    event, data = desk.said[1]
    assert (event, data["bot"]) == ("bot.in_breakout_room", {"id": "bot1", "metadata": {"meeting_id": "m-1"}})
    assert data["data"] | {"updated_at": 0} == {
        "code": "in_breakout_room",
        "sub_code": "from_tomorrow",
        "updated_at": 0,
    }
    assert bot.reached["in_breakout_room"].is_set()


async def test_an_error_stands_in_the_status_and_other_parts_beside_the_bot() -> None:
    bot, desk = standing()
    bot.tell("realtime_endpoint", "failed", realtime_endpoint={"id": "r1"}, error={"code": "x", "message": "y"})
    event, data = desk.said[0]
    assert (event, data["realtime_endpoint"]) == ("realtime_endpoint.failed", {"id": "r1"})
    assert data["data"]["error"] == {"code": "x", "message": "y"}


async def test_an_older_workspace_hears_of_the_bot_only_and_in_the_older_form() -> None:
    bot, desk = standing(legacy_webhooks=True)
    bot.enter("joining_call")
    bot.tell("recording", "processing")
    ((event, data),) = desk.said
    assert (event, data["bot_id"]) == ("bot.status_change", "bot1")
    assert set(data["status"]) == {"code", "sub_code", "created_at", "message"}


async def test_patience_ends_with_its_state() -> None:
    bot, _ = standing()
    bot.enter("in_waiting_room")
    bot.enter("in_call_recording")
    bot.wait("people", 1, "too long alone")
    assert (await bot.over).sub_code == "too long alone"


async def test_the_first_reason_counts() -> None:
    bot, _ = standing()
    bot.enter("in_waiting_room")
    bot.end("bot_kicked_from_waiting_room")
    bot.end("call_ended_by_host")
    assert (await bot.over) == ("call_ended", "bot_kicked_from_waiting_room")


async def test_closing_leaves_no_timer() -> None:
    bot, _ = standing(delays=msgspec.structs.replace(QUICK, leaving=0.0))
    bot.enter("in_waiting_room")
    bot.close()
    for _ in range(3):
        await asyncio.sleep(0)
    assert not bot.over.done()
