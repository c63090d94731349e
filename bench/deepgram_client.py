"""What a Deepgram socket costs: the official SDK beside the adapter, against one local server in one run.

    python -m bench.deepgram_client

CPU of this process only; the server is another one. The SDK's figure ends with its parsed message, the adapter's with
words in source time. Writes bench-output/deepgram_client.json.
"""

import asyncio
import contextlib
import json
import multiprocessing
import statistics
import time
from collections.abc import AsyncIterator, Awaitable, Iterator
from contextlib import asynccontextmanager, contextmanager
from multiprocessing.connection import Connection
from pathlib import Path

from deepgram import AsyncDeepgramClient
from deepgram.environment import DeepgramClientEnvironment
from deepgram.listen.v1.socket_client import AsyncV1SocketClient
from deepgram.listen.v1.types.listen_v1configure import ListenV1Configure
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from shared.config import Secret
from transcriber.adapters.deepgram import build_deepgram_engine
from transcriber.adapters.deepgram_pacing import Limits
from transcriber.adapters.deepgram_stream import DeepgramStream
from transcriber.ports import StreamSpec

MESSAGES = 500
FRAMES = 5_000
WARM = 100
WORDS = 20
ROUNDS = 5
FRAME = bytes(3200)
OUTPUT = Path("bench-output")
UNHURRIED = Limits(pace=1e9, stall_s=1e9)
"""The pacing is on, but nothing has to wait."""
TELL, HOLD = "tell", "hold"
"""As terms to be learned: the server tells all its messages, or stops reading."""
ASKED = {"model": "nova-3", "encoding": "linear16", "sample_rate": 16000, "channels": 1, "interim_results": True}


def result(n: int) -> str:
    """A final result of 20 words in the second `n`."""
    words = [
        {
            "word": f"word{i}",
            "punctuated_word": f"Word{i},",
            "start": n + i / WORDS,
            "end": n + (i + 1) / WORDS,
            "confidence": 0.987654,
            "speaker": i % 2,
        }
        for i in range(WORDS)
    ]
    alternative = {"transcript": " ".join(f"Word{i}," for i in range(WORDS)), "confidence": 0.98, "words": words}
    info = {"name": "general-nova-3", "version": "2025-01-01.0", "arch": "nova-3"}
    return json.dumps(
        {
            "type": "Results",
            "channel_index": [0, 1],
            "start": n,
            "duration": 1.0,
            "is_final": True,
            "speech_final": True,
            "from_finalize": False,
            "channel": {"alternatives": [alternative]},
            "metadata": {"request_id": "bench", "model_uuid": "bench", "model_info": info},
        }
    )


async def answer(socket: ServerConnection) -> None:
    with contextlib.suppress(ConnectionClosed):
        async for frame in socket:
            if isinstance(frame, str):
                await obey(socket, frame)


async def obey(socket: ServerConnection, command: str) -> None:
    if TELL in command:
        for n in range(MESSAGES):
            await socket.send(result(n))
    elif HOLD in command:
        socket.transport.pause_reading()
        await asyncio.sleep(60)


async def serve_until_killed(ready: Connection) -> None:
    async with serve(answer, "127.0.0.1", 0, compression=None) as server:
        ready.send(server.sockets[0].getsockname()[1])
        await asyncio.get_running_loop().create_future()


def run_server(ready: Connection) -> None:
    asyncio.run(serve_until_killed(ready))


@contextmanager
def server() -> Iterator[int]:
    """Its port."""
    mine, other = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=run_server, args=(other,), daemon=True)
    process.start()
    try:
        yield mine.recv()
    finally:
        process.kill()
        process.join()


# -- the SDK -----------------------------------------------------------------------------------------------------------


@asynccontextmanager
async def sdk(port: int) -> AsyncIterator[AsyncV1SocketClient]:
    ws, http = f"ws://127.0.0.1:{port}", f"http://127.0.0.1:{port}"
    environment = DeepgramClientEnvironment(base=http, production=ws, agent=ws, agent_rest=http)
    async with AsyncDeepgramClient(api_key="bench", environment=environment).listen.v1.connect(**ASKED) as socket:
        yield socket


