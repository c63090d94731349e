"""Links to rooms, and the ids of what stands for a bot in them."""

import pytest

from shared.rooms import PARTICIPANT, bot_id_of, is_room_bot, room_link


@pytest.mark.parametrize(
    ("text", "url", "key"),
    [("room:", "room:", ""), (" Room:Weekly-2 ", "room:weekly-2", "room:weekly-2"), ("room:7", "room:7", "room:7")],
)
def test_a_room_without_a_name_is_a_new_one_each_time(text: str, url: str, key: str) -> None:
    link = room_link(text)
    assert link
    assert (link.platform, link.url, link.key) == ("room", url, key)


@pytest.mark.parametrize(
    "text",
    ["", "room", "room:-a", "room:a b", "room:é", "room:" + "a" * 65, "room://x", "https://zoom.us/j/1234567890"],
)
def test_other_texts_are_no_rooms(text: str) -> None:
    assert room_link(text) is None


def test_what_stands_for_a_bot_tells_that_it_is_a_rooms() -> None:
    assert is_room_bot(bot_id_of("m-1", 1))
    assert not is_room_bot("9f1c0a6e-2f60-4a52-8d0f-0c3c0f5a1c11")


def test_participants_ids_are_plain() -> None:
    assert PARTICIPANT.fullmatch("p-00000000000a")
    assert not PARTICIPANT.fullmatch("p-00000000000A/..")
