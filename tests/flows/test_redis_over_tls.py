"""Redis behind TLS, with a certificate of one's own authority."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import trustme
from support import facts_of, new_meeting

from rehearsal.redis_servers import RedisServer
from shared.bus import new_bus
from shared.errors import BusError
from shared.events import Hushed
from shared.ports import free_port
from shared.redis_checks import open_bus

BINARY = shutil.which("redis-server") or shutil.which("valkey-server")
pytestmark = pytest.mark.skipif(not BINARY, reason="no installed redis-server: that of the package knows no TLS")


@pytest.fixture
async def authority(tmp_path: Path) -> Path:
    """The file of the authority's certificate; the server's own are beside it."""
    authority = trustme.CA()
    certificate = authority.issue_cert("127.0.0.1")
    authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    certificate.private_key_pem.write_to_path(str(tmp_path / "key.pem"))
    certificate.cert_chain_pems[0].write_to_path(str(tmp_path / "certificate.pem"))
    return tmp_path / "authority.pem"


@pytest.fixture
async def tls_port(tmp_path: Path, authority: Path) -> AsyncIterator[int]:
    port = free_port()
    files = {"cert": "certificate.pem", "key": "key.pem", "ca-cert": "authority.pem"}
    options = ["--tls-port", str(port), "--tls-auth-clients", "no"]
    options += [part for name, file in files.items() for part in (f"--tls-{name}-file", str(tmp_path / file))]
    server = RedisServer(str(BINARY), tmp_path / "server", free_port(), options)
    await server.start()
    yield port
    await server.stop()


async def test_a_trusted_server_is_used(tls_port: int, authority: Path) -> None:
    bus = await open_bus(f"rediss://127.0.0.1:{tls_port}/0?ssl_ca_certs={authority}")
    meeting_id = await new_meeting(bus)
    await bus.append(meeting_id, Hushed(id="h", meeting_id=meeting_id, at=1, by="A"))
    assert (await facts_of(bus, meeting_id))[-1].id == "h"
    await bus.close()


async def test_a_server_that_nobody_vouches_for_is_refused(tls_port: int) -> None:
    with pytest.raises(BusError, match="cannot be reached"):
        await open_bus(f"rediss://127.0.0.1:{tls_port}/0")


async def test_a_plain_connection_is_refused(tls_port: int) -> None:
    with pytest.raises(BusError):
        await open_bus(f"redis://127.0.0.1:{tls_port}/0")


async def test_a_cluster_is_reached_over_tls_too(authority: Path) -> None:
    bus = new_bus(f"rediss+cluster://user:secret@one:7000,two:7001?ssl_ca_certs={authority}")
    kept = bus.redis.get_connection_kwargs()
    assert (kept["username"], kept["password"], kept["ssl_ca_certs"]) == ("user", "secret", str(authority))
    assert {node.name for node in bus.redis.nodes_manager.startup_nodes.values()} == {"one:7000", "two:7001"}
    await bus.close()
