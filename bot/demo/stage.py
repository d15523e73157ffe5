"""Where a story is played: its clock, and the web server's routes below /live."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path

from aiohttp import ETag, web

from bot.demo.doorkeeper import loopback_only
from bot.demo.edition import Edition, Story
from bot.demo.press import page

PICTURES = Path(__file__).with_name("pictures")
STATIC = Path(__file__).with_name("static")


class Stage:
    """Plays a story. Until `begin` the page shows what stands at the beginning, however long that takes."""

    def __init__(self, write: Callable[[datetime], Story], now: Callable[[], float] = time.monotonic) -> None:
        self._write, self._now = write, now
        self._story = write(datetime.now(UTC))
        self._began: float | None = None
        self.polled = asyncio.Event()  # a machine, not a browser, has read the page

    def begin(self) -> None:
        self._story = self._write(datetime.now(UTC))
        self._began = self._now()

    @property
    def begun(self) -> bool:
        return self._began is not None

    def edition(self) -> Edition:
        return self._story.page_at(0.0 if self._began is None else self._now() - self._began)

    def app(self) -> web.Application:
        """To be mounted at /live."""
        app = web.Application(middlewares=[loopback_only])
        app.router.add_get("", self._page)
        app.router.add_get("/{file:blog\\.(?:css|js)}", _static)
        app.router.add_get("/pictures/{file:[a-z]+\\.png}", _picture)
        return app

    async def _page(self, request: web.Request) -> web.Response:
        if "Sec-Fetch-Mode" not in request.headers:
            self.polled.set()
        edition = self.edition()
        body = page(edition, f"http://{request.host}{request.path}").encode()
        etag = blake2b(body, digest_size=12).hexdigest()
        if request.if_none_match and ETag(value=etag) in request.if_none_match:
            response = web.Response(status=304)
        else:
            response = web.Response(body=body, content_type="text/html", charset="utf-8")
        response.etag = etag
        response.last_modified = edition.modified_at
        response.headers["Cache-Control"] = "no-cache"
        return response


async def _static(request: web.Request) -> web.FileResponse:
    return web.FileResponse(STATIC / request.match_info["file"])


async def _picture(request: web.Request) -> web.FileResponse:
    path = PICTURES / request.match_info["file"]
    if not path.is_file():
        raise web.HTTPNotFound(text="no such picture")
    return web.FileResponse(path)
