"""The one door for HTTP: bounded in size and time, and silent about what stands behind it.

Whoever speaks to us is a stranger until a route knows better: nothing that was sent is repeated in an answer or in the
log, and no answer names a version or shows a trace.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import time
from collections.abc import Callable, Iterable, Sequence
from http import HTTPStatus
from typing import Final

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from bot.alarming import Alarms
from bot.core.standing import Kind
from bot.web.connections import NAME, Connection, Crowd, begins, most_connections
from storage import StoreError

log = structlog.get_logger()

LARGEST_BODY = 12 * 1024 * 1024  # bytes; as much as a page may have that we ask for
LONGEST_SECONDS = 90.0  # for one request, from its head to its answer; one may wait for the poll of its blog
STOP_SECONDS = 3.0  # requests under way may end within
RETRY_SECONDS = 15.0  # between attempts to listen where somebody else does

Measured = Callable[[str, int, float | None], None]  # route, status, seconds; None: of a stream
PATIENCE: Final = web.RequestKey("patience", asyncio.Timeout)  # of a request; who streams sets it to None


class Server:
    """Listens on `listen` ("host:port") with these routes. A port in use is told once, and tried again."""

    def __init__(
        self,
        listen: str,
        routes: Iterable[web.AbstractRouteDef],
        alarms: Alarms,
        *,
        node: str = "",
        set_up: Sequence[Callable[[web.Application], None]] = (),
        measured: Measured = lambda route, status, seconds: None,
    ) -> None:
        """`node`: our name where there may be others; `set_up`: what else the routes want of the application;
        `measured` is told of each request."""
        self._host, _, port = listen.rpartition(":")
        self._port, self._listen, self._alarms, self._node = int(port), listen, alarms, node
        self._app = web.Application(middlewares=[_measuring(measured), _bounded], client_max_size=LARGEST_BODY)
        self._app.router.add_get("/healthz", _healthy)
        self._app.add_routes(routes)
        self._app.on_response_prepare.append(_discreet)
        for each in set_up:
            each(self._app)
        self.crowd: Crowd[Connection] = Crowd(most_connections())
        self.address: tuple[str, int] | None = None  # where it listens, once it does
        self.attempted = asyncio.Event()  # to listen, whatever came of it
        self.listening = asyncio.Event()

    async def run(self) -> None:
        """Until it is cancelled; requests under way end first, if they do so soon."""
        runner = web.AppRunner(self._app, access_log=None, shutdown_timeout=STOP_SECONDS)
        try:
            await runner.setup()
            door = await self._open(runner)
            try:
                await self._alarms.ended(Kind.LISTEN, ending=f"it listens on {self._listen}", part=self._node)
                await asyncio.Event().wait()
            finally:
                door.close()
        finally:
            self.attempted.set()  # who waits for it goes on, and sees that we have ended
            self.listening.clear()
            await runner.cleanup()

    async def _open(self, runner: web.AppRunner) -> asyncio.Server:
        """The listening socket, as soon as it can be had: the relay polls meanwhile."""
        while True:
            try:
                door = await self._listen_with(runner)
            except (OSError, UnicodeError) as error:  # the latter for what is no name of a host ("a..b")
                said = f"{self._listen}: {_reason(error)}; it is tried again, the rest runs and readers notice nothing"
                subject = f"web.listen on {self._node}" if self._node else "web.listen"
                self.attempted.set()
                await self._alarms.raised(Kind.LISTEN, "", said, subject=subject, part=self._node)
                await asyncio.sleep(RETRY_SECONDS)
            else:
                self.address = door.sockets[0].getsockname()[:2]
                self.listening.set()
                self.attempted.set()
                log.info("listening", listen=f"{self.address[0]}:{self.address[1]}")
                return door

    async def _listen_with(self, runner: web.AppRunner) -> asyncio.Server:
        server, loop = runner.server, asyncio.get_running_loop()
        assert server is not None, "setup() comes first"

        def connection() -> Connection:
            return Connection(server, self.crowd, loop=loop)

        return await loop.create_server(connection, self._host.strip("[]"), self._port)


async def _discreet(request: web.Request, answer: web.StreamResponse) -> None:
    answer.headers["Server"] = NAME
    answer.headers["X-Content-Type-Options"] = "nosniff"


def _measuring(measured: Measured) -> Middleware:
    @web.middleware
    async def measure(request: web.Request, handler: Handler) -> web.StreamResponse:
        """What came of a request, by its route's pattern."""
        began = time.monotonic()
        answer = await handler(request)
        seconds = None if answer.content_type == "text/event-stream" else time.monotonic() - began
        measured(_route(request) or "(none)", answer.status, seconds)
        return answer

    return measure


@web.middleware
async def _bounded(request: web.Request, handler: Handler) -> web.StreamResponse:
    """A request's time, and its mishaps as a status with its usual words."""
    begins(request)
    try:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LONGEST_SECONDS) as request[PATIENCE]:
                return await handler(request)
        return _plain(408)
    except web.HTTPException as error:
        return _plain(error.status, {name: error.headers[name] for name in ("Allow",) if name in error.headers})
    except StoreError as error:
        log.error("request not written", route=_route(request), why=str(error))
        return _plain(503, {"Retry-After": "10"})
    except Exception:
        log.exception("request broke", method=request.method, route=_route(request))
        return _plain(500)


def _plain(status: int, headers: dict[str, str] | None = None) -> web.Response:
    return web.Response(status=status, text=HTTPStatus(status).phrase, headers=headers)


def _route(request: web.Request) -> str | None:
    """Its pattern: the path itself may hold what nobody should read."""
    resource = request.match_info.route.resource
    return resource.canonical if resource else None


async def _healthy(request: web.Request) -> web.Response:
    return web.Response(text="ok")


def _reason(error: OSError | UnicodeError) -> str:
    if isinstance(error, UnicodeError):
        return "this is no name of a host"
    if isinstance(error, socket.gaierror) or not error.errno:
        return error.strerror or str(error)
    return os.strerror(error.errno)  # the event loop's own words name the address once more
