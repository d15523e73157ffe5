"""What a request betrays of where it comes from. Pure: only its headers and its peer's address are looked at."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address
from urllib.parse import urlsplit

from aiohttp import HttpVersion11, hdrs, web
from yarl import URL

_FORWARDING = frozenset({"forwarded", "via", "x-real-ip", "x-client-ip", "true-client-ip", "cf-connecting-ip"})


def is_from_this_machine(request: web.Request) -> bool:
    """Asked by a program on this machine, directly, and under a name that is this machine's own.

    A proxy on this machine is a loopback peer as well, and says so by its headers. A page elsewhere may point its own
    name at 127.0.0.1 (DNS rebinding); the browser then says that name in `Host`.
    """
    hosts = request.headers.getall(hdrs.HOST, [])
    named = len(hosts) == 1 and is_loopback_host(hosts[0])
    return named and is_loopback_address(request.remote or "") and not is_forwarded(request)


def is_forwarded(request: web.Request) -> bool:
    """By what proxies add; or in the older HTTP, which nginx speaks, and adds nothing, where it was told nothing."""
    if request.version < HttpVersion11:
        return True
    return any(name.lower() in _FORWARDING or name.lower().startswith("x-forwarded") for name in request.headers)


def is_loopback_address(address: str) -> bool:
    try:
        ip = ip_address(address)
    except ValueError:
        return False
    return (ip.ipv4_mapped or ip).is_loopback if isinstance(ip, IPv6Address) else ip.is_loopback


def is_loopback_host(host: str) -> bool:
    """ "localhost:8080", "[::1]", "127.0.0.1:80": what never leads to another machine."""
    try:
        name = (URL(f"http://{host}").host or "").removesuffix(".")
    except ValueError:
        return False
    return name == "localhost" or name.endswith(".localhost") or is_loopback_address(name)


def comes_from_our_own_page(request: web.Request, public_url: str) -> bool:
    """Whether the browser says that a page of ours sent this.

    `Sec-Fetch-Site` is said to https and to loopback addresses, `Origin` with every POST; a page cannot forge either
    (fetch.spec.whatwg.org, w3c.github.io/webappsec-fetch-metadata).
    """
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get(hdrs.ORIGIN)
    if site is not None:
        return site == "same-origin" and origin != "null"
    return origin is not None and origin in _origins(request, public_url)


def is_asked_by_another_page(request: web.Request) -> bool:
    """Whether a page elsewhere asks in the name of who looks at it, as for a picture or a stream. A link that leads
    here does not, nor does a program, which says nothing of this (w3c.github.io/webappsec-fetch-metadata).
    """
    elsewhere = request.headers.get("Sec-Fetch-Site") in ("cross-site", "same-site")
    return elsewhere and request.headers.get("Sec-Fetch-Mode") != "navigate"


def _origins(request: web.Request, public_url: str) -> set[str]:
    said = {f"{request.scheme}://{request.host}"}
    if public_url:
        url = urlsplit(public_url)
        said.add(f"{url.scheme}://{url.netloc}")
    return said


def is_secure(request: web.Request, public_url: str) -> bool:
    """Whether the browser speaks https, to us or to what stands before us."""
    nearest = request.headers.get("X-Forwarded-Proto", "").rpartition(",")[2].strip().lower()
    return request.secure or nearest == "https" or public_url.lower().startswith("https://")


def address_of(request: web.Request) -> str:
    """Whom to count an attempt for: the peer, or whom a proxy of this machine or its network speaks for.

    Of `X-Forwarded-For` only the last is the word of the proxy itself; what stands before it anybody can write.
    """
    peer = request.remote or ""
    said = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
    return said if _is_address(said) and _is_near(peer) else peer


def _is_near(address: str) -> bool:
    return _is_address(address) and ip_address(address).is_private


def _is_address(words: str) -> bool:
    try:
        ip_address(words)
    except ValueError:
        return False
    return True
