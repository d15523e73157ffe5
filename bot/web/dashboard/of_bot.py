"""The pages of one bot, what keeps them live, and its acts."""

from __future__ import annotations

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler

from bot.house import House
from bot.web.dashboard.acts import Acts
from bot.web.dashboard.asking import Asking
from bot.web.dashboard.frame import Frame
from bot.web.dashboard.live import Live
from bot.web.dashboard.pages import Pages
from bot.web.dashboard.said import Flashes
from bot.web.dashboard.switch import Switch
from bot.web.dashboard.views import Views
from bot.web.guard import Guard


class OfBot:
    def __init__(self, house: House, guard: Guard, frame: Frame, switch: Switch) -> None:
        self._guard, self._home = guard, f"/{switch.home(house.name)}"
        watching, flashes = switch.watching(house.name), Flashes()
        views = Views(house, watching, frame)
        self._pages = Pages(house, guard, frame, watching, views, flashes, switch)
        self._acts = Acts(house, self._pages, frame, watching, flashes)
        self._asking = Asking(house, self._pages)
        self.live = Live(watching, views, guard)

    def routes(self) -> list[web.RouteDef]:
        pages, people, home = self._pages, self._guard.people, self._home
        seen: dict[str, Handler] = {
            "": pages.overview,
            "blogs/{blog}": pages.blog,
            "pushes": pages.pushes,
            "alarms": pages.alarms,
            "why": pages.why,
            "file": pages.file,
            "file/{name}": pages.file_back,
            "history.json": pages.history,
        }
        done = {**self._acts.handlers(), "why": self._asking.answer}
        return [
            *(web.get(f"{home}{path}", people(handler)) for path, handler in seen.items()),
            *(web.post(f"{home}{path}", people(handler)) for path, handler in done.items()),
            web.get(f"{home}live", people(self.live.answer), allow_head=False),
            *([web.get(home.rstrip("/"), people(self._to_the_first_page))] if home != "/" else ()),
        ]

    async def _to_the_first_page(self, request: web.Request) -> web.StreamResponse:
        """Somebody left the last slash away, by which links on the page find their way."""
        return web.Response(status=303, headers={hdrs.LOCATION: f"./{request.path.rpartition('/')[2]}/"})
