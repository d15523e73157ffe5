"""Where Telegram brings updates: https://core.telegram.org/bots/api#setwebhook.

An update is answered with 200 when it is dealt with and not before, so that whatever was in our hands when we were
killed is brought again; where there are several nodes, when it is kept for whichever of them answers for the bot.
Telegram holds back what comes after it in the same chat, and sends what was not answered with 2xx again for a day.
"""

from __future__ import annotations

import asyncio
import hmac
from collections import OrderedDict
from collections.abc import Callable, Coroutine
from typing import Any

import orjson
import structlog
from aiohttp import web

from bot.web.connections import is_known
from storage import StoreError

log = structlog.get_logger()

PATH = "/telegram/"
SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 the name of a header
LARGEST_UPDATE = 1024 * 1024  # bytes
READ_SECONDS = 10.0  # for a body to arrive
PATIENCE_SECONDS = 25.0  # Telegram waits for an answer for 60, and one line of a chat's updates meanwhile
AT_ONCE = 256  # requests; Telegram brings 100 at once, a Bot API server of one's own perhaps more
REMEMBERED = 10_000  # updates dealt with, whose answer may have been lost on its way
LATER_SECONDS = 2
MOST = 2**63  # as a number of an update

Handle = Callable[[dict[str, Any]], Coroutine[Any, Any, None]]


def routes(*doors: Webhook) -> list[web.RouteDef]:
    """The doors of all bots. Strangers find nothing here, whatever they try."""

    async def answer(request: web.Request) -> web.Response:
        known = [door for door in doors if door.knows(request)]
        if not known or request.method != "POST":
            raise web.HTTPNotFound
        return await known[0].answer(request)

    return [web.route("*", PATH + "{secret}", answer)]


class Webhook:
    """The door of one bot. Until it is opened, and once it is closed, updates are to come again later.

    `late` and `taken` count what was put off and what was taken, so that who hears of a 503 can tell whether it was
    ours.
    """

    def __init__(self, *, path: str, secret: str) -> None:
        self._path, self._secret = path.encode(), secret.encode()
        self._handle: Handle | None = None
        self._requests = 0
        self._under_way: dict[int, asyncio.Task[None]] = {}
        self._done: OrderedDict[int, None] = OrderedDict()
        self.late = 0
        self.taken = 0

    def open(self, handle: Handle) -> None:
        """From now on updates are taken; `handle` deals with one, and has failed only where it raises."""
        self._handle = handle

    async def close(self, seconds: float) -> None:
        """Take no more, and give what was taken so long to be dealt with, and its answers to go out."""
        self._handle = None
        if self._under_way:
            await asyncio.wait(self._under_way.values(), timeout=seconds)
        await asyncio.sleep(0)  # who waited for the last one answers now

    def knows(self, request: web.Request) -> bool:
        """Whether it is Telegram, with an update of this bot. How long that takes tells nothing of what is wrong."""
        path = hmac.compare_digest(request.match_info["secret"].encode("utf-8", "replace"), self._path)
        shown = request.headers.get(SECRET_HEADER, "").encode("utf-8", "replace")
        return hmac.compare_digest(shown, self._secret) and path

    async def answer(self, request: web.Request) -> web.Response:
        is_known(request)
        if self._handle is None or self._requests >= AT_ONCE:
            return self._later()
        self._requests += 1  # from its first byte on: many at once would be many bodies in memory
        try:
            return await self._take(request)
        finally:
            self._requests -= 1

    async def _take(self, request: web.Request) -> web.Response:
        try:
            async with asyncio.timeout(READ_SECONDS):
                update = _update(await _body(request))
        except _Junk as error:
            log.warning("webhook not understood", why=str(error))
            return web.Response(status=error.status)
        if self._handle is None:
            return self._later()  # closed while it arrived
        done = self._begin(update, self._handle)
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await asyncio.shield(done)
        except (TimeoutError, StoreError):
            return self._later()
        return web.Response()

    def _begin(self, update: dict[str, Any], handle: Handle) -> asyncio.Future[None]:
        """Once for each number: an update that comes again is the one under way, or was dealt with."""
        number = update["update_id"]
        if number in self._done:
            done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            done.set_result(None)
            return done
        if number not in self._under_way:
            self.taken += 1
            task = self._under_way[number] = asyncio.create_task(handle(update))
            task.add_done_callback(lambda ended: self._end(number, ended))
        return self._under_way[number]

    def _end(self, number: int, ended: asyncio.Task[None]) -> None:
        del self._under_way[number]
        if ended.cancelled() or ended.exception() is not None:
            return  # to come again
        self._done[number] = None
        if len(self._done) > REMEMBERED:
            self._done.popitem(last=False)

    def _later(self) -> web.Response:
        self.late += 1
        return web.Response(status=503, headers={"Retry-After": str(LATER_SECONDS)})


class _Junk(Exception):
    def __init__(self, why: str, status: int = 400) -> None:
        super().__init__(why)
        self.status = status


async def _body(request: web.Request) -> bytes:
    if request.content_type != "application/json":
        raise _Junk("it is not JSON")
    body = bytearray()
    if (request.content_length or 0) > LARGEST_UPDATE:
        raise _Junk("it is too large", 413)
    async for piece in request.content.iter_chunked(65536):
        body += piece
        if len(body) > LARGEST_UPDATE:
            raise _Junk("it is too large", 413)
    return bytes(body)


def _update(body: bytes) -> dict[str, Any]:
    try:
        update = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise _Junk("it is not JSON") from None
    if not isinstance(update, dict) or type(number := update.get("update_id")) is not int or not 0 <= number < MOST:
        raise _Junk("it has no update_id")
    return update
