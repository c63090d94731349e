"""Promise 20: secrets stay secret, and deletion deletes.

Every process runs at debug with canaries for keys, and meetings are full of canaries for names and words. Then one
person's words are erased in one of them; and meetings are: one by itself, one because its time is over, the rest with
their tenant; and what is left is searched.
"""

import asyncio
import re
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any, cast

import aiohttp
import msgspec

from rehearsal.promises.rig import Outcome, Rig, until
from rehearsal.promises.stage import Stage, staged
from rehearsal.recall.options import OVERLOADED
from shared.bus import Bus
from shared.events import ChatReceived, ConsentAnnounced, Event, Line, LineHeard, ParticipantJoined, new_id
from shared.meetings import write_of
from shared.ports import free_port
from shared.streams import SHARDS, MeetingKeys, ShardKeys

KEYS = {
    "RECALL_API_KEY": "canary-key-recall-5f2c9a",
    "OPENAI_API_KEY": "canary-key-openai-77b1e0",
    "DEEPGRAM_API_KEY": "canary-key-deepgram-c03d4e",
}
NAME, WORD, TITLE, ASKED, CHATTED, TOLD = (
    "Zebedee Quillfeather",
    "marmalade-xylophone",
    "Gooseberry Consolidation",
    "porcupine-lighthouse",
    "velvet-thunderbolt",
    "walrus-carousel",
)
"""Of people and what they say, as a name, in a line, in the title, a question, the chat, and as a text to be said."""
WORDS = (NAME, WORD, TITLE, ASKED, CHATTED, TOLD)
PERSON, THEIRS = "7", (NAME, WORD, CHATTED)
"""Their id, and what is theirs."""
GONE_WITHIN_S = 5.0
VENDOR_FAILS = 7
QUIET_LEVELS = frozenset({"debug"})
STATUS_PORT = re.compile(r'"port":\s*(\d+)')


async def run(rig: Rig) -> Outcome:
    failures: list[str] = []
    fails = min(VENDOR_FAILS, rig.load.meetings)
    settings: dict[str, Any] = {"LOG_LEVEL": "debug", "OPENAI_BASE_URL": nowhere(), **KEYS}
    async with staged(rig, workers=1, **settings) as stage:
        meetings = [*stage.meetings, *stage.quiet]
        await asyncio.gather(stage.play(), *(fill(stage, one) for one in stage.meetings))
        unannounced = [one for one in stage.meetings if not await is_announced_first(rig, one)]
        failures += [f"{one}: a line was stored before people were told" for one in unannounced]
        before = hits(dump_of(await values(rig.bus)), WORDS)
        failures += ["the canaries never got into Redis: nothing was shown"] * (not before)
        written = hits(await aof_of(rig), WORDS)
        failures += ["the canaries never got into the AOF: nothing was shown"] * (not written)
        left_of_one = await erase_one(stage, stage.meetings[0])
        failures += [f"{left_of_one} canaries of somebody whose words were erased"] * bool(left_of_one)
        stage.recall.faults.answers.extend([OVERLOADED] * fails)
        slowest_s = await erase_all(stage, meetings)
        failures += [f"a meeting was gone only after {slowest_s:.1f} s"] * (slowest_s > GONE_WITHIN_S)
        await until(lambda: is_confirmed(rig.bus), 120)
        kept = [bot for bot in stage.recall.bots.values() if not bot.media_deleted]
        failures += [f"{len(kept)} recordings are left at the platform"] * bool(kept)
        left = await leftovers(rig, failures)
    figures: dict[str, float | int | str] = {
        "meetings_erased": len(meetings),
        "gone_after_s_max": round(slowest_s, 2),
        "left_of_one_person": left_of_one,
        "canaries_before": before,
        "vendor_failures_before": fails,
        "recordings_left_at_vendor": len(kept),
        "unannounced": len(unannounced),
        **left,
    }
    return Outcome(20, "secrets stay secret, deletion deletes", figures, failures)


