"""A Redis behind TLS, with an authority of one's own, as the operator's page says to write it."""

import asyncio
import contextlib
import ssl
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from support import facts_of, new_meeting

from shared.bus import Bus
from shared.errors import BusError
from shared.redis_checks import open_bus

pytestmark = [pytest.mark.shipping, pytest.mark.one_server]


async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while piece := await reader.read(1 << 16):
            writer.write(piece)
            await writer.drain()
    writer.close()


@pytest.fixture
async def behind_tls(redis_url: str, tmp_path: Path) -> AsyncIterator[tuple[int, Path]]:
    """The port, and the certificate of the authority."""
    key, certificate = tmp_path / "tls.key", tmp_path / "ca.crt"
    made = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-days",
        "1",
    ]
    names = ["-subj", "/CN=redis", "-addext", "subjectAltName=DNS:localhost"]
    subprocess.run([*made, *names, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    behind = urlsplit(redis_url).port

    async def forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", behind)
        await asyncio.gather(carry(reader, inner_writer), carry(inner_reader, writer))

    async with await asyncio.start_server(forward, "localhost", 0, ssl=context) as server:
        yield server.sockets[0].getsockname()[1], certificate


async def test_a_redis_whose_certificate_is_known_is_used(bus: Bus, behind_tls: tuple[int, Path]) -> None:
    port, certificate = behind_tls
    meeting = await new_meeting(bus)
    safe = await open_bus(f"rediss://localhost:{port}/0?ssl_ca_certs={certificate}")
    assert len(await facts_of(safe, meeting)) == 1
    await safe.close()


async def test_a_stranger_in_its_place_is_refused(bus: Bus, behind_tls: tuple[int, Path]) -> None:
    port, _ = behind_tls
    with pytest.raises(BusError, match="cannot be reached"):
        await open_bus(f"rediss://localhost:{port}/0")
