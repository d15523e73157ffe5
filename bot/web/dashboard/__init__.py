"""How the relay is and what can be done about it, in the browser: pages, what keeps them live, and acts."""

from __future__ import annotations

from collections.abc import Sequence

from aiohttp import web

from bot.house import House
from bot.web.dashboard.files import Files
from bot.web.dashboard.frame import Frame
from bot.web.dashboard.live import Live
from bot.web.dashboard.login import Login
from bot.web.dashboard.of_bot import OfBot
from bot.web.dashboard.switch import Switch
from bot.web.dashboard.watching import Watching
from bot.web.guard import Guard

__all__ = ["Dashboard"]


class Dashboard:
    """`routes()` go to the server, whose application `set_up` makes ready for them.

    One way in for all bots, and the same pages for each: those of the first at the top, of another below its name.
    """

    def __init__(self, houses: Sequence[House], guard: Guard) -> None:
        self._guard, self._files = guard, Files()
        self._frame = frame = Frame(self._files)
        switch = Switch({house.name: Watching(house) for house in houses})
        self._bots = [OfBot(house, guard, frame, switch) for house in houses]
        self._login = Login(guard, frame)

    @property
    def live(self) -> Live:
        """Of the first bot."""
        return self._bots[0].live

    def routes(self) -> list[web.RouteDef]:
        people, visitors = self._guard.people, self._guard.visitors
        return [
            *(route for bot in self._bots for route in bot.routes()),
            web.post("/logout", people(self._login.leave)),
            web.get("/login", visitors(self._login.form)),
            web.post("/login", visitors(self._login.enter)),
            web.get("/static/{version}/{name}", self._guard.everybody(self._files.answer)),
        ]

    def set_up(self, app: web.Application) -> None:
        """Templates; and an end for the streams, which else would keep the server from stopping."""
        self._frame.set_up(app)
        for bot in self._bots:
            app.on_shutdown.append(bot.live.stop)