def nowhere() -> str:
    """A model that cannot be reached: every answer is an error."""
    return f"http://127.0.0.1:{free_port()}/v1"


# -- before ----------------------------------------------------------------------------------------------------------


async def fill(stage: Stage, meeting_id: str) -> None:
    """Canaries in every place that words and names get to."""
    now_ms = round(time.time() * 1000)
    common: dict[str, Any] = {"meeting_id": meeting_id, "at": now_ms}
    said: dict[str, Any] = {"speaker": NAME, "participant_id": PERSON, "text": f"We need a {WORD} by Friday."}
    line = Line(id="canary", track="other", start_ms=1, end_ms=2, **said)
    chat: dict[str, Any] = {"participant_id": PERSON, "name": NAME, "text": f"@Chime what is a {CHATTED}?"}
    facts: list[Event] = [ParticipantJoined(id=new_id(), participant_id=PERSON, name=NAME, **common)]
    facts.append(ChatReceived(id=new_id(), **chat, **common))
    await until(lambda: is_told(stage.rig, meeting_id), 40)
    facts.append(LineHeard(id=new_id(), line=line, **common))
    for fact in facts:
        await stage.rig.bus.write(meeting_id, write_of(fact))
    where = f"/meetings/{meeting_id}"
    await asyncio.gather(
        stage.post(f"{where}/ask", {"question": f"Who saw the {ASKED}?", "asked_by": NAME}),
        stage.post(f"{where}/say", {"text": f"Here is the {TOLD}."}),
        put(stage, f"{where}/vocabulary", {"vocabulary": [TITLE]}),
        get(stage, f"{where}/brief"),
    )


async def put(stage: Stage, path: str, body: dict[str, object]) -> None:
    async with stage.http.put(path, json=body) as reply:
        await reply.read()


async def get(stage: Stage, path: str) -> None:
    async with stage.http.get(path) as reply:
        await reply.read()


async def is_told(rig: Rig, meeting_id: str) -> bool:
    return any(isinstance(fact, ConsentAnnounced) for fact in await rig.facts(meeting_id))


async def is_announced_first(rig: Rig, meeting_id: str) -> bool:
    kinds = [type(fact) for fact in await rig.facts(meeting_id)]
    if ConsentAnnounced not in kinds:
        return False
    return LineHeard not in kinds or kinds.index(ConsentAnnounced) < kinds.index(LineHeard)


# -- erasing -----------------------------------------------------------------------------------------------------------


async def erase_one(stage: Stage, meeting_id: str) -> int:
    """How often something of one person's is left in a meeting, after their words were erased."""
    async with stage.http.delete(f"/meetings/{meeting_id}/participants/{PERSON}") as reply:
        await reply.read()
        reply.raise_for_status()
    async with stage.http.get(f"/meetings/{meeting_id}/transcript") as reply:
        shown = await reply.read()
    kept = [key + value for key, value in await dumps(stage.rig.bus, f"*{meeting_id}*")]
    return hits([shown, *kept], THEIRS)


async def erase_all(stage: Stage, meetings: list[str]) -> float:
    """Returns the longest time until no key of a meeting was left, s."""
    first, second, *others = meetings
    began = time.monotonic()
    async with stage.http.delete(f"/meetings/{first}") as reply:
        await reply.read()
    await until(lambda: are_gone(stage.rig.bus, [first]), 30)
    slowest_s = time.monotonic() - began
    keys = MeetingKeys(second).shard
    await stage.rig.bus.redis.zadd(keys.due, {second: time.time() * 1000 - 1})
    await until(lambda: are_gone(stage.rig.bus, [second]), 30)
    began = time.monotonic()
    async with stage.http.delete("/tenants/me/data") as reply:
        await reply.read()
    await until(lambda: are_gone(stage.rig.bus, others), 60)
    return max(slowest_s, time.monotonic() - began)


