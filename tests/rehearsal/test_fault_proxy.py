import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from itertools import pairwise

import pytest
from support import eventually

from rehearsal.fault_proxy import FaultProxy, schedule
from shared.ports import free_port

Line = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Parrot:
    """A server that says what it hears, and keeps it."""

    def __init__(self) -> None:
        self.port = 0
        self.heard = bytearray()
        self.ends: list[str] = []
        """How its connections ended: `closed` or `reset`."""
        self.writers: list[asyncio.StreamWriter] = []

    async def repeat(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writers.append(writer)
        try:
            while piece := await reader.read(1 << 16):
                self.heard += piece
                writer.write(piece)
            self.ends.append("closed")
        except ConnectionError:
            self.ends.append("reset")
        writer.close()


@contextlib.asynccontextmanager
async def parrot_behind(seed: int = 0) -> AsyncIterator[tuple[FaultProxy, Parrot]]:
    parrot = Parrot()
    server = await asyncio.start_server(parrot.repeat, "127.0.0.1", 0)
    parrot.port = server.sockets[0].getsockname()[1]
    async with server, FaultProxy(parrot.port, seed=seed) as proxy:
        yield proxy, parrot


async def dial(proxy: FaultProxy) -> Line:
    return await asyncio.open_connection("127.0.0.1", proxy.port)


async def said_back(line: Line, what: bytes) -> bytes:
    reader, writer = line
    writer.write(what)
    async with asyncio.timeout(5):
        return await reader.readexactly(len(what))


async def is_silent(reader: asyncio.StreamReader, for_s: float = 0.2) -> bool:
    try:
        async with asyncio.timeout(for_s):
            await reader.read(1)
    except TimeoutError:
        return True
    return False


async def hang_up(line: Line) -> None:
    line[1].close()
    with contextlib.suppress(ConnectionError):
        await line[1].wait_closed()


async def test_without_faults_everything_comes_through_unchanged() -> None:
    async with parrot_behind() as (proxy, parrot):
        line, sent = await dial(proxy), bytes(range(256)) * 4_000
        assert await said_back(line, sent) == sent == bytes(parrot.heard)
        await hang_up(line)


async def test_connections_and_bytes_are_counted() -> None:
    async with parrot_behind() as (proxy, _):
        lines = [await dial(proxy), await dial(proxy)]
        for line in lines:
            await said_back(line, b"12345")
        assert (proxy.connections, proxy.open_connections) == (2, 2)
        assert (proxy.up.passed_bytes, proxy.down.passed_bytes) == (10, 10)
        for line in lines:
            await hang_up(line)
        await eventually(lambda: proxy.open_connections == 0)
        assert proxy.connections == 2


async def test_what_was_said_before_a_goodbye_still_arrives() -> None:
    async with parrot_behind() as (proxy, parrot):
        reader, writer = await dial(proxy)
        writer.transport.pause_reading()
        writer.write(bytes(30_000))
        writer.write_eof()
        await eventually(lambda: proxy.open_connections == 0)
        writer.transport.resume_reading()
        assert await reader.read(-1) == bytes(30_000)
        assert parrot.ends == ["closed"]
        writer.close()


async def test_more_than_all_buffers_hold_comes_through_as_it_is_read() -> None:
    async with parrot_behind() as (proxy, _):
        reader, writer = await dial(proxy)
        writer.write(bytes(12_000_000))
        writer.write_eof()
        assert len(await reader.read(-1)) == 12_000_000
        writer.close()


async def test_a_cut_resets_both_sides() -> None:
    async with parrot_behind() as (proxy, parrot):
        line = await dial(proxy)
        await said_back(line, b"here")
        proxy.cut()
        with pytest.raises(ConnectionResetError):
            await line[0].read(1)
        await eventually(lambda: parrot.ends == ["reset"])
        await hang_up(line)


async def test_after_a_cut_new_connections_work() -> None:
    async with parrot_behind() as (proxy, _):
        first = await dial(proxy)
        await said_back(first, b"one")
        proxy.cut()
        second = await dial(proxy)
        assert await said_back(second, b"two") == b"two"
        for line in (first, second):
            await hang_up(line)


async def reset_by_server(line: Line, proxy: FaultProxy, parrot: Parrot, *, is_held: bool) -> None:
    """It leaves with something unread."""
    await said_back(line, b"here")
    parrot.writers[0].transport.pause_reading()
    line[1].write(b"unread")
    await eventually(lambda: proxy.up.passed_bytes == 10)
    if is_held:
        proxy.hold()
    parrot.writers[0].transport.abort()


async def test_a_reset_by_the_server_reaches_the_client() -> None:
    async with parrot_behind() as (proxy, parrot):
        line = await dial(proxy)
        await reset_by_server(line, proxy, parrot, is_held=False)
        with pytest.raises(ConnectionResetError):
            await line[0].read(1)
        await hang_up(line)


async def test_without_a_server_the_client_is_reset() -> None:
    async with FaultProxy(free_port()) as proxy:
        line = await dial(proxy)
        with pytest.raises(ConnectionResetError):
            await line[0].read(1)
        await hang_up(line)


async def test_held_up_nothing_reaches_the_server_until_it_is_released() -> None:
    async with parrot_behind() as (proxy, parrot):
        reader, writer = await dial(proxy)
        await said_back((reader, writer), b"a")
        proxy.up.hold()
        writer.write(b"b")
        assert await is_silent(reader)
        assert bytes(parrot.heard) == b"a"
        proxy.up.release()
        assert await reader.readexactly(1) == b"b"
        await hang_up((reader, writer))


async def test_held_down_the_server_hears_but_its_answers_do_not_come() -> None:
    async with parrot_behind() as (proxy, parrot):
        reader, writer = await dial(proxy)
        proxy.down.hold()
        writer.write(b"b")
        await eventually(lambda: bytes(parrot.heard) == b"b")
        assert await is_silent(reader)
        proxy.down.release()
        assert await reader.readexactly(1) == b"b"
        await hang_up((reader, writer))


async def test_half_open_hides_a_goodbye() -> None:
    async with parrot_behind() as (proxy, parrot):
        reader, writer = await dial(proxy)
        await said_back((reader, writer), b"a")
        proxy.hold()
        parrot.writers[0].close()
        assert await is_silent(reader)
        proxy.release()
        assert await reader.read(1) == b""
        await hang_up((reader, writer))


async def test_half_open_hides_a_reset() -> None:
    async with parrot_behind() as (proxy, parrot):
        line = await dial(proxy)
        await reset_by_server(line, proxy, parrot, is_held=True)
        assert await is_silent(line[0])
        proxy.release()
        with pytest.raises(ConnectionResetError):
            await line[0].read(1)
        await hang_up(line)


async def test_a_held_connection_can_be_cut() -> None:
    async with parrot_behind() as (proxy, _):
        line = await dial(proxy)
        await said_back(line, b"a")
        proxy.hold()
        proxy.cut()
        with pytest.raises(ConnectionResetError):
            await line[0].read(1)
        await hang_up(line)


async def test_a_stall_ends_by_itself() -> None:
    async with parrot_behind() as (proxy, _):
        line = await dial(proxy)
        await said_back(line, b"a")
        started = time.monotonic()
        stalling = asyncio.create_task(proxy.stall(0.3))
        await asyncio.sleep(0)
        assert await said_back(line, b"b") == b"b"
        assert time.monotonic() - started >= 0.3
        await stalling
        await hang_up(line)


async def test_a_delay_moves_bytes_later_and_does_not_slow_them_down() -> None:
    async with parrot_behind() as (proxy, _):
        line = await dial(proxy)
        proxy.up.delay_s = 0.2
        started = time.monotonic()
        for _ in range(20):
            line[1].write(b"x")
            await asyncio.sleep(0.005)
        await line[0].readexactly(20)
        assert 0.2 <= time.monotonic() - started < 1.5, "twenty pieces, one delay"
        await hang_up(line)


async def test_a_throttled_line_keeps_its_rate() -> None:
    async with parrot_behind() as (proxy, _):
        line = await dial(proxy)
        proxy.up.bytes_per_s = 20_000
        started = time.monotonic()
        await said_back(line, bytes(8_000))
        assert 0.35 <= time.monotonic() - started < 2
        await hang_up(line)


async def test_a_throttle_can_be_taken_off_in_the_middle_of_a_piece() -> None:
    async with parrot_behind() as (proxy, parrot):
        line = await dial(proxy)
        proxy.up.bytes_per_s = 1_000
        line[1].write(bytes(60_000))
        await eventually(lambda: parrot.heard)
        proxy.up.bytes_per_s = 0
        async with asyncio.timeout(5):
            await line[0].readexactly(60_000)
        await hang_up(line)


async def spoiled(seed: int) -> bytes:
    """What comes of two pieces, of which the first is corrupted."""
    async with parrot_behind(seed) as (proxy, _):
        line = await dial(proxy)
        proxy.up.corruptions = 1
        found = await said_back(line, bytes(1_000)) + await said_back(line, bytes(1_000))
        await hang_up(line)
        return found


async def test_exactly_one_byte_is_corrupted_and_only_so_often_as_told() -> None:
    found = await spoiled(7)
    assert sum(byte != 0 for byte in found[:1_000]) == 1
    assert found[1_000:] == bytes(1_000)


async def test_the_seed_says_which_byte_is_corrupted() -> None:
    assert await spoiled(7) == await spoiled(7) != await spoiled(8)


async def test_leaving_ends_every_connection_held_or_not() -> None:
    async with parrot_behind() as (proxy, _):
        line = await dial(proxy)
        await said_back(line, b"a")
        proxy.hold()
    with pytest.raises(ConnectionResetError):
        await line[0].read(1)
    await hang_up(line)


def test_a_schedule_is_the_same_for_the_same_seed() -> None:
    plans = [schedule("abc", seconds=600, every_s=(20, 60), seed=seed) for seed in (1, 1, 2)]
    assert plans[0] == plans[1] != plans[2]


def test_a_schedule_keeps_its_distances_and_its_end() -> None:
    times = [0.0, *(at_s for at_s, _ in schedule("abc", seconds=600, every_s=(20, 60), seed=3))]
    assert all(20 <= later - earlier <= 60 for earlier, later in pairwise(times))
    assert 540 <= times[-1] < 600


def test_every_kind_comes_before_one_comes_again() -> None:
    kinds = [kind for _, kind in schedule("abcd", seconds=400, every_s=(20, 60), seed=4)]
    assert set(kinds[:4]) == set(kinds[4:8]) == set("abcd")
