"""Very many live blogs at many addresses of this machine, and when each of them was asked for."""

from __future__ import annotations

import itertools
import json
import time
from collections import defaultdict
from collections.abc import Iterable
from typing import Self

from aiohttp import web

from tests.publisher import update

HOSTS = 100  # 127.0.0.1 and the following ones: hosts are dealt out among the nodes
BLOG = """
[[blogs]]
id = "b{number}"
url = "{url}"
schedule = {{ every = "{every}" }}
"""


class Newsstand:
    """Each blog is one small page that never changes."""

    def __init__(self, blogs: int) -> None:
        self._blogs, self._known = blogs, set[str]()
        self.polls = defaultdict[str, list[float]](list)  # by blog: when it was asked for (monotonic)

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_get("/{blog}", self._answer)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self._port: int = self._runner.addresses[0][1]
        for host in range(2, HOSTS + 1):
            await web.TCPSite(self._runner, f"127.0.0.{host}", self._port).start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    def tables(self, every: str) -> str:
        """All of them, as the configuration has them."""
        return "".join(BLOG.format(number=at, url=self._url(at), every=every) for at in range(self._blogs))

    def _url(self, number: int) -> str:
        return f"http://127.0.0.{1 + number % HOSTS}:{self._port}/b{number}"

    async def _answer(self, request: web.Request) -> web.Response:
        blog = request.match_info["blog"]
        self.polls[blog].append(time.monotonic())
        if request.headers.get("If-None-Match"):
            self._known.add(blog)
            return web.Response(status=304, headers={"ETag": '"1"'})
        post = update(blog) | {"url": f"https://blog.example/{blog}#1"}
        page = {"@type": "LiveBlogPosting", "headline": blog, "liveBlogUpdate": [post]}
        return web.Response(body=json.dumps(page), content_type="application/json", headers={"ETag": '"1"'})

    @property
    def known(self) -> int:
        """How many blogs were read and written down: they were asked for again."""
        return len(self._known)

    def longest(self, since: float, until: float) -> float:
        """Seconds of the longest time in which some blog was not asked for."""
        return max(_longest(times, since, until) for times in self.polls.values())


def _longest(times: Iterable[float], since: float, until: float) -> float:
    inside = [since, *(at for at in times if since < at < until), until]
    return max(after - before for before, after in itertools.pairwise(inside))