async def are_gone(bus: Bus, meetings: list[str]) -> bool:
    """No key is named after them, once the receipt has gone too."""
    for meeting_id in meetings:
        async for key in bus.redis.scan_iter(f"*{meeting_id}*", count=1000):
            if key != MeetingKeys(meeting_id).timeline.encode():
                return False
    return True


async def is_confirmed(bus: Bus) -> bool:
    counts = [await bus.redis.zcard(ShardKeys(shard).vendor_erasures) for shard in range(SHARDS)]
    return not any(counts)


# -- what is left ---------------------------------------------------------------------------------------------------


async def leftovers(rig: Rig, failures: list[str]) -> dict[str, int]:
    """How often a canary was found, by place."""
    secret = [*WORDS, *KEYS.values()]
    in_metrics = hits([await metrics_of(port) for port in status_ports(rig.logs)], secret)
    loud, everything = await asyncio.to_thread(logs_of, rig.logs)
    found = {
        "keys_in_logs": hits(everything, KEYS.values()),
        "words_in_logs_above_debug": hits(loud, WORDS),
        "in_metrics": in_metrics,
        "in_redis": hits(dump_of(await values(rig.bus)), secret),
        "in_aof": hits(await aof_of(rig), secret),
    }
    failures += [f"{count} canaries {place}" for place, count in found.items() if count]
    return found


def hits(texts: Iterable[bytes], canaries: Iterable[str]) -> int:
    wanted = [canary.encode() for canary in canaries]
    return sum(text.count(canary) for text in texts for canary in wanted)


def dump_of(found: Iterable[bytes | None]) -> list[bytes]:
    return [value for value in found if value]


async def values(bus: Bus) -> list[bytes | None]:
    """All that Redis holds, as it would write it down."""
    return [key + value for key, value in await dumps(bus, "*")]


async def dumps(bus: Bus, pattern: str) -> list[tuple[bytes, bytes]]:
    keys = [key async for key in bus.redis.scan_iter(pattern, count=1000)]
    return [(key, await cast("Any", bus.redis.dump(key)) or b"") for key in keys]


async def aof_of(rig: Rig) -> list[bytes]:
    """Its files, once it has written them anew, and uncompressed."""
    await rig.bus.redis.config_set("rdbcompression", "no")
    await rig.bus.redis.bgrewriteaof()
    await until(lambda: is_rewritten(rig.bus), 30)
    await asyncio.sleep(1.2)  # what it replaces is deleted in the background
    folder = cast("dict[str, str]", await rig.bus.redis.config_get("dir"))["dir"]
    return await asyncio.to_thread(files_of, Path(folder) / "appendonlydir")


def files_of(folder: Path) -> list[bytes]:
    return [path.read_bytes() for path in folder.iterdir()]


async def is_rewritten(bus: Bus) -> bool:
    about = cast("dict[str, int]", await bus.redis.info("persistence"))
    return not about["aof_rewrite_in_progress"] and not about["aof_rewrite_scheduled"]


def logs_of(folder: Path) -> tuple[list[bytes], list[bytes]]:
    """Lines above debug, and all of them. What is no log entry counts as loud."""
    lines = [line for path in folder.glob("*.log") for line in path.read_bytes().splitlines()]
    return [line for line in lines if level_of(line) not in QUIET_LEVELS], lines


def level_of(line: bytes) -> str:
    try:
        return str(msgspec.json.decode(line, type=dict[str, Any]).get("level", ""))
    except msgspec.DecodeError:
        return ""


def status_ports(folder: Path) -> list[int]:
    found = [
        STATUS_PORT.search(line)
        for path in folder.glob("*.log")
        for line in path.read_text(errors="replace").splitlines()
        if '"status.listening"' in line or '"gateway.listening"' in line
    ]
    return [int(one[1]) for one in found if one]


async def metrics_of(port: int) -> bytes:
    async with aiohttp.ClientSession() as plain, plain.get(f"http://127.0.0.1:{port}/metrics") as reply:
        return await reply.read()
