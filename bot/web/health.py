"""For machines that look after the relay: `/readyz` and `/metrics`. Whether it lives is `/healthz`, in `server`."""

from __future__ import annotations

from collections.abc import Iterable

from aiohttp import hdrs, web

from bot.measures import Measures
from bot.readiness import Readiness
from bot.web import strangers
from bot.web.guard import Guard


class Health:
    def __init__(self, *, measures: Measures, readiness: Readiness | None, guard: Guard) -> None:
        """`readiness` None: there is nothing that may not be ready."""
        self._measures, self._readiness, self._guard = measures, readiness, guard

    def routes(self) -> Iterable[web.AbstractRouteDef]:
        return (
            web.get("/readyz", self._ready),
            web.get("/metrics", self._guard.programs(self._metrics)),
        )

    async def _ready(self, request: web.Request) -> web.Response:
        """Everybody learns whether; why not, only who may."""
        reasons = await self._readiness.reasons() if self._readiness else ()
        if not reasons:
            return web.Response(text="ready\n")
        says = reasons if await self._may_know(request) else ("not ready",)
        return web.Response(status=503, text="".join(f"{line}\n" for line in says))

    async def _may_know(self, request: web.Request) -> bool:
        return strangers.is_from_this_machine(request) or await self._guard.admits(request)

    async def _metrics(self, request: web.Request) -> web.Response:
        body, content_type = self._measures.exposition(request.headers.get(hdrs.ACCEPT, ""))
        return web.Response(body=body, headers={hdrs.CONTENT_TYPE: content_type})
