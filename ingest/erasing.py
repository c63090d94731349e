"""Erases a meeting: every key in one script, and what vendors keep, now or as often as it takes."""

import asyncio
import functools
import time
from collections.abc import Callable, Mapping
from typing import Any, cast

import msgspec
import structlog

from ingest.reporting import tracks_of
from ingest.resources import Ingest
from ingest.vendor_erasures import SOONEST_MS, VendorErasure
from shared.audit import Deed
from shared.bus import Bus, Entry, decoded, entries_of
from shared.errors import MeetingError
from shared.events import CODEC, EraseMeeting, MeetingErased, effect
from shared.meetings import FINAL, Erasure
from shared.recent_writes import Probe
from shared.rooms import is_room_bot
from shared.scripting import SCRIPTS
from shared.streams import (
    BOT_ID,
    BRAIN,
    CREATED_AT,
    DEFAULT_TENANT,
    ENGINE,
    INGEST,
    MODEL,
    STATUS,
    TENANT,
    VOICE,
    MeetingKeys,
    ShardKeys,
    spending_key,
)

ERASED_SHOWN_MS = 3000
"""How long the fact that a meeting was erased can still be read by those who wait for it."""
VENDOR_WITHIN_S = 2.0
"""A vendor that has not confirmed by then is asked again later: what is kept here goes without delay."""
OWN = ("embedded", "scripted", "hibari", "wav")
"""Engines that run in these processes begin so."""
PLATFORM = "recall"

log = structlog.get_logger()


class Leftovers(msgspec.Struct, frozen=True):
    """Ids of entries on the shard's own streams that are about a meeting."""

    dead: tuple[bytes, ...]
    ingest: tuple[bytes, ...]
    brain: tuple[bytes, ...]

    @property
    def args(self) -> list[bytes | int]:
        """As `rewrite.lua` wants them."""
        args: list[bytes | int] = []
        for entry_ids in (self.dead, self.ingest, self.brain):
            args += [len(entry_ids), *entry_ids]
        return args


async def erase(command: EraseMeeting, deed: Deed, ingest: Ingest) -> None:
    """Raises MeetingGoneError where nothing is left to erase."""
    state = await ingest.bus.state(command.meeting_id)
    due = VendorErasure(
        meeting_id=command.meeting_id,
        bot_id=state.get(BOT_ID, ""),
        since_ms=ingest.clock.now_ms(),
        tenant=state.get(TENANT, ""),
    )
    is_confirmed = await is_erased_in_time(due, ingest, is_over=state.get(STATUS) in FINAL)
    await forget_spending(ingest.bus, command.meeting_id, state, ingest.clock.now_ms())
    probe = await erase_keys(command, state, None if is_confirmed else due, ingest)
    ingest.bus.remember(probe, functools.partial(erase, command, deed, ingest))
    by = "chimein" if deed is Deed.EXPIRY else ""
    await ingest.audit.note(due.tenant, deed, by or command.by, command.meeting_id, command.id)
    if is_confirmed:
        await ingest.audit.note(due.tenant, Deed.VENDOR_ERASURE, PLATFORM, command.meeting_id, command.id)
    log.info("meeting.erased", meeting_id=command.meeting_id, deed=deed, platform_confirmed=is_confirmed)


# -- at the platform -------------------------------------------------------------------------------------------------


async def is_erased_in_time(due: VendorErasure, ingest: Ingest, *, is_over: bool) -> bool:
    try:
        async with asyncio.timeout(VENDOR_WITHIN_S):
            return await is_erased(due, ingest, is_over=is_over)
    except (MeetingError, TimeoutError) as error:
        log.warning("media.not_erased_yet", meeting_id=due.meeting_id, error=type(error).__name__)
        return False


