"""What people are told."""

import pytest

from shared.events import Hushed, RecordPaused, Settings, WishHeard
from speaker.announcement import announcement, confirmation, kept, spoken_announcement

ABOUT = {"id": "x", "meeting_id": "m", "at": 1, "by": "Maya"}


@pytest.mark.parametrize(
    ("hours", "said"),
    [
        (0, "erased a minute after"),
        (1, "1 hour after"),
        (24, "24 hours after"),
        (168, "7 days after"),
        (60, "2.5 days"),
    ],
)
def test_how_long_is_said_as_people_say_it(hours: float, said: str) -> None:
    assert said in kept(hours)


def test_it_says_who_invited_it_what_is_kept_and_how_to_object() -> None:
    said = announcement(Settings(bot_name="Bell", invited_by="Ada Lovelace", retention_hours=24))
    for part in ("Ada Lovelace invited me", "24 hours", "“Bell, off the record”", "“Bell, forget this meeting”"):
        assert part in said
    assert "Bell, off the record" in " ".join(spoken_announcement(Settings(bot_name="Bell")))


def test_what_was_wished_is_confirmed_once() -> None:
    assert "back on the record" in confirmation(WishHeard(**ABOUT, wish="pause", via="voice"), "Bell")
    assert "I cannot tell" in confirmation(WishHeard(**ABOUT, wish="forget_me", via="voice"), "Bell")
    theirs = WishHeard(**ABOUT, wish="forget_me", via="chat", participant_id="7")
    assert "what you said and wrote until now" in confirmation(theirs, "Bell")
    assert confirmation(RecordPaused(**ABOUT, via="api"), "Bell")
    assert confirmation(RecordPaused(**ABOUT, via="voice"), "Bell") == ""
    assert confirmation(Hushed(**ABOUT), "Bell") == ""
