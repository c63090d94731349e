"""Webhooks go to public hosts only, however the address is written and whatever its name turns into."""

import ipaddress
import socket

import pytest
from aiohttp.abc import AbstractResolver

from gateway.hooks.addresses import ForbiddenAddressError, PublicResolver, is_public, problem_of

PRIVATE = """127.0.0.1 10.0.0.1 172.16.0.1 192.168.1.1 169.254.169.254 100.64.0.1 0.0.0.0 224.0.0.1 240.0.0.1
255.255.255.255 192.0.0.170 198.18.0.1 192.0.2.1 ::1 :: fe80::1 fc00::1 fd00:ec2::254 fec0::1 ff02::1 2001:db8::1
::ffff:127.0.0.1 ::ffff:169.254.169.254 ::ffff:10.0.0.1 64:ff9b::7f00:1 64:ff9b::a9fe:a9fe 2002:7f00:1::
2002:a9fe:a9fe:: 2001:0:4136:e378:8000:63bf:80ff:fffe""".split()
PUBLIC = "8.8.8.8 1.1.1.1 93.184.216.34 2606:4700::1111 ::ffff:8.8.8.8 64:ff9b::808:808 2002:808:808::".split()
TRICKS = [
    "https://127.0.0.1/",
    "https://127.1/",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0177.0.0.1/",
    "https://[::1]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:a9fe:a9fe]/",
    "https://[fe80::1%25eth0]/",
    "https://localhost/",
    "https://localhost./",
    "https://a.localhost/",
    "https://redis/",
    "https://metadata.google.internal/",
    "https://printer.local/",
    "https://169.254.169.254/latest/meta-data/",
    "https://１２７.0.0.1/",
    "https://①②⑦.0.0.1/",
    "http://example.org/",
    "ftp://example.org/",
    "file:///etc/passwd",
    "gopher://127.0.0.1:6379/_FLUSHALL",
    "https://user@example.org/",
    "https://user:pass@example.org/",
    "https://example.org@127.0.0.1/",
    "https://example.org\\@127.0.0.1/",
    "https://example.org /",
    "https://exa\tmple.org/",
    "https://example.org:99999/",
    "https://:443/",
    "https:///x",
    "//example.org/",
    "example.org",
    "",
    "https://" + "a" * 3000 + ".org/",
]


class Names(AbstractResolver):
    """Each look-up of a name gives its next answer; the last one stays."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)

    async def resolve(self, host, port=0, family=socket.AF_INET):
        found = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        about = {"hostname": host, "port": port, "family": family, "proto": 0, "flags": 0}
        return [{**about, "host": address} for address in found]

    async def close(self) -> None:
        """Nothing to close."""


@pytest.mark.parametrize("address", PRIVATE)
def test_address_that_is_not_public_is_known(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", PUBLIC)
def test_public_address_is_known(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("url", TRICKS)
def test_trick_is_refused_as_it_is_written(url: str) -> None:
    assert problem_of(url, private_allowed=False)


@pytest.mark.parametrize(
    "url", ["https://example.org/hooks", "https://hooks.example.org:8443/a?b=c", "https://8.8.8.8/"]
)
def test_ordinary_address_is_taken(url: str) -> None:
    assert problem_of(url, private_allowed=False) == ""


def test_private_ones_are_taken_where_the_setting_says_so_but_not_nonsense() -> None:
    assert problem_of("http://127.0.0.1:9/x", private_allowed=True) == ""
    assert problem_of("ftp://127.0.0.1/x", private_allowed=True)
    assert problem_of("http://a@127.0.0.1/x", private_allowed=True)


@pytest.mark.parametrize("address", PRIVATE)
async def test_name_that_leads_to_a_private_address_is_refused(address: str) -> None:
    for answer in ([address], ["8.8.8.8", address]):
        with pytest.raises(ForbiddenAddressError):
            await PublicResolver(Names(answer)).resolve("example.org", 443)


async def test_what_is_connected_to_is_what_was_checked() -> None:
    found = await PublicResolver(Names(["8.8.8.8"], ["127.0.0.1"])).resolve("example.org", 443)
    assert [one["host"] for one in found] == ["8.8.8.8"]
