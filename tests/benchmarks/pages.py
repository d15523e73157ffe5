"""A server of very many live blogs, as a process of its own: ETag, 304, and a new body whenever it is told `turn`."""

from __future__ import annotations

import asyncio
import json
import sys
from functools import lru_cache

import uvloop
from aiohttp import web

from tests.benchmarks.texts import TEXT
from tests.publisher import update

POSTS = 40


@lru_cache(maxsize=2)
def body(version: int) -> bytes:
    """A page of some 20 KB; each version has one post more on top."""
    url = "https://blog.example/live"
    posts = [update(str(at), body=f"{at}: {TEXT}") | {"url": f"{url}#post-{at}"} for at in range(POSTS + version)]
    page = {"@type": "LiveBlogPosting", "headline": "Storm", "url": url, "liveBlogUpdate": posts[::-1]}
    return json.dumps(page).encode()


async def serve() -> None:
    version = 0

    async def answer(request: web.Request) -> web.Response:
        etag = f'"{version}"'
        if request.headers.get("If-None-Match") == etag:
            return web.Response(status=304, headers={"ETag": etag})
        return web.Response(body=body(version), content_type="application/json", headers={"ETag": etag})

    app = web.Application()
    app.router.add_get("/{blog}", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(f"http://127.0.0.1:{runner.addresses[0][1]}", "none", flush=True)
    while await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline):
        version += 1
        print(json.dumps({"version": version}), flush=True)


if __name__ == "__main__":
    uvloop.run(serve())
