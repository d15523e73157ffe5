"""Who may knock at the demo: this machine's own pages and programs, and no web page from elsewhere.

A page on the internet can make a visitor's browser call 127.0.0.1. It cannot forge two headers: `Host`, which betrays a
foreign name pointed at this machine (DNS rebinding), and `Origin`, which betrays the page that asks (CSRF).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aiohttp import web
from yarl import URL

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


@web.middleware
async def loopback_only(request: web.Request, handler: Handler) -> web.StreamResponse:
    if not _is_loopback(request.host):
        raise web.HTTPForbidden(text="The demo answers to this machine's own addresses only.")
    origin = request.headers.get("Origin")
    if origin is not None and origin != f"http://{request.host}":
        raise web.HTTPForbidden(text="The demo takes nothing from other pages.")
    return await handler(request)


def _is_loopback(host: str) -> bool:
    try:
        return URL(f"http://{host}").host in LOOPBACK
    except ValueError:
        return False
