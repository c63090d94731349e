import pytest

from rehearsal.recall.command_checks import LONGEST_BASE64, chat_complaint, clip_complaint, page_complaint


@pytest.mark.parametrize(
    ("clip", "is_good"),
    [
        ({"kind": "mp3", "b64_data": "A" * LONGEST_BASE64}, True),
        ({"kind": "mp3", "b64_data": "A" * (LONGEST_BASE64 + 4)}, False),
        ({"kind": "mp3", "b64_data": "not base64!"}, False),
        ({"kind": "mp3", "b64_data": ""}, False),
        ({"kind": "wav", "b64_data": "AAAA"}, False),
        ([], False),
    ],
)
def test_a_clip_is_an_mp3_in_base64_of_limited_length(clip: object, *, is_good: bool) -> None:
    assert (clip_complaint(clip) == "") is is_good


@pytest.mark.parametrize(
    ("platform", "chat", "field"),
    [
        ("zoom", {"message": "Hello"}, ""),
        ("zoom", {"message": "Hello", "to": "host"}, ""),
        ("zoom", {"message": "Hello", "to": 200}, ""),
        ("zoom", {"message": "x" * 4096}, ""),
        ("zoom", {"message": "x" * 4097}, "message"),
        ("zoom", {"message": ""}, "message"),
        ("zoom", {}, "message"),
        ("google_meet", {"message": "x" * 500, "to": "everyone"}, ""),
        ("google_meet", {"message": "x" * 501}, "message"),
        ("microsoft_teams", {"message": "Hello", "to": "host"}, "to"),
        ("webex", {"message": "Hello"}, "detail"),
    ],
)
def test_what_a_chat_message_may_be_depends_on_the_platform(platform: str, chat: dict[str, object], field: str) -> None:
    assert chat_complaint(chat, platform).partition(":")[0] == field


@pytest.mark.parametrize(
    ("pages", "is_good"),
    [
        ({"camera": {"kind": "webpage", "config": {"url": "https://x.org/"}}}, True),
        ({"screenshare": {"kind": "webpage", "config": {"url": "https://x.org/"}}}, True),
        ({}, False),
        ({"camera": {}}, False),
        ({"window": {"kind": "webpage", "config": {}}}, False),
    ],
)
def test_a_page_belongs_to_the_camera_or_the_screenshare(pages: dict[str, object], *, is_good: bool) -> None:
    assert (page_complaint(pages) == "") is is_good