async def is_erased(due: VendorErasure, ingest: Ingest, *, is_over: bool = False) -> bool:
    """Asks the platform, bot by bot, to leave and to erase. Raises MeetingError."""
    bots = (due.bot_id,) if due.bot_id else await ingest.platform.bots_of(due.meeting_id)
    outcomes = []
    for bot_id in bots:
        if not is_over:
            await ingest.platform.leave(bot_id)
        outcomes.append(await ingest.platform.erase_media(bot_id))
    return all(outcomes)


# -- here --------------------------------------------------------------------------------------------------------------


async def erase_keys(
    command: EraseMeeting, state: Mapping[str, str], due: VendorErasure | None, ingest: Ingest
) -> Probe:
    """All or nothing."""
    bus, keys, tracks = ingest.bus, MeetingKeys(command.meeting_id), tracks_of(state)
    left = await leftovers_of(bus, keys.shard, functools.partial(is_about, command.meeting_id))
    stores = {f"audio {track}": await bus.redis.xlen(keys.audio(track)) for track in tracks}
    stores["timeline"] = await bus.redis.xlen(keys.timeline)
    stores["state"] = len(state)
    stores["search index"] = await bus.redis.zcard(keys.words)
    stores["webhook deliveries"] = await cast("Any", bus.redis.hlen(keys.deliveries))
    stores["commands"], stores["dead_letters"] = len(left.ingest) + len(left.brain), len(left.dead)
    vendors = vendors_of(state, is_confirmed=due is None)
    erased = effect(
        MeetingErased, command, "erased", ingest.clock, stores=stores, vendors=vendors, tenant=state.get(TENANT, "")
    )
    shard = keys.shard
    names = [shard.meetings, shard.active, shard.due, shard.vendor_erasures, shard.erased, shard.dead]
    names += [shard.commands(INGEST), shard.commands(BRAIN), *keys.all(tracks)]
    now_ms, (kind, body) = ingest.clock.now_ms(), CODEC.encode(erased)
    later = [due.member, now_ms + SOONEST_MS] if due else ["", 0]
    args: list[Any] = [command.meeting_id, kind, body, ERASED_SHOWN_MS, *later, now_ms, *left.args]
    return Probe(keys.timeline, cast("bytes", await bus.erase_script(names, args)), body)


def vendors_of(state: Mapping[str, str], *, is_confirmed: bool) -> dict[str, str]:
    """Engines that ran here are no vendors."""
    others = {state.get(field, "") for field in (ENGINE, MODEL, VOICE)}
    vendors = {name: str(Erasure.NO_CALL) for name in sorted(others - {""}) if not name.startswith(OWN)}
    if is_room_bot(state.get(BOT_ID, "")):
        return vendors
    return {PLATFORM: str(Erasure.CONFIRMED if is_confirmed else Erasure.REQUESTED), **vendors}


async def leftovers_of(bus: Bus, shard: ShardKeys, is_wanted: Callable[[Entry], bool]) -> Leftovers:
    streams = (shard.dead, shard.commands(INGEST), shard.commands(BRAIN))
    found = [entries_of(await bus.redis.xrange(stream)) for stream in streams]
    return Leftovers(*(tuple(entry.id for entry in entries if is_wanted(entry)) for entries in found))


def is_about(meeting_id: str, entry: Entry) -> bool:
    """Also where it cannot be read. The command that erases is settled by who carries it out."""
    if meeting_id.encode() not in entry.fields.get(CODEC.BODY, b""):
        return False
    return not isinstance(decoded(entry), EraseMeeting)


async def forget_spending(bus: Bus, meeting_id: str, state: Mapping[str, str], now_ms: int) -> None:
    script = bus.redis.register_script((SCRIPTS / "forget_spending.lua").read_text())
    tenant, created_ms = state.get(TENANT, DEFAULT_TENANT), int(state.get(CREATED_AT, 0))
    for month in {time.strftime("%Y-%m", time.gmtime(ms / 1000)) for ms in (created_ms, now_ms)}:
        await script(keys=[spending_key(month, tenant)], args=[meeting_id])
