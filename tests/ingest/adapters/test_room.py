"""A room's life, as its meeting's state tells it."""

import pytest

from ingest.adapters.room import ABANDONED_MS, changes_of
from shared.errors import MeetingError
from shared.explanations import explain
from shared.meetings import Status, status_of_code
from shared.rooms import ABANDONED
from shared.streams import BOT_ID, CREATED_AT, HEARD_AT, LINKED_AT, ORIGIN, ROOM_LEFT, ROOM_OPENED

NOW = 1_700_000_000_000
OPENED = {ROOM_OPENED + "1": str(NOW)}


def told(state: dict[str, str], later_ms: int = 1000) -> list[str]:
    return [change.code for change in changes_of(state, "1", NOW + later_ms)]


def test_it_waits_for_the_first_microphone_and_says_so() -> None:
    waiting = changes_of(OPENED, "1", NOW)[-1]
    assert status_of_code(waiting.code) is Status.WAITING_ROOM
    assert "first microphone" in explain(Status.WAITING_ROOM, waiting.sub_code)


def test_it_listens_from_the_first_microphone_until_it_is_closed() -> None:
    state = {**OPENED, ORIGIN: str(NOW + 500)}
    assert told(state)[-1] == "in_call_recording"
    closed = {**state, ROOM_LEFT + "1": str(NOW + 900)}
    assert [change.at_ms for change in changes_of(closed, "1", NOW)] == [NOW, NOW, NOW + 500, NOW + 900]


@pytest.mark.parametrize("last_sign", [HEARD_AT, LINKED_AT])
def test_a_room_that_everybody_left_long_ago_is_over(last_sign: str) -> None:
    state = {**OPENED, ORIGIN: str(NOW), last_sign: str(NOW + 60_000)}
    assert told(state, 60_000 + ABANDONED_MS)[-1] == "in_call_recording"
    ended = changes_of(state, "1", NOW + 60_001 + ABANDONED_MS)[-1]
    assert (ended.code, ended.sub_code, ended.at_ms) == ("call_ended", ABANDONED, NOW + 60_000 + ABANDONED_MS)


def test_a_room_that_nobody_came_to_is_over_too() -> None:
    assert told(OPENED, ABANDONED_MS + 1)[-1] == "call_ended"


def test_a_room_whose_opening_was_forgotten_by_redis_goes_on() -> None:
    state = {CREATED_AT: str(NOW), BOT_ID: "room/m-1/1", ORIGIN: str(NOW + 500)}
    assert told(state)[-1] == "in_call_recording"


def test_another_attempt_is_another_room() -> None:
    with pytest.raises(MeetingError):
        changes_of(OPENED, "2", NOW)
