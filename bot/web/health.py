"""For machines that look after the relay: `/readyz` and `/metrics`. Whether it lives is `/healthz`, in `server`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping

from aiohttp import hdrs, web

from bot.measures import Measures, exposition
from bot.readiness import Readiness
from bot.web import strangers
from bot.web.guard import Guard


class Health:
    def __init__(self, *, measures: Mapping[str, Measures], readiness: Mapping[str, Readiness], guard: Guard) -> None:
        """Both by the names of the bots."""
        self._measures, self._readiness, self._guard = measures, readiness, guard

    def routes(self) -> Iterable[web.AbstractRouteDef]:
        return (
            web.get("/readyz", self._ready),
            web.get("/metrics", self._guard.programs(self._metrics)),
        )

    async def _ready(self, request: web.Request) -> web.Response:
        """Everybody learns whether; why not, only who may."""
        reasons = [line async for line in self._reasons()]
        if not reasons:
            return web.Response(text="ready\n")
        says = reasons if await self._may_know(request) else ["not ready"]
        return web.Response(status=503, text="".join(f"{line}\n" for line in says))

    async def _reasons(self) -> AsyncIterator[str]:
        """Of all bots; each says whose it is, where there are several."""
        for name, readiness in self._readiness.items():
            for reason in await readiness.reasons():
                yield f"{name}: {reason}" if len(self._readiness) > 1 else reason

    async def _may_know(self, request: web.Request) -> bool:
        return strangers.is_from_this_machine(request) or await self._guard.admits(request)

    async def _metrics(self, request: web.Request) -> web.Response:
        body, content_type = exposition(self._measures, request.headers.get(hdrs.ACCEPT, ""))
        return web.Response(body=body, headers={hdrs.CONTENT_TYPE: content_type})
