"""Orders about the record, and talk about it."""

import pytest

from shared.wishes import Wish, is_unnamed_pause, wish_in

ORDERS = {
    Wish.PAUSE: [
        "stop listening",
        "please stop listening",
        "stop listening for a moment, please",
        "could you stop recording?",
        "pause",
        "pause the transcript",
        "stop taking notes",
        "off the record",
        "go off the record",
        "we're off the record now",
        "don't record this",
        "do not write this down",
        "please pause the recording for now",
        "stop recording",
        "can you pause recording please?",
        "stop transcribing",
        "quit listening",
        "this is off the record",
    ],
    Wish.RESUME: [
        "back on the record",
        "we're back on the record",
        "resume",
        "resume recording",
        "continue taking notes",
        "start listening again",
        "you can listen again",
        "let's go back on the record",
        "start recording again please",
        "unpause",
        "go on the record",
    ],
    Wish.LEAVE: [
        "leave",
        "please leave",
        "leave the meeting",
        "leave us alone",
        "go away",
        "you must leave now",
        "hang up",
        "disconnect",
        "drop off the call",
        "exit the meeting please",
    ],
    Wish.FORGET: [
        "forget this meeting",
        "erase this meeting",
        "delete the transcript",
        "delete everything",
        "forget everything we said",
        "wipe the recording",
        "erase the transcript of this meeting",
        "please delete this call",
        "forget all of it",
        "discard the notes",
    ],
    Wish.FORGET_ME: [
        "erase me",
        "forget me please",
        "delete what I said",
        "erase everything I've said",
        "remove my words from the transcript",
        "please forget what I have just said",
        "delete my part of this meeting",
        "I want you to erase what I said",
    ],
}
TALK = [
    "what did we say off the record?",
    "who stopped the recording?",
    "when do you stop listening?",
    "what is in the recording?",
    "stop the release on Friday",
    "pause the campaign until June",
    "leave the index as it is",
    "delete the old accounts first",
    "forget what Tom said about the index",
    "resume the contract talks in May",
    "did you delete the transcript?",
    "erase the whiteboard",
    "leave it to Maya",
    "do you record this?",
    "stop",
    "go on",
    "how do I erase this meeting?",
    "remind us to delete the recording",
    "stop recording defects in the old tracker",
    "start recording sales in March",
    "forget it",
    "remove me from the invoice list",
    "delete my old account",
    "forget what I said about Tom and call the bank",
    "who erased what I said?",
    "do you forget me?",
    "pause between the two talks",
    "leave at five",
    "is this off the record?",
    "was that on the record?",
]
UNNAMED = [
    "Off the record.",
    "Off the record, please.",
    "Let's go off the record.",
    "Okay, let's go off the record for a minute.",
    "Can we go off the record?",
    "We're off the record now.",
    "This part is off the record.",
    "Could we go off the record please?",
    "So, we are going off the record.",
    "From here on we're off the record.",
    "OFF THE RECORD",
]
NOT_UNNAMED = [
    "He told me off the record that they will sell.",
    "Was that off the record?",
    "Off the record, I think Tom is right.",
    "Strictly off the record comments are useless.",
    "Is this off the record?",
    "I said it off the record.",
    "Nothing is off the record here.",
    "We are never off the record.",
    "Back on the record.",
    "Stop listening.",
    "The band went off the record label.",
    "Let's go off the road.",
    "We talked off the record about prices.",
]


@pytest.mark.parametrize(("wish", "said"), [(wish, said) for wish, all_of in ORDERS.items() for said in all_of])
def test_an_order_is_obeyed(wish: Wish, said: str) -> None:
    assert wish_in(said) is wish
    assert wish_in(f"{said.capitalize()}.") is wish


@pytest.mark.parametrize("said", TALK)
def test_talk_about_recording_is_no_order(said: str) -> None:
    assert wish_in(said) is None


@pytest.mark.parametrize("said", UNNAMED)
def test_off_the_record_needs_no_name(said: str) -> None:
    assert is_unnamed_pause(said)


@pytest.mark.parametrize("said", NOT_UNNAMED)
def test_talk_of_what_is_off_the_record_changes_nothing(said: str) -> None:
    assert not is_unnamed_pause(said)
