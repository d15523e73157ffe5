"""Posts that a publisher's system hands to us: the syndication of Sourcefabric Live Blog 3, as its consumer.

It sends the token as it is in `Authorization`, expects JSON in every answer, adds a slash to the address, and asks
whether anybody is there with a GET without token.
"""

from __future__ import annotations

import asyncio
import hmac
import time
from collections import Counter, deque
from collections.abc import Callable, Coroutine, Mapping
from datetime import UTC, datetime
from typing import Any, Protocol

import structlog
from aiohttp import web

from bot.core.model import Page
from bot.sources import NotReadable
from bot.sources.syndication import METHODS, handed
from bot.web.connections import is_known
from config.settings import Blog, NoSecret, Settings, secret
from storage import StoreError

log = structlog.get_logger()

PATH = "/intake/"
LARGEST_POST = 1024 * 1024  # bytes
WAITING_AT_MOST = 8  # requests of one blog; they take their turns with its polls
MOST_A_MINUTE = 600  # requests of one blog


class Hand(Protocol):
    """As `Poller.handed`."""

    def __call__(self, id_: str, page: Page, *, old: bool) -> Coroutine[None, None, bool]: ...


class Intake:
    """A door for each blog with a secret; `hand` publishes what comes in, and returns when it is written."""

    def __init__(
        self,
        *,
        settings: Callable[[], Settings],
        environ: Mapping[str, str],
        hand: Hand,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._settings, self._environ, self._hand, self._clock = settings, environ, hand, clock
        self._waiting: Counter[str] = Counter()
        self._came: dict[str, deque[float]] = {}
        self._refused_at: dict[str, float] = {}

    def routes(self) -> list[web.RouteDef]:
        ends = (PATH + "{blog}", PATH + "{blog}/")
        return [
            *(web.get(path, self._is_there, allow_head=False) for path in ends),
            *(web.route(method, path, self._take) for method in METHODS for path in ends),
        ]

    async def _is_there(self, request: web.Request) -> web.Response:
        """The same for every blog: who has no secret learns nothing of which there are."""
        return web.json_response({})

    async def _take(self, request: web.Request) -> web.Response:
        blog = self._known(request)
        if blog is None:
            return _said(401, "wrong or missing token")
        is_known(request)
        if not self._has_room(blog.id):
            return _said(429, "too many requests", {"Retry-After": "10"})
        if (request.content_length or 0) > LARGEST_POST:
            return _said(413, "too large")
        self._waiting[blog.id] += 1
        try:
            return await self._publish(blog, request)
        finally:
            self._waiting[blog.id] -= 1

    # --- who may come in

    def _known(self, request: web.Request) -> Blog | None:
        """The blog, where its secret was shown. An unknown blog takes as long as a wrong secret."""
        blog = self._settings().blog(request.match_info["blog"])
        expected = self._secret(blog)
        shown = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
        right = hmac.compare_digest(shown.encode("utf-8", "replace"), (expected or "none").encode())
        if blog is not None and expected is not None and right:
            return blog
        if blog is not None:
            self._note_refusal(blog)
        return None

    def _secret(self, blog: Blog | None) -> str | None:
        if blog is None or not blog.intake_secret_env:
            return None
        try:
            return secret(self._environ, blog.intake_secret_env)
        except NoSecret:
            return None

    def _note_refusal(self, blog: Blog) -> None:
        """Once a minute at most."""
        now = self._clock()
        if now - self._refused_at.get(blog.id, float("-inf")) > 60.0:
            self._refused_at[blog.id] = now
            log.warning("intake refused", blog=blog.id)

    def _has_room(self, blog: str) -> bool:
        now, came = self._clock(), self._came.setdefault(blog, deque())
        while came and (came[0] <= now - 60.0 or came[0] > now):
            came.popleft()
        if len(came) >= MOST_A_MINUTE or self._waiting[blog] >= WAITING_AT_MOST:
            return False
        came.append(now)
        return True

    # --- what is handed over

    async def _publish(self, blog: Blog, request: web.Request) -> web.Response:
        """An answer of 2xx means that it is written; 5xx that it is not, and may be sent again."""
        try:
            async with asyncio.timeout(10.0):
                body = await _body(request)
            push = handed(body, request.method)
            page = Page(
                url=blog.url,
                body=push.body,
                content_type="application/json",
                fetched_at=datetime.fromtimestamp(self._clock(), UTC),
            )
            taken = await self._hand(blog.id, page, old=push.old)
        except _TooLarge:
            return _said(413, "too large")
        except NotReadable as error:
            log.warning("intake not understood", blog=blog.id, why=str(error))
            return _said(400, "not a post of a live blog")
        except StoreError as error:
            log.error("nothing was written", blog=blog.id, why=str(error))
            return _said(503, "not written; send it again", {"Retry-After": "10"})
        if not taken:
            log.info("intake older than known", blog=blog.id, post=push.post)
        return web.json_response({"post_id": push.post}, status=201 if request.method == "POST" else 200)


class _TooLarge(Exception):
    pass


async def _body(request: web.Request) -> bytes:
    body = bytearray()
    async for piece in request.content.iter_chunked(65536):
        body += piece
        if len(body) > LARGEST_POST:
            raise _TooLarge
    return bytes(body)


def _said(status: int, why: str, headers: Mapping[str, str] | None = None) -> web.Response:
    said: dict[str, Any] = {"error": why}
    return web.json_response(said, status=status, headers=headers)
