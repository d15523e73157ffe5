"""How the relay is and what can be done about it, in the browser: pages, what keeps them live, and acts."""

from __future__ import annotations

from aiohttp import web
from aiohttp.typedefs import Handler

from bot.house import House
from bot.web.dashboard.acts import Acts
from bot.web.dashboard.asking import Asking
from bot.web.dashboard.files import Files
from bot.web.dashboard.frame import Frame
from bot.web.dashboard.live import Live
from bot.web.dashboard.login import Login
from bot.web.dashboard.pages import Pages
from bot.web.dashboard.said import Flashes
from bot.web.dashboard.views import Views
from bot.web.dashboard.watching import Watching
from bot.web.guard import Guard

__all__ = ["Dashboard"]


class Dashboard:
    """`routes()` go to the server, whose application `set_up` makes ready for them."""

    def __init__(self, house: House, guard: Guard) -> None:
        self._guard, self._files = guard, Files()
        self._frame = frame = Frame(self._files)
        watching, flashes = Watching(house), Flashes()
        views = Views(house, watching, frame)
        self._pages = Pages(house, guard, frame, watching, views, flashes)
        self._acts = Acts(house, self._pages, frame, watching, flashes)
        self._asking, self._login = Asking(house, self._pages), Login(guard, frame)
        self.live = Live(watching, views, guard)

    def routes(self) -> list[web.RouteDef]:
        pages, people, visitors = self._pages, self._guard.people, self._guard.visitors
        seen: dict[str, Handler] = {
            "/": pages.overview,
            "/blogs/{blog}": pages.blog,
            "/pushes": pages.pushes,
            "/alarms": pages.alarms,
            "/why": pages.why,
            "/file": pages.file,
            "/file/{name}": pages.file_back,
            "/history.json": pages.history,
        }
        done = {**self._acts.routes(), "/why": self._asking.answer, "/logout": self._login.leave}
        return [
            *(web.get(path, people(handler)) for path, handler in seen.items()),
            *(web.post(path, people(handler)) for path, handler in done.items()),
            web.get("/live", people(self.live.answer), allow_head=False),
            web.get("/login", visitors(self._login.form)),
            web.post("/login", visitors(self._login.enter)),
            web.get("/static/{version}/{name}", self._guard.everybody(self._files.answer)),
        ]

    def set_up(self, app: web.Application) -> None:
        """Templates; and an end for the streams, which else would keep the server from stopping."""
        self._frame.set_up(app)
        app.on_shutdown.append(self.live.stop)
