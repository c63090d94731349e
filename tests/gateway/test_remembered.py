"""What was found is believed for moments, what was not is looked up each time."""

from functools import partial

from gateway.remembered import FRESH_MS, ROOM, Remembered


async def counted(calls: list[str], found: str | None, name: str = "") -> str | None:
    calls.append(name)
    return found


async def test_what_was_found_is_not_looked_up_again_until_it_is_old(clock):
    calls, names = [], Remembered(clock)
    for advance_ms in (0, FRESH_MS - 1, 1):
        clock.advance(advance_ms)
        assert await names.get("a", partial(counted, calls, "x")) == "x"
    assert len(calls) == 2


async def test_what_was_not_found_is_looked_up_each_time(clock):
    calls, names = [], Remembered(clock)
    assert await names.get("a", partial(counted, calls, None)) is None
    assert await names.get("a", partial(counted, calls, "x")) == "x"
    assert len(calls) == 2


async def test_what_is_gone_when_looked_up_again_is_forgotten(clock):
    names = Remembered(clock)
    await names.get("a", partial(counted, [], "x"))
    clock.advance(FRESH_MS)
    assert await names.get("a", partial(counted, [], None)) is None


async def test_it_does_not_grow_for_ever(clock):
    calls, names = [], Remembered(clock)
    for n in range(ROOM + 1):
        await names.get(str(n), partial(counted, [], "x"))
    await names.get("0", partial(counted, calls, "x"))
    await names.get(str(ROOM), partial(counted, calls, "x"))
    assert len(calls) == 1
