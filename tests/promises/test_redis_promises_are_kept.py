"""Promises 3, 4, 5, 10 and 14 in short form, by the code of `chimein promises`."""

from pathlib import Path

import pytest

from cli.promises import prove_one
from rehearsal.promises.rig import Load


@pytest.mark.process
@pytest.mark.timeout(150)
@pytest.mark.parametrize(
    ("number", "load"),
    [
        pytest.param(3, Load(meetings=3, seconds=18, kills=2, seed=3), id="redis_may_die_and_forget_its_tail"),
        pytest.param(4, Load(meetings=2, seconds=30, seed=4), id="redis_may_be_gone_for_long"),
        pytest.param(5, Load(meetings=3, seconds=26, kills=1, seed=5), id="failover_to_a_stale_replica"),
        pytest.param(10, Load(meetings=3, seconds=18, seed=10), id="poison_stays_alone"),
        pytest.param(14, Load(meetings=3, seconds=16, kills=1, seed=14), id="histories_keep_the_invariants"),
    ],
)
async def test_a_promise_is_kept(number: int, load: Load, tmp_path: Path) -> None:
    outcome = await prove_one(number, load, tmp_path)
    assert outcome.failures == [], outcome.figures
