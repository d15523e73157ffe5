"""Who is connected to the web side: so many at most, and none that holds what it does not use.

A newcomer always gets in, so that nobody who holds connections can lock an admin out: the oldest of the network that
holds the most goes, and those that are known, with the password or with Telegram's secret, go last.
"""

from __future__ import annotations

import asyncio
import logging
import resource
from http import HTTPStatus
from typing import Any, Generic, TypeVar

import structlog
from aiohttp import web
from aiohttp.web_protocol import RequestHandler

from bot.web.attempts import network_of

log = structlog.get_logger()

NAME = "liveblog-relay"
MOST = 512  # connections at once; Telegram alone brings 100 updates at once
SHARE = 0.5  # of the files that the process may open: the rest is for Telegram, pages and the store
UNREAD_SECONDS = 30.0  # an answer of which nobody takes anything for so long is given up
SILENT_SECONDS = 15.0  # a connection that sends no whole request head for so long is closed


C = TypeVar("C")


class Crowd(Generic[C]):
    """Connections by their networks. Pure; who is to go is told, and closed by who asks."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._strangers: dict[str, dict[C, None]] = {}  # the oldest first
        self._known: dict[C, None] = {}
        self._from: dict[C, str] = {}

    def __len__(self) -> int:
        return len(self._from)

    def came(self, one: C, address: str) -> C | None:
        """Counts it, as a stranger. Returns who has to make room for it, and is forgotten."""
        victim = self._victim() if len(self) >= self._most else None
        if victim is not None:
            self.left(victim)
        network = self._from[one] = network_of(address)
        self._strangers.setdefault(network, {})[one] = None
        return victim

    def left(self, one: C) -> None:
        self._set_aside(one)
        self._from.pop(one, None)

    def asks(self, one: C, *, known: bool) -> None:
        """It begins a request, as a stranger as every time; or it has shown in it that we know it."""
        if one in self._from and (one in self._known) is not known:
            self._set_aside(one)
            (self._known if known else self._strangers.setdefault(self._from[one], {}))[one] = None

    def _set_aside(self, one: C) -> None:
        self._known.pop(one, None)
        network = self._from.get(one, "")
        if fellows := self._strangers.get(network):
            fellows.pop(one, None)
            if not fellows:
                del self._strangers[network]

    def _victim(self) -> C | None:
        largest = max(self._strangers.values(), key=len, default=self._known)
        return next(iter(largest), None)


def most_connections() -> int:
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MOST if files == resource.RLIM_INFINITY else max(1, min(MOST, int(files * SHARE)))


class Connection(RequestHandler):
    """Answers what is not HTTP with a status and nothing else, and waits for no reader who does not read."""

    __slots__ = ("_crowd",)

    def __init__(self, server: web.Server, crowd: Crowd[Connection], *, loop: asyncio.AbstractEventLoop) -> None:
        self._crowd = crowd
        # aiohttp would log what strangers sent, with a trace, whenever that is not HTTP.
        quiet: dict[str, Any] = {"access_log": None, "logger": _mute()}
        # Bodies stay as they were sent: signatures are of those bytes, and a bomb stays small until it is asked for.
        quiet["auto_decompress"] = False
        super().__init__(server, loop=loop, keepalive_timeout=SILENT_SECONDS, lingering_time=2.0, **quiet)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        peer = transport.get_extra_info("peername")
        victim = self._crowd.came(self, str(peer[0]) if peer else "")
        if victim is not None:
            victim.drop()

    def connection_lost(self, exc: BaseException | None) -> None:
        self._crowd.left(self)
        super().connection_lost(exc)

    def drop(self) -> None:
        """At once, whatever it is in the middle of."""
        if self.transport is not None:
            self.transport.abort()

    def is_asked(self, *, known: bool) -> None:
        self._crowd.asks(self, known=known)

    async def finish_response(
        self, request: web.BaseRequest, resp: web.StreamResponse, start_time: float | None
    ) -> tuple[web.StreamResponse, bool]:
        try:
            async with asyncio.timeout(UNREAD_SECONDS):
                return await super().finish_response(request, resp, start_time)
        except TimeoutError:
            self.drop()
            return resp, True

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        log.debug("request not understood", status=status)
        answer = web.Response(status=status, text=HTTPStatus(status).phrase, headers={"Server": NAME})
        answer.force_close()
        return answer


def begins(request: web.Request) -> None:
    """A request of whoever is connected there."""
    if isinstance(request.protocol, Connection):
        request.protocol.is_asked(known=False)


def is_known(request: web.Request) -> None:
    """Who asks has shown who it is: strangers make room before it does, until its next request."""
    if isinstance(request.protocol, Connection):
        request.protocol.is_asked(known=True)


def drop(request: web.Request) -> None:
    """Ends its connection at once: what it is told is not read."""
    if request.transport is not None:
        request.transport.abort()


def _mute() -> logging.Logger:
    logger = logging.getLogger("bot.web.connections")
    logger.disabled = True
    return logger
