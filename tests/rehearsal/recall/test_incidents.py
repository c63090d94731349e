import pytest

from rehearsal.recall.incidents import Cut
from rehearsal.recall.socket import DIALS


@pytest.mark.parametrize(("outage_s", "is_death"), [(0, False), (60, False), (95, True)])
def test_an_outage_counts_in_dials_whatever_the_speed(outage_s: float, *, is_death: bool) -> None:
    assert (Cut(at_ms=0, outage_s=outage_s).failing_dials >= DIALS) is is_death
