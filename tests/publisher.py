"""A publisher's live blog on loopback: a page that tests change by hand, with the habits of a real server."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any, Self

from aiohttp import web

Update = dict[str, Any]


def update(key: str, headline: str | None = None, body: str | None = None, **more: Any) -> Update:
    """One liveBlogUpdate; `#key` of the blog's address is its identity."""
    return {
        "@type": "BlogPosting",
        "key": key,
        "headline": headline or f"About {key}",
        "articleBody": body or f"What {key} has to tell.",
        **more,
    }


@dataclass
class Publisher:
    """`posts` is the page, newest first. `ill` answers with a status instead of it; `polls` counts the requests."""

    posts: list[Update] = field(default_factory=list)
    raw: bytes | None = None  # the body as it is, instead of the page
    about: dict[str, Any] = field(default_factory=dict)  # more of what the blog says of itself
    others: dict[str, list[Update]] = field(default_factory=dict)  # the pages that other queries answer with
    ill: int | None = None
    gone: str | None = None  # this query answers 404
    headers: dict[str, str] = field(default_factory=dict)
    polls: int = 0
    conditional: int = 0  # how often the answer was "not modified"
    url: str = ""

    async def start(self) -> None:
        app = web.Application()
        app.router.add_get("/live", self._answer)
        self._asked, self._open, self._waiting = asyncio.Condition(), asyncio.Event(), asyncio.Event()
        self._open.set()
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}/live"

    async def stop(self) -> None:
        await self._runner.cleanup()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    def publish(self, key: str, headline: str | None = None, body: str | None = None, **more: Any) -> None:
        """A new post on top, or a known one with another text."""
        fresh = update(key, headline, body, **more)
        if any(one["key"] == key for one in self.posts):
            self.posts = [fresh if one["key"] == key else one for one in self.posts]
        else:
            self.posts.insert(0, fresh)

    def take_away(self, key: str) -> None:
        self.posts = [one for one in self.posts if one["key"] != key]

    async def polled(self, times: int = 1, seconds: float = 60) -> None:
        """Until the page was asked for so many times more."""
        target = self.polls + times
        async with asyncio.timeout(seconds), self._asked:
            await self._asked.wait_for(lambda: self.polls >= target)

    @contextlib.asynccontextmanager
    async def held(self) -> AsyncIterator[None]:
        """Nobody is answered meanwhile."""
        self._open.clear()
        self._waiting.clear()
        try:
            yield
        finally:
            self._open.set()

    async def waited_for(self) -> None:
        """Until somebody waits for the answer that is held."""
        await self._waiting.wait()

    async def _answer(self, request: web.Request) -> web.Response:
        self._waiting.set()
        await self._open.wait()
        answer = self._page(request)
        self.polls += 1
        self.conditional += answer.status == 304
        async with self._asked:
            self._asked.notify_all()
        return answer

    def _page(self, request: web.Request) -> web.Response:
        if self.gone is not None and request.query_string == self.gone:
            return web.Response(status=404)
        if self.ill is not None:
            return web.Response(status=self.ill, headers=self.headers)
        body = self.raw if self.raw is not None else self.body(self.others.get(request.query_string))
        tag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
        headers = {"ETag": tag} | self.headers
        if request.headers.get("If-None-Match") == tag:
            return web.Response(status=304, headers=headers)
        return web.Response(body=body, content_type="text/html", charset="utf-8", headers=headers)

    def body(self, posts: list[Update] | None = None) -> bytes:
        """The page as it is now."""
        return self._html(posts).encode()

    def _html(self, posts: list[Update] | None = None) -> str:
        blog = {
            "@context": "https://schema.org",
            "@type": "LiveBlogPosting",
            "headline": "Storm over the harbour",
            "url": self.url,
            **self.about,
            "liveBlogUpdate": [
                {name: value for name, value in one.items() if name != "key"} | {"url": f"{self.url}#{one['key']}"}
                for one in (self.posts if posts is None else posts)
            ],
        }
        script = json.dumps(blog).replace("<", "\\u003c")
        return f'<!doctype html><title>Storm</title><script type="application/ld+json">{script}</script>'