async def sdk_send(socket: AsyncV1SocketClient, count: int) -> None:
    for _ in range(count):
        await socket.send_media(FRAME)


async def sdk_receive(socket: AsyncV1SocketClient) -> None:
    await socket.send_configure(ListenV1Configure(keyterms=[TELL]))
    left = MESSAGES
    async for _ in socket:
        left -= 1
        if not left:
            return


async def sdk_costs(port: int) -> tuple[float, float]:
    async with sdk(port) as socket:
        await sdk_send(socket, WARM)
        return await cpu_us(sdk_send(socket, FRAMES), FRAMES), await cpu_us(sdk_receive(socket), MESSAGES)


async def sdk_leaves(port: int) -> float:
    async with sdk(port) as socket:
        await socket.send_configure(ListenV1Configure(keyterms=[HOLD]))
        await asyncio.sleep(0.2)
        began = time.perf_counter()
    return time.perf_counter() - began


# -- the adapter -------------------------------------------------------------------------------------------------------


@asynccontextmanager
async def adapter(port: int) -> AsyncIterator[DeepgramStream]:
    engine = build_deepgram_engine(Secret("bench"), f"http://127.0.0.1:{port}", limits=UNHURRIED)
    yield await engine.open(StreamSpec(track="mixed", start_ms=0, fresh_from_ms=0))
    await engine.close()


async def adapter_send(stream: DeepgramStream, from_ms: int, count: int) -> None:
    for n in range(count):
        await stream.send(from_ms + n * 100, FRAME)


async def adapter_receive(stream: DeepgramStream) -> None:
    await stream.learn((TELL,))
    left = MESSAGES
    async for heard in stream.results():
        left -= heard.is_final
        if not left:
            return


async def adapter_costs(port: int) -> tuple[float, float]:
    async with adapter(port) as stream:
        await adapter_send(stream, 0, WARM)
        sent = await cpu_us(adapter_send(stream, WARM * 100, FRAMES), FRAMES)
        return sent, await cpu_us(adapter_receive(stream), MESSAGES)


async def adapter_leaves(port: int) -> float:
    async with adapter(port) as stream:
        await stream.learn((HOLD,))
        await asyncio.sleep(0.2)
        began = time.perf_counter()
    return time.perf_counter() - began


async def cpu_us(work: Awaitable[None], count: int) -> float:
    began = time.process_time()
    await work
    return (time.process_time() - began) / count * 1e6


async def measure(port: int) -> dict[str, dict[str, float]]:
    """In turns, so that what else the machine does hits both."""
    costs: dict[str, list[tuple[float, float]]] = {"sdk": [], "adapter": []}
    for _ in range(ROUNDS):
        costs["sdk"].append(await sdk_costs(port))
        costs["adapter"].append(await adapter_costs(port))
    leaving = {"sdk": await sdk_leaves(port), "adapter": await adapter_leaves(port)}
    return {name: {**figures(rounds), "leave_s": leaving[name]} for name, rounds in costs.items()}


def figures(rounds: list[tuple[float, float]]) -> dict[str, float]:
    sent, received = zip(*rounds, strict=True)
    return {"frame_us": statistics.median(sent), "message_us": statistics.median(received)}


def report(measured: dict[str, dict[str, float]]) -> None:
    print(f"{'':<8} {'µs per 100 ms frame':>20} {'µs per message':>16} {'s to leave a silent peer':>26}")
    for name, row in measured.items():
        print(f"{name:<8} {row['frame_us']:>20.1f} {row['message_us']:>16.1f} {row['leave_s']:>26.2f}")
    (OUTPUT / "deepgram_client.json").write_text(json.dumps(measured, indent=1))


if __name__ == "__main__":
    OUTPUT.mkdir(exist_ok=True)
    with server() as port:
        report(asyncio.run(measure(port)))
