"""Which addresses a name may lead to: what a page chose never leads behind a firewall, nor what it once led away from.

A name is its owner's to point anywhere, and nobody need own the machine it points at.
"""

from __future__ import annotations

import ipaddress
import socket

from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver
from yarl import URL

MOST_NAMES = 10_000  # that are remembered; a file has as many blogs at most


class PublicOnly(AbstractResolver):
    """Resolves names to public addresses only; used for hosts that a page, not the admin, chose."""

    def __init__(self) -> None:
        self._resolver = ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await self._resolver.resolve(host, port, family)
        public = [one for one in found if is_public(one["host"])]
        if not public:
            raise OSError(None, f"{host} is in a private network")
        return public

    async def close(self) -> None:
        await self._resolver.close()


class Steady(AbstractResolver):
    """For hosts that the admin wrote, which may be private ones. But a name that was public stays so while we run: the
    publisher whose name it is must not turn it to a machine behind our firewall."""

    def __init__(self) -> None:
        self._resolver = ThreadedResolver()
        self._public: set[str] = set()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await self._resolver.resolve(host, port, family)
        public = [one for one in found if is_public(one["host"])]
        if public:
            if len(self._public) < MOST_NAMES:
                self._public.add(host)
            return public
        if host in self._public:
            raise OSError(None, f"{host} was public, and is in a private network now; a restart believes it")
        return found

    async def close(self) -> None:
        await self._resolver.close()


def is_public(number: str) -> bool:
    """Whether an address is one of the public internet, and so are the IPv4 ones it stands for (mapped, 6to4, …).

    ValueError where it is no number.
    """
    address = ipaddress.ip_address(number.split("%", maxsplit=1)[0])
    inner: list[ipaddress.IPv4Address | None] = []
    if isinstance(address, ipaddress.IPv6Address):
        inner += [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
        if address in _NAT64:
            inner.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return address.is_global and not address.is_multicast and all(one.is_global for one in inner if one is not None)


_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")  # RFC 6052


def is_private(address: str) -> bool:
    """Whether an address is written as a number that is not public: those never reach a resolver.

    To the client full-width digits are numbers too.
    """
    try:
        return not is_public(URL(address).host or "")
    except ValueError:
        return False
