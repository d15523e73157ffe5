"""The pages, for reading: each is whole without a script."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from bot.core.timing import upcoming
from bot.house import House
from bot.web.dashboard.frame import Frame
from bot.web.dashboard.plots import NAMES, PLOTS, RANGES, USUAL, Drawing, drawing, table
from bot.web.dashboard.said import Flashes
from bot.web.dashboard.situation import Situation, Watched
from bot.web.dashboard.views import View, Views, view_of
from bot.web.dashboard.watching import Watching
from bot.web.guard import SESSION, Guard
from config.schedule import words as schedule_words

UPCOMING = 5  # polls that the page of a blog announces


class Pages:
    def __init__(
        self, house: House, guard: Guard, frame: Frame, watching: Watching, views: Views, flashes: Flashes
    ) -> None:
        self._house, self._guard, self._frame = house, guard, frame
        self._watching, self._views, self._flashes = watching, views, flashes

    async def overview(self, request: web.Request) -> web.StreamResponse:
        view, span = view_of("overview", request), range_of(request)
        drawings = await self._drawings(span)
        return await self._page(request, view, "overview.html", range=span, ranges=[*RANGES], drawings=drawings)

    async def blog(self, request: web.Request) -> web.StreamResponse:
        view = view_of("blog", request)
        situation = await self._watching.look()
        found = situation.blog(view.blog)
        if found is None:
            return await self.missing(request, "No live blog of the file has this id.")
        return await self._page(request, view, "blog.html", known=found, polls=self._polls(found, situation))

    async def pushes(self, request: web.Request) -> web.StreamResponse:
        access = self._house.settings().access
        return await self._page(
            request,
            view_of("pushes", request),
            "pushes.html",
            editors=[*dict.fromkeys((*access.admins, *access.editors))],
            admins=access.admins,
        )

    async def alarms(self, request: web.Request) -> web.StreamResponse:
        return await self._page(request, view_of("alarms", request), "alarms.html")

    async def why(self, request: web.Request) -> web.StreamResponse:
        """The form; a link to it may name the post."""
        return await self.asked_why(request, post=request.query.get("post", "")[:200])

    async def asked_why(
        self, request: web.Request, *, post: str, chat: str = "", explained: object = None, wrong: str = ""
    ) -> web.StreamResponse:
        view = View(name="why")
        return await self._page(request, view, "why.html", post=post, chat=chat, explained=explained, wrong=wrong)

    async def missing(self, request: web.Request, sentence: str) -> web.StreamResponse:
        return await self._page(request, View(name="missing"), "missing.html", status=404, sentence=sentence)

    async def history(self, request: web.Request) -> web.StreamResponse:
        """What plots show, as JSON: columns of one length, `null` where nothing was measured."""
        span = range_of(request)
        until = self._house.clock()
        since = until - RANGES[span]
        rows = table(await self._house.store.history(NAMES, since), NAMES, since, until)
        return web.json_response({"range": span, "since": since, "until": until, "columns": rows})

    async def _page(
        self, request: web.Request, view: View, template: str, *, status: int = 200, **values: Any
    ) -> web.StreamResponse:
        situation = await self._watching.look()
        parts = await self._views.parts(view, situation) if view.name in LIVE else {}
        return self._frame.page(
            request,
            template,
            status=status,
            now=situation.at,
            view=view,
            top=top_of(request),
            situation=situation,
            parts=parts,
            token=self._guard.token(request),
            can_leave=self._guard.has_password,
            flash=self._flashes.take(request[SESSION].number),
            operator=self._house.settings().about.operator,
            **values,
        )

    async def _drawings(self, span: str) -> list[Drawing]:
        until = self._house.clock()
        since = until - RANGES[span]
        rows = table(await self._house.store.history(NAMES, since), NAMES, since, until)
        return [drawing(plot, rows, since, until) for plot in PLOTS]

    def _polls(self, one: Watched, situation: Situation) -> dict[str, Any]:
        """When it is polled, in words, and the next polls: the one that is arranged, then those of the schedule."""
        now = max(situation.at, one.next_poll or 0.0)
        following = upcoming(one.blog.schedule, one.blog.timezone, datetime.fromtimestamp(now, UTC), UPCOMING)
        times = [at.timestamp() for at in following]
        arranged = [one.next_poll] if one.next_poll else []
        return {"words": schedule_words(one.blog.schedule, one.blog.timezone), "next": [*arranged, *times][:UPCOMING]}


LIVE = ("overview", "blog", "pushes", "alarms")


def range_of(request: web.Request) -> str:
    asked = request.query.get("range", USUAL)
    return asked if asked in RANGES else USUAL


def top_of(request: web.Request) -> str:
    return "../" * (request.rel_url.raw_path.count("/") - 1) or "./"
