"""Promise 8: an ingest may die. With one socket the hole is told exactly; with two there is none."""

import asyncio
from dataclasses import dataclass
from functools import partial

from rehearsal.fake_bot import Call, FakeBot, Plan
from rehearsal.promises.rig import Outcome, Rig, is_open, socket_url, until
from shared.ports import free_port

REDIAL_S = 3.0
EVERY_S = 8.0
"""Between two kills of one worker: its bots are back, and have been heard for a while."""
TOLERANCE_MS = 120
"""The chunk of 100 ms in hand, and a frame of 20 ms on its way, die with the process."""
LONGEST_MS = 3_500
SETTLE_S = 2.0


@dataclass
class Single:
    """A meeting with one socket."""

    meeting_id: str
    bot: FakeBot


async def run(rig: Rig) -> Outcome:
    ports = {"ingest-a": free_port(), "ingest-b": free_port(), "ingest-c": free_port()}
    for name, port in ports.items():
        sockets = "1" if name == "ingest-a" else "2"
        await rig.start("ingest", name, INGEST_PORT=str(port), RECALL_SOCKETS=sockets)
    await rig.start("transcriber", "transcriber-1")
    await rig.start("transcriber", "transcriber-2")
    for port in ports.values():
        await until(partial(is_open, port), 20)
    half = max(1, rig.load.meetings // 2)
    meetings = await rig.new_meetings(2 * half)
    plan = Plan(seconds=rig.load.seconds, redial_s=REDIAL_S)
    singles = [
        Single(meeting, FakeBot(socket_url(ports["ingest-a"], meeting), n, plan))
        for n, meeting in enumerate(meetings[:half])
    ]
    calls = [single.bot.run() for single in singles]
    for n, meeting in enumerate(meetings[half:], half):
        call = Call()
        calls += [FakeBot(socket_url(ports[name], meeting), n, plan, call).run() for name in ("ingest-b", "ingest-c")]
    killing = asyncio.create_task(kill(rig), name="killing")
    await asyncio.gather(*calls)
    await killing
    await asyncio.sleep(SETTLE_S)
    await rig.end(meetings)
    return await judge(rig, singles, meetings[half:])


async def kill(rig: Rig) -> None:
    """As often as the load says, each time one worker of the single sockets and one of the twins."""
    twins = ("ingest-b", "ingest-c")
    for n in range(rig.load.kills):
        await asyncio.sleep(EVERY_S - 2 + rig.chance.uniform(0.0, 2.0))
        await asyncio.gather(rig.kill_and_start("ingest", "ingest-a"), rig.kill_and_start("ingest", twins[n % 2]))


async def judge(rig: Rig, singles: list[Single], twins: list[str]) -> Outcome:
    failures: list[str] = []
    worst_ms = longest_ms = lost_single_ms = 0
    true_gaps = 0
    for single in singles:
        told, true = await rig.gaps(single.meeting_id), single.bot.gaps()
        true_gaps += len(true)
        if len(told) != len(true):
            failures.append(f"{single.meeting_id}: {len(true)} holes, {len(told)} told")
            continue
        for one, other in zip(told, true, strict=True):
            worst_ms = max(worst_ms, abs(one.start - other.start), abs(one.stop - other.stop))
            longest_ms = max(longest_ms, len(one))
        verdict = await rig.check(single.meeting_id, [*told, *true])
        lost_single_ms += verdict.lost_ms
        failures += [f"{single.meeting_id}: {verdict}"] * (not verdict.is_clean)
    failures += [f"a hole is told {worst_ms} ms beside the truth"] * (worst_ms > TOLERANCE_MS)
    failures += [f"a hole of {longest_ms} ms"] * (longest_ms > LONGEST_MS)
    lost_twin_ms = doubled = 0
    for meeting in twins:
        verdict, gaps = await rig.check(meeting), await rig.gaps(meeting)
        lost_twin_ms += verdict.lost_ms
        doubled += len(verdict.doubled) + len(verdict.doubled_lines)
        failures += [f"{meeting} with two sockets: {verdict}, gaps {gaps[:3]}"] * (not verdict.is_clean or bool(gaps))
    figures: dict[str, float | int | str] = {
        "kills": 2 * rig.load.kills,
        "holes_with_one_socket": true_gaps,
        "told_beside_the_truth_ms_max": worst_ms,
        "longest_hole_ms": longest_ms,
        "lost_outside_holes_ms": lost_single_ms,
        "lost_with_two_sockets_ms": lost_twin_ms,
        "doubled_with_two_sockets": doubled,
    }
    return Outcome(8, "ingest may die", figures, failures)
