"""Calls per tenant and minute, counted for all gateways together."""

import asyncio

import pytest
from support import names_in

from gateway.callers import THIS_MACHINE, Caller
from gateway.config import GatewaySettings
from gateway.problems import ProblemError
from gateway.rates import Pace, Rates
from gateway.routes import ROUTES
from shared.api_keys import EVERYTHING
from shared.config import Secret
from shared.streams import RATES

ACME, OTHER = (Caller(tenant=name, key_id="k", scopes=EVERYTHING) for name in ("acme", "other"))
KEYS = Secret("acme:acme-key-of-some-letters,other:other-key-of-some-letters")


def rates(bus, **limits):
    return Rates(GatewaySettings(**{f"rate_{kind}_per_minute": count for kind, count in limits.items()}), bus.redis)


async def refused(gateway, caller=ACME, pace=Pace.READS):
    with pytest.raises(ProblemError) as error:
        await gateway.count(caller, pace)
    return error.value


async def test_as_many_as_the_limit_says_are_admitted_over_all_gateways(bus):
    gateways = [rates(bus, reads=10) for _ in range(3)]
    outcomes = await asyncio.gather(
        *(gateways[n % 3].count(ACME, Pace.READS) for n in range(40)), return_exceptions=True
    )
    assert sum(not isinstance(one, BaseException) for one in outcomes) == 10
    assert all(isinstance(one, ProblemError) for one in outcomes if isinstance(one, BaseException))


async def test_what_is_left_is_told(bus):
    gateway = rates(bus, reads=3)
    told = [await gateway.count(ACME, Pace.READS) for _ in range(3)]
    assert [one.left for one in told] == [2, 1, 0]
    assert told[0].headers == {"RateLimit-Policy": '"reads";q=3;w=60', "RateLimit": '"reads";r=2;t=60'}


async def test_who_is_over_the_limit_is_told_when_there_is_room(bus):
    gateway = rates(bus, reads=1)
    await gateway.count(ACME, Pace.READS)
    problem = await refused(gateway)
    assert (problem.problem.status, problem.headers["Retry-After"]) == (429, "60")
    assert problem.headers["RateLimit"] == '"reads";r=0;t=60'


async def test_retry_after_is_true(bus, monkeypatch):
    """Nothing is admitted before, and one call is then."""
    gateway, now = rates(bus, reads=2), [1000.0]
    monkeypatch.setattr("time.time", lambda: now[0])
    await gateway.count(ACME, Pace.READS)
    now[0] += 20.5
    await gateway.count(ACME, Pace.READS)
    now[0] += 1
    assert (await refused(gateway)).headers["Retry-After"] == "39"
    now[0] += 38.4
    assert (await refused(gateway)).headers["Retry-After"] == "1"
    now[0] += 0.2
    assert (await gateway.count(ACME, Pace.READS)).left == 0


async def test_who_was_refused_is_refused_again_without_asking_redis(bus, monkeypatch):
    gateway = rates(bus, reads=1)
    await gateway.count(ACME, Pace.READS)
    await refused(gateway)
    monkeypatch.setattr(gateway, "_window", None)
    await refused(gateway)


async def test_tenants_and_kinds_are_counted_apart(bus):
    gateway = rates(bus, reads=1, writes=1, asks=1)
    for caller in (ACME, OTHER):
        for pace in Pace:
            assert await gateway.count(caller, pace)
    assert {(await refused(gateway, caller, pace)).problem.status for caller in (ACME, OTHER) for pace in Pace} == {429}


async def test_one_key_of_redis_holds_a_tenants_calls_of_one_kind_and_names_its_slot(bus):
    await rates(bus, reads=5).count(ACME, Pace.READS)
    (name,) = await names_in(bus)
    assert name.startswith(f"{RATES}:reads/{{tenant-acme}}/")
    assert 0 < await bus.redis.ttl(name) <= 60


async def test_where_no_key_is_needed_or_no_limit_is_set_nothing_is_counted(bus):
    assert await rates(bus, reads=1).count(THIS_MACHINE, Pace.READS) is None
    assert await rates(bus, reads=0).count(ACME, Pace.READS) is None
    assert await names_in(bus) == []


def test_what_may_call_a_model_or_speaks_counts_among_asks():
    asks = {route.path.rpartition("/")[2] for route in ROUTES if not route.is_open and route.pace is Pace.ASKS}
    assert asks == {"ask", "say", "hush", "brief"}


async def test_a_refusal_is_problem_json_and_a_good_answer_tells_what_is_left(rig_with):
    async with rig_with(chimein_api_keys=KEYS, rate_reads_per_minute=1) as rig:
        answers = []
        for tenant in ("acme", "acme", "other"):
            headers = {"Authorization": f"Bearer {tenant}-key-of-some-letters"}
            answers.append(await rig.client.get("/meetings", headers=headers))
        assert [answer.status for answer in answers] == [200, 429, 200]
        assert (await answers[1].json())["type"] == "urn:chimein:problem:too-many-calls"
        assert 1 <= int(answers[1].headers["Retry-After"]) <= 60
        assert [answer.headers["RateLimit"][:11] for answer in answers] == ['"reads";r=0'] * 3
        assert all(answer.headers["RateLimit-Policy"] == '"reads";q=1;w=60' for answer in answers)


async def test_a_strangers_calls_count_for_nobody(rig_with):
    async with rig_with(chimein_api_keys=KEYS) as rig:
        assert (await rig.client.get("/meetings", headers={"Authorization": "Bearer nobody"})).status == 401
        assert await names_in(rig.bus) == []
