"""A reverse proxy on loopback that takes a path off, as people put one in front of the relay."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import aiohttp
from aiohttp import web


@dataclass
class PrefixProxy:
    """What comes under `prefix` goes on to `behind`; `ill` is answered instead. `passed` counts what went on."""

    behind: str = ""
    prefix: str = "/relay"
    ill: int | None = None
    passed: int = 0
    url: str = ""

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_route("*", self.prefix + "/{path:.*}", self._pass)
        self._session = aiohttp.ClientSession()
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}{self.prefix}"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()
        await self._session.close()

    async def _pass(self, request: web.Request) -> web.Response:
        if self.ill is not None:
            return web.Response(status=self.ill)
        kept = {name: value for name, value in request.headers.items() if name.lower() not in {"host", "connection"}}
        address = f"{self.behind}/{request.match_info['path']}"
        try:
            async with self._session.request(
                request.method, address, data=await request.read(), headers=kept, allow_redirects=False
            ) as answer:
                self.passed += 1
                headers = {"Retry-After": answer.headers["Retry-After"]} if "Retry-After" in answer.headers else {}
                return web.Response(status=answer.status, body=await answer.read(), headers=headers)
        except aiohttp.ClientError:
            return web.Response(status=502)
