"""Promise 6: the speech engine may fail in every way. Deepgram's adapter before a stand-in that misbehaves."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from rehearsal.deepgram.closing import CUT, NO_ANSWER, NO_AUDIO, Close
from rehearsal.deepgram.server import DeepgramServer
from rehearsal.fake_bot import FakeBot, Plan
from rehearsal.promises.rig import Outcome, Rig, is_open, socket_url, until
from shared.events import HearingTroubled, Line, LineHeard
from shared.meetings import Trouble
from shared.ports import free_port

WORD_MS = 200
EXACT_MS = 20
MOST_AHEAD_S = 0.25
"""Audio beyond 1.25 times real time: a chunk and the granularity of a clock."""
LONGEST_SILENCE_S = 5.0
CALM_S = 20.0
"""After the last fault, before the audio ends."""
REFUSED_S, STALL_S, HALF_OPEN_S, SLOW_ACCEPT_S = 30.0, 8.0, 16.0, 4.0

Fault = Callable[[DeepgramServer], Awaitable[None]]


async def cut(deepgram: DeepgramServer) -> None:
    """The network goes."""
    deepgram.end_all(CUT)


async def close_unanswered(deepgram: DeepgramServer) -> None:
    deepgram.end_all(NO_ANSWER)


async def close_unheard(deepgram: DeepgramServer) -> None:
    deepgram.end_all(NO_AUDIO)


async def refuse(deepgram: DeepgramServer) -> None:
    """All slots are taken: those who are cut off wait for one."""
    deepgram.faults.refuse_for(REFUSED_S)
    deepgram.end_all(CUT)


async def half_open(deepgram: DeepgramServer) -> None:
    deepgram.faults.half_open = True
    await asyncio.sleep(HALF_OPEN_S)
    deepgram.faults.half_open = False
    deepgram.end_all(CUT)


async def stall(deepgram: DeepgramServer) -> None:
    deepgram.faults.stall_for(STALL_S)


async def accept_slowly(deepgram: DeepgramServer) -> None:
    deepgram.faults.accept_delay_s = SLOW_ACCEPT_S
    deepgram.end_all(CUT)
    await asyncio.sleep(SLOW_ACCEPT_S + 2)
    deepgram.faults.accept_delay_s = 0.0


async def lose_finals(deepgram: DeepgramServer) -> None:
    """The sockets end before what was heard has become final."""
    deepgram.faults.loses_finals = True
    await asyncio.sleep(3.0)
    deepgram.end_all(Close(1000, ""))
    deepgram.faults.loses_finals = False


FAULTS: Sequence[Fault] = (
    cut,
    refuse,
    close_unanswered,
    stall,
    cut,
    half_open,
    close_unheard,
    accept_slowly,
    lose_finals,
)


async def run(rig: Rig) -> Outcome:
    async with DeepgramServer() as deepgram:
        port = free_port()
        hearing = {
            "TRANSCRIBER_ENGINE": "deepgram",
            "DEEPGRAM_API_KEY": "rehearsal",
            "DEEPGRAM_BASE_URL": deepgram.url,
        }
        await rig.start("ingest", "ingest", INGEST_PORT=str(port), RECALL_SOCKETS="1")
        await rig.start("transcriber", "transcriber-1", **hearing)
        await rig.start("transcriber", "transcriber-2", **hearing)
        await until(partial(is_open, port), 20)
        meetings = await rig.new_meetings(rig.load.meetings)
        plan = Plan(seconds=rig.load.seconds, redial_s=0.5, blocks_per_frame=5, resend_s=1.0)
        bots = [FakeBot(socket_url(port, meeting), n, plan) for n, meeting in enumerate(meetings)]
        failing = asyncio.create_task(fail(rig, deepgram), name="faults")
        await asyncio.gather(*(bot.run() for bot in bots))
        faults = await failing
        await rig.end(meetings)
        return await judge(rig, meetings, deepgram, faults)


async def fail(rig: Rig, deepgram: DeepgramServer) -> int:
    """Every 20 to 60 s, quicker where the whole run is short; every kind comes at least once. Returns how many."""
    loop, count = asyncio.get_running_loop(), 0
    calm_at = loop.time() + rig.load.seconds - CALM_S
    least_s = min(20.0, rig.load.seconds / (2 * len(FAULTS)))
    while (pause_s := rig.chance.uniform(least_s, 2 * least_s)) and loop.time() + pause_s < calm_at:
        await asyncio.sleep(pause_s)
        await FAULTS[count % len(FAULTS)](deepgram)
        count += 1
    return count


async def judge(rig: Rig, meetings: list[str], deepgram: DeepgramServer, faults: int) -> Outcome:
    failures: list[str] = []
    lost_ms = doubled = worst_ms = late = waits = 0
    for meeting in meetings:
        verdict = await rig.check(meeting)
        lost_ms += verdict.lost_ms
        doubled += len(verdict.doubled) + len(verdict.doubled_lines)
        failures += [f"{meeting}: {verdict}"] * (not verdict.is_clean)
        facts = await rig.facts(meeting)
        worst_ms = max([worst_ms, *(beside_ms(fact.line) for fact in facts if isinstance(fact, LineHeard))])
        troubles = [fact.trouble for fact in facts if isinstance(fact, HearingTroubled)]
        late += Trouble.LATE in troubles
        waits += Trouble.NO_SLOT in troubles
    ahead_s = max(one.intake.most_ahead_s for one in deepgram.sockets)
    failures += [f"a word is {worst_ms} ms beside the truth"] * (worst_ms > EXACT_MS)
    failures += [f"{ahead_s:.2f} s of audio came faster than 1.25 times real time"] * (ahead_s > MOST_AHEAD_S)
    failures += ["nobody was told of words that came late"] * (faults >= len(FAULTS) and not late)
    figures: dict[str, float | int | str] = {
        "meetings": len(meetings),
        "faults": faults,
        "sockets": len(deepgram.sockets),
        "lost_ms": lost_ms,
        "doubled": doubled,
        "word_times_beside_the_truth_ms_max": worst_ms,
        "audio_ahead_of_1.25x_s_max": round(ahead_s, 3),
        "meetings_told_that_words_are_late": late,
        "meetings_told_that_they_wait_for_a_slot": waits,
    }
    return Outcome(6, "speech to text may fail in every way", figures, failures)


def beside_ms(line: Line) -> int:
    """By how much the worst word of a line is misplaced."""
    return max(abs(word.start_ms - int(word.text.removeprefix("n")) * WORD_MS) for word in line.words)
