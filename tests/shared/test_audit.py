"""The audit log: by tenant, newest first, and not for ever."""

from shared.audit import DAY_MS, AuditLog, Deed
from shared.bus import Bus
from shared.clock import ManualClock, SystemClock


async def test_tenants_see_their_own_deeds_only(bus: Bus) -> None:
    log = AuditLog(bus, SystemClock())
    await log.note("acme", Deed.JOIN, "laptop", "m-1", "r-1")
    await log.note("globex", Deed.JOIN, "laptop", "m-2")
    (record,) = await log.newest("acme", 10)
    assert (record.deed, record.by, record.meeting_id, record.request_id) == ("join", "laptop", "m-1", "r-1")


async def test_the_newest_come_first_and_the_rest_from_there(bus: Bus) -> None:
    log = AuditLog(bus, SystemClock())
    for n in range(3):
        await log.note("acme", Deed.QUESTION, "laptop", f"m-{n}")
    newest, second = await log.newest("acme", 2)
    (last,) = await log.newest("acme", 2, second.id)
    assert [newest.meeting_id, second.meeting_id, last.meeting_id] == ["m-2", "m-1", "m-0"]


async def test_what_is_too_old_goes(bus: Bus) -> None:
    for _ in range(150):
        await AuditLog(bus, SystemClock()).note("acme", Deed.JOIN, "laptop")
    later = ManualClock(SystemClock().now_ms() + 3 * DAY_MS)
    await AuditLog(bus, later, kept_days=2).note("acme", Deed.LEAVE, "laptop")
    assert len(await AuditLog(bus, later).newest("acme", 1000)) < 100


async def test_nothing_is_before_the_first_place(bus: Bus) -> None:
    audit = AuditLog(bus, SystemClock())
    await audit.note("acme", Deed.JOIN, "laptop")
    assert await audit.newest("acme", 5, "0-0") == []
    assert await audit.newest("acme", 5, "0") == []
    assert len(await audit.newest("acme", 5, "9999999999999-0")) == 1
