"""The pages, for reading: each is whole without a script."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from bot.core.timing import upcoming
from bot.house import House
from bot.web.dashboard.file_rows import FileRow, file_rows
from bot.web.dashboard.frame import Frame
from bot.web.dashboard.login import where
from bot.web.dashboard.past import Past
from bot.web.dashboard.plots import RANGES, USUAL
from bot.web.dashboard.questions import Question
from bot.web.dashboard.said import Flashes
from bot.web.dashboard.situation import Situation, Watched
from bot.web.dashboard.switch import Switch
from bot.web.dashboard.views import View, Views, view_of
from bot.web.dashboard.watching import Watching
from bot.web.guard import SESSION, TOKEN, Guard, to_the_top
from config.schedule import words as schedule_words

UPCOMING = 5  # polls that the page of a blog announces


class Pages:
    def __init__(
        self,
        house: House,
        guard: Guard,
        frame: Frame,
        watching: Watching,
        views: Views,
        flashes: Flashes,
        switch: Switch,
    ) -> None:
        self._house, self._guard, self._frame = house, guard, frame
        self._watching, self._views, self._flashes, self._switch = watching, views, flashes, switch
        self._past = Past(house)

    async def overview(self, request: web.Request) -> web.StreamResponse:
        view, span = view_of("overview", request), range_of(request)
        drawings = (await self._past.of(span)).drawings
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

    async def file(self, request: web.Request) -> web.StreamResponse:
        """What is in force, and the kept files; a way to each of those that would change something."""
        return await self._page(request, View(name="file"), "file.html", kept=await self._kept())

    async def file_back(self, request: web.Request) -> web.StreamResponse:
        """What bringing one of them back would change, and the button that does it."""
        name = request.match_info["name"]
        found = next((one for one in await self._kept() if one.name == name), None)
        if found is None:
            return await self.missing(request, "This file is kept no more.")
        return await self._page(request, View(name="file"), "file_back.html", file=found)

    async def _kept(self) -> list[FileRow]:
        return file_rows(await self._house.kept())

    async def sure(
        self, request: web.Request, act: str, asked: Question, form: Mapping[str, str]
    ) -> web.StreamResponse:
        """Asks before an act; yes does it, with what its form said."""
        fields = {name: value for name, value in form.items() if name != TOKEN}
        back = where(form.get("back", ""))
        view = View(name="sure")
        return await self._page(request, view, "sure.html", asked=asked, fields=fields, act=act, back=back)

    async def missing(self, request: web.Request, sentence: str) -> web.StreamResponse:
        return await self._page(request, View(name="missing"), "missing.html", status=404, sentence=sentence)

    async def history(self, request: web.Request) -> web.StreamResponse:
        """What plots show, as JSON: columns of one length, `null` where nothing was measured."""
        span = range_of(request)
        past = await self._past.of(span)
        return web.json_response({"range": span, "since": past.since, "until": past.until, "columns": past.rows})

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
            root=(root := to_the_top(request)),
            top=f"{root}{self._switch.home(self._house.name)}",
            bot=self._house.name,
            bots=await self._switch.shown(),
            situation=situation,
            parts=parts,
            token=self._guard.token(request),
            can_leave=self._guard.has_password,
            flash=self._flashes.take(request[SESSION].number),
            operator=self._house.settings().about.operator,
            **values,
        )

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
