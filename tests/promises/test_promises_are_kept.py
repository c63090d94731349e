"""Promises 6, 7, 8, 11 and 15 to 20 in short form, by the code of `chimein promises`."""

from pathlib import Path

import pytest

from cli.promises import prove_one
from rehearsal.promises.rig import Load


@pytest.mark.process
@pytest.mark.timeout(120)
@pytest.mark.parametrize(
    ("number", "load"),
    [
        pytest.param(6, Load(meetings=4, seconds=30, seed=6), id="speech_to_text_may_fail"),
        pytest.param(7, Load(meetings=3, seconds=14, seed=7), id="model_and_voice_may_fail"),
        pytest.param(8, Load(meetings=4, seconds=26, kills=2, seed=8), id="ingest_may_die"),
        pytest.param(15, Load(meetings=3, seconds=5, seed=15), id="load_ends_with_refusals"),
        pytest.param(16, Load(), id="doors_are_locked"),
        pytest.param(17, Load(seconds=4, seed=17), id="the_api_is_as_written"),
        pytest.param(18, Load(seconds=4, seed=18), id="tenants_cannot_meet"),
        pytest.param(19, Load(seconds=60), id="words_and_links_do_nothing"),
        pytest.param(20, Load(meetings=2, seconds=4, seed=20), id="secrets_stay_secret_and_deletion_deletes"),
        pytest.param(11, Load(meetings=2, seconds=16, seed=11), id="repeats_are_harmless"),
    ],
)
async def test_a_promise_is_kept(number: int, load: Load, tmp_path: Path) -> None:
    outcome = await prove_one(number, load, tmp_path)
    assert outcome.failures == [], outcome.figures
