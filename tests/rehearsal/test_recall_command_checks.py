import pytest

from rehearsal.recall_command_checks import LONGEST_BASE64, clip_complaint


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
