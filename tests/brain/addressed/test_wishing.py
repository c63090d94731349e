"""Wishes by name, in the chat, and what people only talk about."""

import pytest

from brain.addressed.wishing import Wishing
from shared.wishes import Wish

SPOKEN = [
    ("Chime, stop listening.", Wish.PAUSE),
    ("Hey Chime, please pause the recording.", Wish.PAUSE),
    ("Stop listening, Chime.", Wish.PAUSE),
    ("Stop recording please, Chime.", Wish.PAUSE),
    ("Okay. Let's go off the record.", Wish.PAUSE),
    ("Chyme, off the record.", Wish.PAUSE),
    ("Chime, leave the meeting.", Wish.LEAVE),
    ("Chime, please leave.", Wish.LEAVE),
    ("Chime, forget this meeting.", Wish.FORGET),
    ("Chime, erase everything we said, please.", Wish.FORGET),
    ("Chime, erase what I said.", Wish.FORGET_ME),
    ("Chime, we're back on the record.", Wish.RESUME),
    ("Chime, leave. Chime, stop listening.", Wish.PAUSE),
]
ONLY_SAID = [
    "Stop listening to him.",
    "Leave the meeting.",
    "Forget this meeting, it was a waste.",
    "Chime, what did we decide about the recording?",
    "Chime, who stopped the recording?",
    "I told Chime to stop listening.",
    "Erase what I said.",
    "Maya, forget what I said.",
    "Ask Chime to leave the meeting.",
    "You can say: “Chime, stop listening.”",
    "You can just say: Chime, forget this meeting.",
    "Chime stops listening when you ask.",
    "Does Chime forget this meeting?",
    "Tom, stop recording.",
    "Maya, please leave the meeting.",
    "",
]


@pytest.mark.parametrize(("text", "wish"), SPOKEN)
def test_what_is_wanted_aloud_is_known(text: str, wish: Wish) -> None:
    assert Wishing(people=["Tom Mars", "Maya Lind"]).spoken("Maya Lind", text) is wish


@pytest.mark.parametrize("text", ONLY_SAID)
def test_what_is_only_talked_about_is_not_done(text: str) -> None:
    assert Wishing(people=["Tom Mars", "Maya Lind"]).spoken("Maya Lind", text) is None


def test_the_assistants_own_words_are_no_wish() -> None:
    assert Wishing().spoken("Chime", "Chime, stop listening.") is None
    assert Wishing().chatted("Chime", "Chime, leave.") is None


@pytest.mark.parametrize("text", ["Chime, back on the record", "@Chime back on the record", "@chime, resume"])
def test_in_the_chat_it_is_tagged_or_named(text: str) -> None:
    assert Wishing().chatted("Maya", text) is Wish.RESUME


def test_written_to_it_alone_no_name_is_needed() -> None:
    assert Wishing().chatted("Maya", "please leave", to="only_bot") is Wish.LEAVE
    assert Wishing().chatted("Maya", "please leave") is None


def test_off_the_record_in_the_chat_needs_no_name() -> None:
    assert Wishing().chatted("Maya", "off the record please") is Wish.PAUSE


def test_it_may_have_another_name() -> None:
    assert Wishing("Max Power").spoken("Maya", "Max, stop listening.") is Wish.PAUSE
    assert Wishing("Max Power").spoken("Maya", "Chime, stop listening.") is None
