"""Names of keys, and ids that carry their shard."""

import pytest

from shared.streams import (
    SHARDS,
    MeetingKeys,
    ShardKeys,
    audio_id,
    before_audio,
    new_meeting_id,
    shard_of,
    source_ms_of,
)


@pytest.mark.parametrize("shard", [0, 1, 42, SHARDS - 1])
def test_a_meeting_id_carries_its_shard(shard: int) -> None:
    assert shard_of(new_meeting_id(shard)) == shard


@pytest.mark.parametrize(
    "text",
    ["", "m", "m-03", "m-40-" + "a" * 20, "x-03-" + "a" * 20, "m-03-short", "m-zz-" + "a" * 20, "m-03-" + "é" * 20],
)
def test_what_is_no_meeting_id_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # several kinds of wrong, one class
        shard_of(text)


def test_all_keys_of_a_shard_share_a_hash_tag() -> None:
    keys, shard = MeetingKeys(new_meeting_id(3)), ShardKeys(3)
    names = [
        keys.timeline,
        keys.live,
        keys.state,
        keys.audio("mixed"),
        shard.own("brain"),
        shard.commands("brain"),
        shard.dead,
    ]
    assert all(name.startswith("{s0003}:") for name in names)


def test_an_audio_entry_is_found_by_its_source_time() -> None:
    assert source_ms_of(audio_id(1200).encode()) == 1200
    assert before_audio(1200) < audio_id(1200)
