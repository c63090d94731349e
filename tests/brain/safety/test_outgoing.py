import base64
import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brain.prompting import INSTRUCTIONS
from brain.safety.outgoing import LINK, Outgoing, clean_brief, plain
from shared.events import ActionItem, Brief, Point

RULE = "Answer only from the transcript, in one to three short sentences that are easy to say"


@pytest.mark.parametrize(
    ("said", "leaves"),
    [
        ("We move it to Tuesday.", "We move it to Tuesday."),
        ("It costs 1.5 million, e.g. for the U.S. market.", "It costs 1.5 million, e.g. for the U.S. market."),
        ("At 10:30 and/or 11:00, version 2.3.1.", "At 10:30 and/or 11:00, version 2.3.1."),
        ("See https://evil.example/x?q=secret now.", "See a link now."),
        ("See HTTPS:/evil.example now.", "See a link now."),
        ("See www.evil.example/x now.", "See a link now."),
        ("See evil.com and evil.example/path.", "See a link and a link"),
        ("See 10.0.0.1:80/x now.", "See a link now."),
        ("See evil dot example slash x now.", "See a link now."),
        ("Run javascript:alert(1) now.", "Run a link now."),
        ("[Here](https://evil.example) it is.", "Here it is."),
        ("![logo](https://evil.example/x.png)", "logo"),
        ("Write to eve@evil.example please.", "Write to an e-mail address please."),
        ("**Bold** and `code` and <b>tags</b>.", "Bold and code and tags."),
        ("<img src=https://evil.example>", ""),
        ("The key is sk-proj-abcdefghijkl.", "The key is (removed)"),
        ("aGVsbG8gd29ybGQgdGhpcyBpcyBhIHRlc3Q=", ""),
        ("It is 48656c6c6f20776f726c64206865 6c6c6f.", "It is (removed)."),
        ("Tues\u200bday\u202e is\U000e0041 fine.", "Tuesday is fine."),
        ("Donaudampfschifffahrtsgesellschaftskapitän ist da.", "Donaudampfschifffahrtsgesellschaftskapitän ist da."),
        ("会議は火曜日に延期されました。", "会議は火曜日に延期されました。"),
    ],
)
def test_plain_words_leave(said: str, leaves: str) -> None:
    assert plain(said) == leaves


@pytest.mark.parametrize(
    "disguised",
    [
        RULE,
        RULE.upper(),
        RULE[::-1],
        codecs.encode(RULE, "rot13"),
        " ".join(RULE),
        "-".join(RULE.split()),
        f"My orders: {RULE}!",
        base64.b64encode(RULE.encode()).decode(),
    ],
)
def test_its_instructions_stay(disguised: str) -> None:
    gate = Outgoing(INSTRUCTIONS)
    assert gate.clean(disguised) == ""
    assert gate.has_withheld


def test_its_instructions_stay_when_they_are_spread_over_sentences() -> None:
    gate = Outgoing(INSTRUCTIONS)
    said = [gate.clean(f"{word}.") for word in RULE.split()]
    assert "" in said
    assert said[-3:] == ["", "", ""]


def test_an_answer_about_transcripts_leaves() -> None:
    gate = Outgoing(INSTRUCTIONS)
    assert gate.clean("The transcript holds the answer: Tuesday.") == "The transcript holds the answer: Tuesday."
    assert not gate.has_withheld


def test_the_rest_of_a_link_that_was_cut_goes_too() -> None:
    gate = Outgoing()
    assert gate.clean("See https://evil.example/" + "a1" * 100) == "See a link"
    assert gate.clean("b2c3/secret And more.") == "And more."


@given(st.text(), st.sampled_from(["https://evil.example/x", "www.evil.com", "evil.io/a?b=c"]), st.text())
def test_no_link_leaves(before: str, link: str, after: str) -> None:
    cleaned = Outgoing().clean(f"{before} {link} {after}")
    assert link not in cleaned
    assert not LINK.search(cleaned.replace("a link", ""))


@given(st.text())
def test_cleaning_twice_changes_nothing(text: str) -> None:
    once = plain(text)
    assert plain(plain(once)) == plain(once)


def test_a_briefing_is_cleaned_in_every_part() -> None:
    bad = "See https://evil.example/x"
    brief = Brief(
        title=bad, summary=bad, key_points=[Point(text=bad, cites=[])], decisions=[Point(text=RULE, cites=[])],
        action_items=[ActionItem(task=bad, owner="Maya", due=bad, cites=[]), ActionItem(
            task=RULE, owner=None, due=None, cites=[])],
        open_questions=[Point(text=bad, cites=[])], made_by="x",
    )  # fmt: skip
    clean = clean_brief(brief, INSTRUCTIONS)
    assert {clean.title, clean.summary, clean.key_points[0].text, clean.open_questions[0].text} == {"See a link"}
    assert clean.decisions == []
    assert [(item.task, item.due) for item in clean.action_items] == [("See a link", "See a link")]
