"""Promises 2 and 9 in short form, by the code of `chimein promises`."""

from pathlib import Path

import pytest

from cli.promises import prove_one
from rehearsal.promises.rig import Load


@pytest.mark.process
@pytest.mark.timeout(150)
@pytest.mark.parametrize(
    ("number", "load"),
    [
        pytest.param(2, Load(meetings=3, seconds=24, kills=3, seed=2), id="a_zombie_can_do_nothing"),
        pytest.param(9, Load(meetings=3, seconds=30, kills=1, seed=9), id="deploys_are_inaudible"),
    ],
)
async def test_a_promise_is_kept(number: int, load: Load, tmp_path: Path) -> None:
    outcome = await prove_one(number, load, tmp_path)
    assert outcome.failures == [], outcome.figures
