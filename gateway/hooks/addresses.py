"""Where webhooks may go: to public hosts, by every address that the name has, checked where the connection is made."""

import ipaddress
import socket

from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
LONGEST = 2048
NAT64 = ipaddress.ip_network("64:ff9b::/96")
NOT_FOR_US = "does not lead to a public address"


class ForbiddenAddressError(OSError):
    """The host has an address that webhooks must not go to."""


def problem_of(url: str, *, private_allowed: bool) -> str:
    """What is wrong with an endpoint's URL, as it is written; empty where nothing is.

    Read by what will read it again to connect: two readers may see two hosts in one address.
    """
    if len(url) > LONGEST or not url.isprintable() or any(char in url for char in " \\"):
        return "is no web address"
    try:
        parts = URL(url)
    except ValueError:
        return "is no web address"
    if parts.scheme != "https" and not (private_allowed and parts.scheme == "http"):
        return "must begin with https://"
    if not parts.raw_host or "@" in parts.raw_authority:
        return "must name a host, and no user"
    if not private_allowed and not is_public_host(parts.raw_host):
        return NOT_FOR_US
    return ""


def is_public_host(host: str) -> bool:
    """As far as the name itself tells; a number is an address only in its usual form."""
    if looks_like_address(host):
        try:
            return is_public(ipaddress.ip_address(host))
        except ValueError:
            return False
    name = host.rstrip(".").lower()
    return "." in name and not name.endswith((".localhost", ".local", ".internal"))


def looks_like_address(host: str) -> bool:
    """aiohttp resolves no such host: it must be right before."""
    return ":" in host or host.replace(".", "").isdigit()


def is_public(address: Address) -> bool:
    """Also of the IPv4 address inside an IPv6 one."""
    if isinstance(address, ipaddress.IPv6Address) and (inner := inside(address)):
        return is_public(inner)
    is_special = address.is_multicast or address.is_reserved or address.is_unspecified or address.is_loopback
    is_site_local = isinstance(address, ipaddress.IPv6Address) and address.is_site_local
    return address.is_global and not (is_special or is_site_local)


def inside(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    if address in NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    teredo = address.teredo[1] if address.teredo else None
    return address.ipv4_mapped or address.sixtofour or teredo


class PublicResolver(AbstractResolver):
    """Resolves for the connector, which connects to just these addresses: no name can change in between."""

    def __init__(self, names: AbstractResolver) -> None:
        self._inner = names

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Raises ForbiddenAddressError when one address of several is not public: there is no reason for such a mix."""
        found = await self._inner.resolve(host, port, family)
        if not all(is_public(ipaddress.ip_address(one["host"].partition("%")[0])) for one in found):
            raise ForbiddenAddressError(NOT_FOR_US)
        return found

    async def close(self) -> None:
        await self._inner.close()
