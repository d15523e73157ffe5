"""What changes, told to open pages by server-sent events: one look a second for all of them, and only what is new."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator, Mapping
from typing import Final

import structlog
from aiohttp import web

from bot.web import connections
from bot.web.dashboard.views import Parts, View, Views, view_of
from bot.web.dashboard.watching import Watching
from bot.web.guard import HEADERS, Guard
from bot.web.server import PATIENCE
from storage import StoreError

log = structlog.get_logger()

EVERY = 1.0  # seconds between looks
MOST = 40  # streams at once
PULSE = 15.0  # seconds; a stream that says nothing for longer looks dead to what stands between
LOOK_AGAIN = 30.0  # seconds after which a stream asks whether its session still stands
RETRY = b"retry: 3000\n\n"
STREAM: Final = {**HEADERS, "Content-Type": "text/event-stream; charset=utf-8", "X-Accel-Buffering": "no"}


class Live:
    """Looks only while somebody listens."""

    def __init__(self, watching: Watching, views: Views, guard: Guard) -> None:
        self._watching, self._views, self._guard = watching, views, guard
        self._listening: dict[asyncio.Task[object], View] = {}
        self._parts: dict[View, Parts] = {}
        self._round = asyncio.Condition()
        self._looking: asyncio.Task[None] | None = None

    @property
    def streams(self) -> int:
        return len(self._listening)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """All that the page shows first, then what changes, until the page or we end."""
        if len(self._listening) >= MOST:
            return web.Response(status=503, text="Too many pages are open.", headers={"Retry-After": "60"})
        request[PATIENCE].reschedule(None)
        stream = web.StreamResponse(headers=dict(STREAM))
        task = asyncio.current_task()
        assert task is not None, "a request is handled in one"
        self._listening[task] = view_of(request.query.get("view", ""), request)
        try:
            with contextlib.suppress(ConnectionError):  # the page was closed
                await self._tell(request, stream, self._listening[task])
        except TimeoutError:
            connections.drop(request)  # it does not read what it is told
        finally:
            del self._listening[task]
        return stream

    async def stop(self, app: web.Application | None = None) -> None:
        """Ends every stream: requests under way are waited for when we stop."""
        ending = [*self._listening, *([self._looking] if self._looking else [])]
        for task in ending:
            task.cancel()
        await asyncio.gather(*ending, return_exceptions=True)
        await self._watching.stop()

    async def _tell(self, request: web.Request, stream: web.StreamResponse, view: View) -> None:
        await stream.prepare(request)
        await stream.write(RETRY)
        told: Parts = {}
        loop = asyncio.get_running_loop()
        checked = spoken = loop.time()
        while True:
            now = loop.time()
            if now - checked > LOOK_AGAIN:
                checked = now
                if not await self._guard.still_admits(request):
                    return
            parts = await self._next(view)
            lines = b"".join(changes(told, parts))
            if lines or now - spoken > PULSE:
                spoken = now
                async with asyncio.timeout(connections.UNREAD_SECONDS):
                    await stream.write(lines or b": still here\n\n")
            told = parts

    async def _next(self, view: View) -> Parts:
        """What the view shows after the next look. The first of those who wait begins to look."""
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look())
        async with self._round:
            await self._round.wait()
            return self._parts.get(view, {})

    async def _look(self) -> None:
        while self._listening:
            began = asyncio.get_running_loop().time()
            try:
                situation = await self._watching.look()
                parts = {}
                for view in {*self._listening.values()}:
                    parts[view] = await self._views.parts(view, situation)
                    await asyncio.sleep(0)  # many may look in as many ways: others have their turn between
                self._parts = parts
            except StoreError as error:
                log.error("dashboard could not look", why=str(error))
            except Exception:
                log.exception("dashboard broke")
            async with self._round:
                self._round.notify_all()
            await asyncio.sleep(max(EVERY / 4, EVERY - (asyncio.get_running_loop().time() - began)))


def changes(told: Mapping[str, str], parts: Mapping[str, str]) -> Iterator[bytes]:
    """An event for each part that is not as it was told. Rows of a list are told one by one as long as the list has
    the same ones in the same order; where it has not, all of it is told."""
    rows = [name for name in parts if name.startswith(ROW)]
    same_list = rows == [name for name in told if name.startswith(ROW)]
    for name, html in parts.items():
        is_list = name == LIST
        if name.startswith(ROW) and not same_list:
            continue
        if is_list and same_list and _without_rows(told, LIST) == _without_rows(parts, LIST):
            continue
        if told.get(name) != html:
            yield event(name, html)


ROW, LIST = "row-", "blogs"


def _without_rows(parts: Mapping[str, str], name: str) -> str:
    """The list with its rows left out, to see whether what is around them has changed."""
    text = parts.get(name, "")
    for row, html in parts.items():
        if row.startswith(ROW):
            text = text.replace(html, "", 1)
    return text


def event(name: str, html: str) -> bytes:
    lines = "".join(f"data: {line}\n" for line in html.splitlines() or [""])
    return f"event: {name}\n{lines}\n".encode()
